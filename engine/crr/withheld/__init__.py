"""The rows of CRRs that cannot be sent (``engine.tables.withheld``).

- ``detect``: finds such rows
- ``source``: what is CRRs' own about them
"""
