"""Ids that must not be mixed up."""

from __future__ import annotations

from typing import NewType

PeerId = NewType("PeerId", str)
"""Of a configured peer, as the settings hold it; a person never sees it."""

DatabaseId = NewType("DatabaseId", str)
"""Of a database, likewise."""

SiteId = NewType("SiteId", bytes)
"""Of a replica: 16 random bytes in its file, by which its peers know it."""
