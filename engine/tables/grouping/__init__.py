"""Handles many changes at once, for any kind of table.

- ``columns``: a batch as columns; ``shapes``: divides it into rows of one shape
- ``bulk``: statements for many rows
"""
