"""How large a batch may be, and how many may be under way."""

WINDOW = 8
"""Batches that may be unconfirmed at a time. The receive queue
(``engine.transport.receive_queue``) is deeper: two busy ends cannot block."""

BATCH_CHANGES = 2_000
BATCH_BYTES = 512 * 1024
"""Bounds of one Batch, changes and (roughly) bytes. A single larger change still goes, alone."""

WINDOW_BYTES = WINDOW * BATCH_BYTES
"""Unconfirmed bytes after which no further batch goes: large changes are under way one at a time, not eight."""
