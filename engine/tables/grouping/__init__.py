"""Many changes at once, of whichever kind of table.

- ``columns``: a batch turned on its side; ``shapes``: divided into rows of one shape
- ``bulk``: statements for many rows
"""
