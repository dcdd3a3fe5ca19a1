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
        core, files: the engine's.
        peers, sharing: what is removed together with a database.
    """

    def __init__(self, core: Core, files: Files, peers: Peers, sharing: Sharing) -> None:
        self._core = core
        self._files = files
        self._peers = peers
        self._sharing = sharing

    @property
    def backups(self) -> Backups | None:
        """Where a file is copied to before it is first written to; None for no backups."""
        return self._core.backups

    async def inspect(self, path: Path) -> list[TableStatus]:
        """Return every table of a file as ``tables`` does. The file need not have been added; nothing is written to it.

        Raises:
            ReplicaError: the file cannot be used; says why.
        """
        return await asyncio.to_thread(_tables_of, path)

    async def add(self, path: Path, name: str = "") -> DatabaseConfig:
        """Add a database file.

        Raises:
            ReplicaError: the file cannot be used, with the reason; it was not added.
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
        """Create a database with the tables of a peer's room, add both, and start syncing.

        The tables are created from a plan; no SQL from the other side is run. If that fails, neither side creates
        anything.

        Args:
            path: where there is no file yet, or one without tables (``engine.pairing.bootstrap.is_new``).
            peer: its database is filled in.
            token: the peer's.
            extension: create the tables for programs that load cr-sqlite.

        Returns:
            the peer as it was added.

        Raises:
            UsageError: the file has tables, or cannot be created there; the room does not exist yet, has no tables, or
                is a published server's.
            PeerUnreachable, PeerRefused: as in ``ask_tables``.
            SynclineError: the tables could not be created, or the token not stored.
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
        """Remove a database and its peers from the settings, and stop sharing it; the file is not changed.

        Raises:
            SynclineError: everything was removed, except for a token.
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
        """Return every table of a database: whether it is synced, can be, or cannot be and why."""
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
        """Make a table syncable, to which any program can still write.

        A table of cr-sqlite's, to which other programs cannot write, is converted with all its records. With
        ``backups``, a backup is made first, unless one is less than a minute old.

        Args:
            extension: make it one of cr-sqlite's instead, for programs that load its extension and no others.
            without_triggers: as in ``Replica.make_ordinary``: ask first, as ``TableStatus.without_triggers`` says it.

        Raises:
            NotEligible: it cannot be; with every reason, in words.
            ReferencesUndecided: a person has to say first whether some columns are references (``answer_references``).
            TableBroken, UsageError: the records of a table to be converted are damaged.
        """
        if extension:
            await self._files.alter(database, Replica.make_crr, table)
        else:
            await self._files.alter(database, Replica.make_ordinary, table, without_triggers=without_triggers)

    async def answer_references(self, database: DatabaseId, answers: Mapping[LikelyReference, bool]) -> None:
        """Say whether columns that look like references (``TableStatus.likely_references``) are.

        Backups as for ``make_syncable``.

        Raises:
            UsageError: a table is synced already.
        """
        await self._files.alter(database, _answer, answers)

    async def keep_numbers(self, database: DatabaseId, table: str, *, same: bool) -> None:
        """Say whether the rows of a table that is not synced yet have the same number on every machine
        (``Replica.keep_numbers``). Backups as for ``make_syncable``."""
        await self._files.alter(database, Replica.keep_numbers, table, same=same)

    async def make_plain(self, database: DatabaseId, table: str, saved: Sequence[HiddenRow] = ()) -> None:
        """Undo ``make_syncable``: the table's rows stay on all sides, and are no longer synced.

        Backups as for ``make_syncable``.

        Args:
            saved: its hidden rows (``hidden_rows``) that have been saved elsewhere, as they will be gone.

        Raises:
            UsageError: there are others.
        """
        await self._files.alter(database, Replica.make_plain, table, saved)

    async def repair(self, database: DatabaseId) -> list[Finding]:
        """Repair what keeps tables from being synced (``Replica.repair``), and return what it was.

        Backups as for ``make_syncable``.

        Raises:
            NotEligible: a table cannot be synced as it is now; nothing has changed.
        """
        return await self._files.alter(database, Replica.repair)

    async def suspended_deletions(self, database: DatabaseId) -> Sequence[SuspendedDeletion]:
        """Return the tables about which a person is asked whether most of their rows were deleted on purpose; until
        that is answered they are not synced."""
        return await self._core.run(database, Replica.suspended_deletions)

    async def answer_suspended(self, database: DatabaseId, table: str, *, delete: bool) -> SuspendedDeletion:
        """Answer that: the rows are deleted on all sides, or else come back from the peers.

        Backups as for ``make_syncable``.

        Raises:
            UsageError: nothing is asked about this table, or not any more.
        """
        return await self._files.alter(database, Replica.answer_suspended, table, delete=delete)

    async def conflicts(self, database: DatabaseId) -> Conflicts:
        """Return everything that waits for a person: hidden rows, rows that cannot be sent, deletions to be
        confirmed."""
        return await self._core.run(database, find_conflicts)

    async def hidden_rows(self, database: DatabaseId) -> Sequence[HiddenRow]:
        """Return the rows that a rule of their table hides: they are synced, and appear once the reason is gone."""
        return await self._core.run(database, Replica.hidden_rows)

    async def hidden_differences(
        self, database: DatabaseId, row: HiddenRow
    ) -> Mapping[str, tuple[SQLiteValue, SQLiteValue]]:
        """Return the columns in which a hidden row differs from the row in its way: its own value, and the other's."""
        return await self._core.run(database, hidden_differences, row)

    async def keep_hidden(self, database: DatabaseId, row: HiddenRow) -> HiddenRow | None:
        """Show a hidden row, and delete the one in its way on all sides; what referred to that one then refers to the
        other. Backups as for ``make_syncable``. Return the row if it is still hidden for another reason; None if it is
        shown.

        Raises:
            UsageError: it is not hidden any more, no row is in its way, or what refers to that one cannot refer to the
                other; nothing has changed.
        """
        return await self._files.alter(database, keep_hidden, row)

    async def merge_hidden(self, database: DatabaseId, row: HiddenRow) -> None:
        """Make what refers to a hidden row refer to the one in its way, and delete the hidden one on all sides.

        Backups as for ``make_syncable``. Raises UsageError as ``keep_hidden``.
        """
        await self._files.alter(database, merge_hidden, row)

    async def delete_hidden(self, database: DatabaseId, row: HiddenRow) -> None:
        """Delete a hidden row on all sides. Backups as for ``make_syncable``.

        Raises:
            UsageError: it is not hidden any more; nothing has changed.
        """
        await self._files.alter(database, delete_hidden, row)

    async def new_site_id(self, database: DatabaseId) -> bytes:
        """Give a file that was copied or restored a new id of its own, after a backup, and return it.

        No row changes, and no write of either copy is hidden from anybody (``engine.clocks.identity``). It syncs once
        more from the start with each peer. If the other copy has synced too, it needs a new id as well.

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
        """Return the clocks that a database keeps for other sites."""
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
