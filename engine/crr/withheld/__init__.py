"""Rows of CRRs that cannot be sent (``engine.tables.withheld``).

- ``detect``: finds such rows
- ``source``: the part of handling them that is specific to CRRs
"""
