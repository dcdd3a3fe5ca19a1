"""Merging changes (cr-sqlite.md 7).

- ``merger``: merges a batch
- ``groups``: decides rows of one shape together (``row_group``); ``lookup`` reads what the file holds for them,
  ``write`` writes them
- ``rowwise``: merges the others row by row, by the rules of ``row``
- ``single``: merges a change that comes alone, by the same rules
- ``verify_writes``: checks that an app's triggers kept nothing out
"""
