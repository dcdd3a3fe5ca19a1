"""What dialling and serving agree on for every connection."""

from __future__ import annotations

MAX_FRAME = 100 * 1024 * 1024
"""Bytes of the largest frame we take: what the published packages take (spec 10.5)."""

SOCKET_OPTIONS = {"ping_interval": None, "close_timeout": 2, "max_queue": 16, "compression": None}
"""A heartbeat of our own (engine.heartbeat), and a receive queue deeper than the own dialect's window."""
