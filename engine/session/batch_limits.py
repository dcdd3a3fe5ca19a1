"""How large a batch may be, and how many may be on their way."""

WINDOW = 8
"""Batches that may be unconfirmed at a time. The receive queue (``engine.transport.receive_queue``) is deeper, so that
two busy ends cannot block each other."""

BATCH_CHANGES = 2_000
BATCH_BYTES = 512 * 1024
"""Limits of one Batch, in changes and (roughly) bytes. A single larger change is still sent, alone."""

WINDOW_BYTES = WINDOW * BATCH_BYTES
"""Unconfirmed bytes beyond which no further batch is sent: large changes are on their way one at a time, not eight."""
