"""One SQLite file, whatever is in it.

- ``sql``: names and texts in statements; ``values``: how values compare; ``invalid_text``: text that nobody can read
- ``sqlite_errors``: SQLite's errors in words; ``readonly``: reading beside others that write
- ``durability``: syncs what is not on the disk yet; ``file_identity``: whether a file is still the one at its path
- ``steps``: long work in short steps, between which others have their turn; ``paths``: paths as a person writes them
"""
