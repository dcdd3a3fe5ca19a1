"""The layer between sessions and sockets.

- ``connect``: opens a WebSocket; ``connect_errors``, ``http_answers``: say in words why one could not be opened
- ``sockets``: what both ends agree on; ``tls_pinning``: a certificate recognised by its fingerprint
- ``driver``: feeds a session frames, news and time, and performs its actions; ``performer``: those that have to be
  awaited; ``shared_reading``: reads shared with other sessions; ``frame_reader``: incoming frames; ``outbox``: outgoing
  frames; ``deadline``: a timer for when the session wants to act; ``file_listener``: brings it the news of its file;
  ``goodbye``: ends a connection cleanly
- ``receive_queue``: what has arrived and is not taken yet, bounded; ``small_frames``: handles short messages without
  the library; ``limits``: asked before anything is taken
- ``bandwidth``: how much of the line may be used, counted by a ``token_bucket``
- ``keepalive``: the connection of both ends, which notices a dead peer; ``life_signs``: what a session learns of a
  live one
- ``close_codes``: why a connection ended
- ``gc_pause``: keeps large messages from the garbage collector
"""
