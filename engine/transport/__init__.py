"""Between sessions and sockets.

- ``connect``: opens a WebSocket; ``connect_errors``, ``http_answers``: in words, why one could not be opened
- ``sockets``: what both ends agree on; ``tls_pinning``: a certificate known by its fingerprint
- ``driver``: feeds a session frames, news and time, and performs its actions; ``performer``: those that are waited
  for; ``shared_reading``: reads that others make, too; ``frame_reader``: frames that come; ``outbox``: frames to be
  sent; ``deadline``: a timer for when the session wants to act; ``file_listener``: brings it the news of its file;
  ``goodbye``: ends a connection in good order
- ``receive_queue``: what has come and is not taken yet, bounded; ``small_frames``: short messages past the library;
  ``limits``: asked before anything is taken
- ``keepalive``: notices a dead peer; ``life_signs``: what a session hears of a live one
- ``close_codes``: why a connection ended
- ``gc_pause``: keeps large messages from the garbage collector
"""
