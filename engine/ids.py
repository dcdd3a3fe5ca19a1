"""Ids that must not be mixed up."""

from __future__ import annotations

from typing import NewType

PeerId = NewType("PeerId", str)
"""The id of a configured peer, as in the settings; a person never sees it."""

DatabaseId = NewType("DatabaseId", str)
"""The id of a database, in the same form."""

SiteId = NewType("SiteId", bytes)
"""The id of a replica: 16 random bytes in its file, by which its peers know it."""
