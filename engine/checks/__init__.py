"""Looking and repairing on request.

- ``probe``: tries a peer out, in words: the “Test” button
- ``verify``: compares a database with a peer; ``row_diff`` finds the rows that differ
- ``repair``: repairs what differs
- ``schema_diff``: how the tables differ from a peer's
"""
