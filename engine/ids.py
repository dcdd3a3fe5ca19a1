"""Ids that must not be mixed up."""

from __future__ import annotations

from typing import NewType

PeerId = NewType("PeerId", str)
"""Of a configured peer, as the settings hold it; a person never sees it."""

DatabaseId = NewType("DatabaseId", str)
"""Of a database, likewise."""
