"""Reading changes (cr-sqlite.md 6), and comparing replicas.

- ``tables``: reads one table from a place on, many rows at once with ``whole_rows`` where it can, else cell by cell
- ``change_sql``: the SQL that they share
- ``digests``: digests of rows, by which two replicas are compared
"""
