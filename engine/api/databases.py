"""The engine's databases."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.api.core import Core
from engine.api.files import Files
from engine.api.peers import Peers
from engine.api.sharing import Sharing
from engine.change import SQLiteValue
from engine.checks.schema_diff import NoTables, ask_tables
from engine.events import DatabaseRemoved
from engine.ids import DatabaseId
from engine.pairing.bootstrap import check_place, make_file
from engine.replica import (
    Conflicts,
    Replica,
    delete_hidden,
    find_conflicts,
    hidden_differences,
    keep_hidden,
    merge_hidden,
)
from engine.settings import DatabaseConfig, PeerConfig
from engine.sqlite.paths import resolved
from engine.storage.backup import Backups
from engine.tables import Coverage, Finding, HiddenRow, LikelyReference, SuspendedDeletion, TableStatus, TrackedPeer
from engine.text import t


class Databases:
    """The databases that are kept in sync: files that stay open, and their tables.

    Args:
        core, files: of the engine. peers, sharing: what goes with a database that is removed.
    """

    def __init__(self, core: Core, files: Files, peers: Peers, sharing: Sharing) -> None:
        self._core = core
        self._files = files
        self._peers = peers
        self._sharing = sharing

    @property
    def backups(self) -> Backups | None:
        """Where a file is copied to before it is first written to; None for no copies."""
        return self._core.backups

    async def inspect(self, path: Path) -> list[TableStatus]:
        """Return every table of a file that may not be known yet, as ``tables`` does; nothing is written to it.

        Raises:
            ReplicaError: the file cannot be used; says why.
        """
        return await asyncio.to_thread(_tables_of, path)

    async def add(self, path: Path, name: str = "") -> DatabaseConfig:
        """Take on a database file.

        Raises:
            ReplicaError: the file cannot be used; says why. Nothing is remembered then.
        """
        path = resolved(path)
        for known in self._core.databases_at(path):
            return known
        database = DatabaseConfig.new(path, name or path.stem)
        await self._files.open(database)
        settings = self._core.settings
        self._core.save(replace(settings, databases=(*settings.databases, database)))
        return database

    async def add_from_room(
        self, path: Path, peer: PeerConfig, *, token: str | None = None, extension: bool = False
    ) -> PeerConfig:
        """Make a database with the tables that a peer's room has, take both on, and begin to sync.

        The tables are made from a plan; no SQL of the other side is run. Where that fails neither side makes anything.

        Args:
            path: where no file is yet, or one without tables (``engine.pairing.bootstrap.is_new``).
            peer: its database is filled in. token: of the peer.
            extension: make the tables for programs that load cr-sqlite.

        Returns:
            the peer as it was taken on.

        Raises:
            UsageError: the file holds tables, or cannot be made there; the room does not exist yet, has no tables, or
                is a published server's. PeerUnreachable, PeerRefused: as in ``ask_tables``.
            SynclineError: the tables could not be made, or the token not kept.
        """
        path = resolved(path)
        await asyncio.to_thread(check_place, path)
        try:
            tables = await ask_tables(peer, token)
        except NoTables as error:
            error.hint = t("Choose a database that has tables already: the first sync creates the room from them.")
            raise
        await asyncio.to_thread(make_file, path, tables, extension=extension)
        if self._core.backups is not None:
            self._core.backups.waive(path)
        database = await self.add(path)
        return await self._peers.add(replace(peer, database=database.id), token=token)

    async def remove(self, database: DatabaseId) -> None:
        """Forget a database and its peers, and share it no more; the file stays as it is.

        Raises:
            SynclineError: all of it is gone, but a token could not be removed.
        """
        async with self._sharing.without(database):
            trouble = await self._peers.remove_of(database)
            await self._files.close(database)
            left = tuple(known for known in self._core.settings.databases if known.id != database)
            self._core.save(replace(self._core.settings, databases=left))
            self._core.emit(DatabaseRemoved(database))
            if trouble is not None:
                raise trouble

    async def tables(self, database: DatabaseId) -> list[TableStatus]:
        """Return every table of a database: syncable, can be made so, or cannot and why."""
        return await self._core.run(database, Replica.tables)

    async def coverage(self, database: DatabaseId) -> Coverage:
        """Return how many of its tables are synced; much cheaper than ``tables``."""
        return await self._core.run(database, Replica.coverage)

    async def count_deleted(self, database: DatabaseId) -> Mapping[str, int]:
        """Return how many deleted rows of each synced table are remembered, so that no other machine brings them
        back."""
        return await self._core.run(database, Replica.count_deleted)

    async def make_syncable(
        self, database: DatabaseId, table: str, *, extension: bool = False, without_triggers: bool = False
    ) -> None:
        """Make a table syncable, to which any program goes on writing. One that is synced as one of cr-sqlite's, to
        which other programs cannot write, is turned into such a one with all its records. With ``backups``, one that is
        not older than a minute is there before.

        Args:
            extension: the other way: for programs that load cr-sqlite, and no others.
            without_triggers: as in ``Replica.make_ordinary``: ask first, as ``TableStatus.without_triggers`` says it.

        Raises:
            NotEligible: it cannot be; every reason in words.
            ReferencesUndecided: first it is to be said of columns whether they refer (``answer_references``).
            TableBroken, UsageError: the records of one that is to be turned are not in order.
        """
        if extension:
            await self._files.alter(database, Replica.make_crr, table)
        else:
            await self._files.alter(database, Replica.make_ordinary, table, without_triggers=without_triggers)

    async def answer_references(self, database: DatabaseId, answers: Mapping[LikelyReference, bool]) -> None:
        """Say of columns that look like references (``TableStatus.likely_references``) whether they are. A backup as
        there.

        Raises:
            UsageError: a table is synced already.
        """
        await self._files.alter(database, _answer, answers)

    async def keep_numbers(self, database: DatabaseId, table: str, *, same: bool) -> None:
        """Say of a table that is not synced yet whether its rows have the same number on every machine
        (``Replica.keep_numbers``). A backup as there."""
        await self._files.alter(database, Replica.keep_numbers, table, same=same)

    async def make_plain(self, database: DatabaseId, table: str, saved: Sequence[HiddenRow] = ()) -> None:
        """Undo ``make_syncable``: the table's rows stay on all sides, and are synced no more. A backup as there.

        Args:
            saved: its hidden rows (``hidden_rows``), where somebody has kept them elsewhere: they are gone then.

        Raises:
            UsageError: there are others.
        """
        await self._files.alter(database, Replica.make_plain, table, saved)

    async def repair(self, database: DatabaseId) -> list[Finding]:
        """Mend what keeps tables from being synced (``Replica.repair``); returns what it was. A backup as there.

        Raises:
            NotEligible: a table cannot be synced as it is now; nothing has changed.
        """
        return await self._files.alter(database, Replica.repair)

    async def suspended_deletions(self, database: DatabaseId) -> Sequence[SuspendedDeletion]:
        """Return the tables of which a person is asked whether most of their rows are meant to be gone: until then
        these tables are not synced."""
        return await self._core.run(database, Replica.suspended_deletions)

    async def answer_suspended(self, database: DatabaseId, table: str, *, delete: bool) -> SuspendedDeletion:
        """Say whether they are: the rows are deleted on all sides, or else come back from the peers. A backup as there.

        Raises:
            UsageError: nothing is asked about this table, any more perhaps.
        """
        return await self._files.alter(database, Replica.answer_suspended, table, delete=delete)

    async def conflicts(self, database: DatabaseId) -> Conflicts:
        """Return all that waits for a person: hidden rows, rows that cannot be sent, deletions to be confirmed."""
        return await self._core.run(database, find_conflicts)

    async def hidden_rows(self, database: DatabaseId) -> Sequence[HiddenRow]:
        """Return the rows that a rule of their table keeps from being shown: they are synced, and come in by themselves
        when the reason is gone."""
        return await self._core.run(database, Replica.hidden_rows)

    async def hidden_differences(
        self, database: DatabaseId, row: HiddenRow
    ) -> Mapping[str, tuple[SQLiteValue, SQLiteValue]]:
        """Return in which columns a hidden row differs from the row in its way: its value, and that one's."""
        return await self._core.run(database, hidden_differences, row)

    async def keep_hidden(self, database: DatabaseId, row: HiddenRow) -> HiddenRow | None:
        """Show a hidden row, and delete the one in its way on all sides; what refers to that one leads to the other
        then. A backup as there. Returns the row as it is hidden still, for another reason; None when it is shown.

        Raises:
            UsageError: it is not hidden any more, no row is in its way, or what refers to that one cannot refer to the
                other; nothing has changed.
        """
        return await self._files.alter(database, keep_hidden, row)

    async def merge_hidden(self, database: DatabaseId, row: HiddenRow) -> None:
        """Have what refers to a hidden row refer to the one in its way, and delete the hidden one on all sides. A
        backup as there. Raises UsageError as ``keep_hidden``."""
        await self._files.alter(database, merge_hidden, row)

    async def delete_hidden(self, database: DatabaseId, row: HiddenRow) -> None:
        """Delete a hidden row on all sides. A backup as there.

        Raises:
            UsageError: it is not hidden any more; nothing has changed.
        """
        await self._files.alter(database, delete_hidden, row)

    async def new_site_id(self, database: DatabaseId) -> bytes:
        """Give a file that was copied or restored an id of its own, after a backup; returns it.

        No row changes, and no write of either copy is hidden from anybody (``engine.clocks.identity``). With each
        peer it syncs once more from the start. If the other copy has synced too, that one needs a new id as well.

        Raises:
            ReplicaError: the file, or its backup; nothing has changed then.
        """
        path, backups = self._core.database(database).path, self._core.backups
        async with self._core.hosts.use(path) as host:
            if backups is not None:
                await host.run(lambda _: backups.make(path))
            new = await host.run(Replica.new_site_id)
            await host.refresh()  # sees that it is another replica now
        await self._files.report(database)
        return new

    async def clocks(self, database: DatabaseId) -> list[TrackedPeer]:
        """Return the clocks that a database keeps of other sites."""
        return await self._core.run(database, Replica.tracked_peers)


def _answer(replica: Replica, answers: Mapping[LikelyReference, bool]) -> None:
    for one, refers in answers.items():
        if refers:
            replica.relate(one.table, one.column, one.parent)
        else:
            replica.unrelate(one.table, one.column)


def _tables_of(path: Path) -> list[TableStatus]:
    with Replica.open(path, readonly=True) as replica:
        return replica.tables()
