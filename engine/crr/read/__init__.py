"""Reading changes (cr-sqlite.md 6), and comparing replicas.

- ``versions``: whole versions; ``ranges``: a range of them in parts of bounded size
- ``tables``: table by table, which both do; many rows at once by ``whole_rows`` where it can, else cell by cell
- ``change_sql``: the SQL that they share
- ``digests``: digests of rows, by which two replicas are compared
"""
