"""The SQL interface of a connection of ours (cr-sqlite.md 3, 6).

- ``functions``: the ``crsql_*`` functions
- ``changes_table``: ``crsql_changes``; ``unpack_table``: ``crsql_unpack_columns``; ``vtab`` registers both
- ``clset``: a table and its sync records in one CREATE statement
- ``fractional``: fractional index keys; ``ordered``: the tables that use them
"""
