"""What dialling and serving agree on for every connection."""

from __future__ import annotations

SOCKET_OPTIONS = {"ping_interval": None, "close_timeout": 2, "max_queue": 16, "compression": None}
"""A heartbeat of our own (engine.heartbeat), and a receive queue deeper than the own dialect's window."""
