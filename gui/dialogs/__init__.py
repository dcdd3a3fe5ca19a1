"""Questions to a person. Each is a coroutine that opens a dialog of its window and gives back the answer."""
