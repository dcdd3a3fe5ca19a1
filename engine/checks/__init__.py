"""Checks and repairs that a person asks for.

- ``probe``: tries a peer out, and reports in words: the “Test” button
- ``verify``: compares a database with a peer's; ``row_diff`` finds the rows that differ
- ``repair``: repairs differences
- ``schema_diff``: how the tables differ from a peer's
"""
