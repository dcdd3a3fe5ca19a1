"""Questions to a person. Each is a coroutine that opens a dialog of its window and returns the answer.

- ``add_database``, ``add_peer``, ``share``, ``invitation``, ``lan_devices``: databases, peers and pairing
- ``schema``, ``verify``: comparing tables and rows; ``cell_details``: one change as a whole
- ``settings``; ``confirm``: asks before something is removed
- ``base``: what all share; ``validated_line_edit``, ``inline_message``, ``connection_test``: parts of them
"""
