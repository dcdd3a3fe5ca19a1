"""Syncline's engine: cr-sqlite databases kept in sync, with no window needed.

Nothing below this package imports Qt. The rooms, from the bottom up:

``change``   one row of ``crsql_changes``, the value every other room passes around
``errors``   every error a person can meet, as a tree
``crr``      conflict-free tables on SQLite, file-compatible with cr-sqlite 0.16
``wire``     messages and their bytes
``session``  one sync session without I/O, both roles
``link``     dials a peer; ``hub`` serves rooms
``engine``   owns replicas, links and hub; the one API for the window and the command line
"""

__version__ = "0.1.0"
