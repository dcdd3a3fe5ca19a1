"""Syncline's engine: SQLite databases kept in sync, with no window needed. Nothing below this package imports Qt.

From the bottom up; imports point down only (``tests/engine/test_directions.py``):

- ``text``: texts for people; ``language``: their catalogue; ``peer_text``: those that two sides tell each other;
  ``errors``: every error a person can meet, as one tree
- ``ids``: ids of peers and databases, as types; ``change``: one row of ``crsql_changes``; ``table_shape``,
  ``table_plan``: what sides tell each other of tables
- ``sqlite``: one SQLite file, whatever is in it; ``tables``: what every kind of synced table shares
- ``clocks``: what a file keeps about its peers; ``crr``: cr-sqlite's tables; ``ordinary``: those of any
  program; ``replica``: kinds of tables behind typed methods
- ``wire``: messages and their bytes; ``session``: one sync session without I/O
- ``settings``: what is remembered between runs; ``events``: what the engine tells the world;
  ``peer_state``: the state of a peer in words
- ``storage``: open files, shared by everybody; ``transport``: sockets and what drives a session over one
- ``links``: configured peers, when to try them and what they show
- ``checks``: compare and repair on request; ``history``: what happened
- ``hub``: serves rooms; ``pairing``: two machines without a hub
- ``api``: owns it all, for the window and ``cli``, the command line

``relaunch`` starts this very Syncline once more; ``truncate`` shortens values in events.
"""

__version__ = "0.1.0"
