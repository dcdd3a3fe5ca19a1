"""Compares a peer's tables and rows with ours, and repairs differences."""

from __future__ import annotations

from collections.abc import Sequence

from engine.api.core import Core
from engine.api.files import Files
from engine.api.guest_rows import GuestRows
from engine.api.links import Links
from engine.checks.probe import ProbeReport, probe
from engine.checks.repair import Resolved, Side, resolve_rows, send_again
from engine.checks.row_diff import RowDifference
from engine.checks.schema_diff import Comparison, ask_plans, compare
from engine.checks.verify import Partner, Verification, verify
from engine.ids import DatabaseId, PeerId
from engine.replica import Replica
from engine.settings.credentials import Tokens
from engine.table_plan import TablePlan
from engine.tables import Addition


class Checks:
    """Compares databases with peers.

    Args:
        core, files, links, guests: the engine's.
        tokens: the peers'.
    """

    def __init__(self, core: Core, files: Files, links: Links, guests: GuestRows, tokens: Tokens) -> None:
        self._core = core
        self._files = files
        self._links = links
        self._guests = guests
        self._tokens = tokens

    async def probe(
        self, database: DatabaseId | None, url: str, room: str, token: str = "", *, fingerprint: str = ""
    ) -> ProbeReport:
        """Test a peer, which need not have been added, and report in words; see ``engine.checks.probe``.

        Args:
            database: None for a database that is to be created from the room.
        """
        path = None if database is None else self._core.database(database).path
        return await probe(path, url, room, token, fingerprint=fingerprint, named=self._links.schema is not None)

    async def verify(self, peer: PeerId, *, timeout: float = 60.0) -> Verification:
        """Compare every table that a connected peer has too, once both sides are idle. A guest goes by its name.

        Returns:
            the verdict on each table: ``identical``, ``same rows, different history``, ``different``;
            and which rows differ, the first 1,000 of them.

        Raises:
            PeerUnreachable: it is not connected, or did not become idle or answer within ``timeout`` seconds.
            UsageError: it is a published server, which cannot answer.
        """
        return await verify(self._partner(peer), timeout)

    async def send_again(self, peer: PeerId, side: Side, *, timeout: float = 600.0) -> None:
        """Have all of one side's history sent once more, to repair differences; wait until it is on the other's disk.

        Raises:
            PeerUnreachable: it is not connected, or was cut off. The transfer continues with the next connection.
            UsageError: it is a published server, or the peer's direction does not allow it.
        """
        await send_again(self._partner(peer), side, timeout)

    async def resolve_rows(self, peer: PeerId, rows: Sequence[RowDifference], side: Side) -> Resolved:
        """Write one side's version of rows that still differ into the database here, as new changes that are synced.

        With ``backups``, a backup is made first, unless one is less than a minute old.

        Raises:
            ReplicaError: the file cannot be written.
            UsageError: a table was altered meanwhile. In both cases nothing was written.
        """
        database = self._partner(peer).config.database
        await self._core.back_up(database)
        resolved = await self._core.run(database, resolve_rows, rows, side)
        await self._files.refresh(database)
        return resolved

    def _partner(self, peer: PeerId) -> Partner:
        """Return a configured peer, or a guest by its name.

        Raises:
            UsageError: there is none.
        """
        guest = self._guests.row(peer) if peer not in self._links else None
        return guest if guest is not None else self._links[peer]

    async def compare_tables(self, peer: PeerId) -> Comparison:
        """Ask a peer for its tables, and say how those here differ; works also while that keeps them from syncing.

        Raises:
            PeerUnreachable, PeerRefused: it does not answer, or refuses us.
            TokenStoreError: its token is not available at the moment.
            UsageError: it is a published server, or has no such room yet.
        """
        config = self._links[peer].config
        there = await ask_plans(config, await self._tokens.get(peer))
        return await self._core.run(config.database, compare, there)

    async def add_missing(self, peer: PeerId, there: Sequence[TablePlan]) -> list[Addition]:
        """Add to the database what only the peer's tables have: whole tables, and columns with their defaults.

        With ``backups``, a backup is made first, unless one is less than a minute old.

        Raises:
            NotEligible: a table cannot be made in this way; nothing has changed.
        """
        return await self._files.alter(self._links[peer].config.database, Replica.add_missing, there)

    async def undo_additions(self, peer: PeerId) -> tuple[list[Addition], list[Addition]]:
        """Drop what was added in this way; return what was dropped, and what stays because it is in use."""
        return await self._files.alter(self._links[peer].config.database, Replica.take_back_added)
