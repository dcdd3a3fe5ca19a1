"""One replica: a SQLite file with synced tables, behind typed methods."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.clocks import coverage, datasets, identity, lineage, secondhand, tracked
from engine.ids import SiteId
from engine.ordinary.refused import RowsGone
from engine.ordinary.shown_numbers import Cell, numbers_here
from engine.replica import table_digests
from engine.replica.merging import Merger
from engine.replica.peer_clocks import PeerClocks
from engine.replica.ranges import RangeReader, count_changes
from engine.replica.versions import Reader
from engine.sqlite.sqlite_errors import explained
from engine.sqlite.steps import at_once
from engine.table_shape import BEGUN_EMPTY
from engine.tables import parking
from engine.tables.digests import SLICE, Rank, Slice
from engine.tables.kind import Compared
from engine.tables.ranges import Part, Span
from engine.tables.types import ChangeSet, MergeResult, Place, Received, TableDigest
from engine.tables.waiting import HiddenRow


class Replica(PeerClocks):
    """Synchronous, for one thread at a time.

    Every method is one short transaction; none may run inside another transaction on ``connection``. The open file is
    in ``Database`` and its tables in ``Schema``, what cannot be sent for now in ``Holding``, which rows belong together
    in ``Joining``, and what peers have seen and shown in ``PeerClocks``.
    """

    # Looking

    def db_version(self) -> int:
        """Return the committed version, from disk, as peers are told it; 0 if there is none yet."""
        with explained(self.path):
            return self._state.sendable_version()

    def digests(
        self, tables: Iterable[str] | None = None, columns: Mapping[str, Collection[str]] | None = None
    ) -> tuple[TableDigest, ...]:
        """Digests of these tables (all that are synced, by default), by which replicas are compared
        (``engine.tables.digests``); ``columns``: for tables of which only some columns are compared.

        This takes many short transactions, and seconds in all for a large table. A table that is not synced is left
        out.
        """
        return at_once(table_digests.tables(self, self.synced_tables() if tables is None else tables, columns))

    def numbers_here(self, cells: Iterable[Cell]) -> dict[bytes, int]:
        """Return the numbers that rows named in cells have here, by name."""
        with self._reading() as db:
            return numbers_here(db, self._ordinary.tables.entries(), cells)

    def rows_between(self, table: str, low: bytes, high: bytes, limit: int = SLICE, columns: Compared = None) -> Slice:
        """Return rows by key, each with its digest; as ``engine.tables.kind.Kind.rows_between``.

        Raises:
            SchemaMismatch: no synced table has this name.
            InvalidChange: a key that does not fit this table.
        """
        with self._reading_captured():
            return self._kinds.of(table).rows_between(table, low, high, limit, columns)

    def key_order(self, table: str) -> Callable[[bytes], Rank]:
        """Return the sort key for packed keys that gives the order of ``rows_between``.

        Raises SchemaMismatch likewise.
        """
        with self._reading():
            return self._kinds.of(table).key_order(table)

    def lengths_above(self, table: str, above: int) -> tuple[int, int | None]:
        """Return a slice of the history's digest above a number, and the number above which to continue, if any.

        Raises SchemaMismatch likewise.
        """
        with self._reading_captured():
            return self._kinds.of(table).lengths_above(table, above)

    def deleted_above(self, table: str, above: int) -> tuple[list[bytes], int | None]:
        """Return keys of deleted rows above a number, and the number above which to continue, if any.

        Raises SchemaMismatch likewise.
        """
        with self._reading_captured():
            return self._kinds.of(table).deleted_above(table, above)

    def count_deleted(self) -> dict[str, int]:
        """Count the deleted rows of each synced table, which are remembered so that nobody brings them back."""
        counts: dict[str, int] = {}
        for table in self.synced_tables():
            counts[table] = 0
            above: int | None = 0
            while above is not None:
                keys, above = self.deleted_above(table, above)
                counts[table] += len(keys)
        return counts

    def values_at(
        self, table: str, keys: Sequence[bytes], most: int | None = None, columns: Compared = None
    ) -> list[tuple[SQLiteValue, ...] | None]:
        """Return the columns (all, or only these) in order of name of the rows with these packed keys: None for a row
        that does not exist, and no value of one with more than ``most`` bytes.

        Raises:
            SchemaMismatch, InvalidChange: as ``rows_between``.
        """
        with self._reading_captured():
            kind = self._kinds.of(table)
            return [kind.values_at(table, key, most, columns) for key in keys]

    def live_rows(self, table: str) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
        """Return (key, tracked columns) of each row of a synced table, in key order, for comparing.

        Raises:
            SchemaMismatch: no synced table has this name.
        """
        with explained(self.path):
            yield from self._kinds.of(table).live_rows(table)

    def hidden_rows(self, table: str | None = None, *, limit: int | None = None) -> tuple[HiddenRow, ...]:
        """Return the rows of a synced table, or of all, that a rule of the table hides, by wire key; the first
        ``limit`` of them."""
        with self._reading_captured():
            names = [name for name in self._kinds.catalogue().tables if table in (None, name)]
            return tuple(islice((row for name in names for row in self._kinds.of(name).hidden(name)), limit))

    def count_hidden(self) -> int:
        """Count the hidden rows of all tables."""
        with self._reading_captured():
            return sum(self._kinds.of(name).count_hidden(name) for name in self._kinds.catalogue().tables)

    def redirect(self, table: str, old: Mapping[str, SQLiteValue], new: Mapping[str, SQLiteValue]) -> None:
        """Make what refers to one row of an ordinary table refer to another, also in hidden rows, and where it has been
        redirected to that one already.

        Args:
            old, new: the columns of the two, with what they hold here.
        """
        with self._writing():
            self._capture_rest()
            self._ordinary.tables.redirect(table, old, new)
        self.capture()

    # Changes

    def changes(
        self,
        since: int = 0,
        *,
        until: int | None = None,
        exclude_site: SiteId | None = None,
        exclude_versions: Sequence[tuple[int, int]] = (),
        limit: int | None = None,
        whole: bool = True,
        leave_out: Collection[str] = (),
    ) -> ChangeSet:
        """Return the changes with since < db_version <= until, read in one short transaction.

        The filters only save traffic; a cell with col_version 0 always passes them.

        Args:
            since: the clock that the receiver holds.
            until: the highest version wanted; None for the file's own.
            exclude_site: leave out what this author wrote.
            exclude_versions: half-open (before, after] intervals of versions to leave out.
            limit: the approximate maximum of changes; versions stay whole, and there is at least one.
            whole: refuse if changes in the range are of a parked table; otherwise they are left out.
            leave_out: tables to leave out.

        Raises:
            TableBroken: changes in the range cannot be read, so that no clock may pass them.
        """
        return self._read(
            lambda: Reader(self._kinds, self._newest()).changes(
                since, until, exclude_site, exclude_versions, limit, whole, leave_out
            )
        )

    def count_changes(self, since: int) -> int:
        """Return about how many changes there are with since < db_version, of all tables that are synced now."""
        return self._read(lambda: count_changes(self._kinds, since, self._newest()))

    def part(
        self,
        span: Span,
        *,
        place: bytes = b"",
        exclude_site: SiteId | None = None,
        exclude_versions: Sequence[tuple[int, int]] = (),
        changes: int = 1_000,
        size: int = 1 << 20,
        count: bool = False,
    ) -> Part:
        """Return the next part of a range, read in one short transaction, in bounded memory.

        Args:
            span: the range; ``until`` None fixes its end now.
            place: where to continue: that of the part before, perhaps in another session. One that was not made for
                this range, or for the tables as they are now, starts the range over, with a new end.
            exclude_site, exclude_versions: as in ``changes``; they never hide anything of a late table, nor anything
                that the author wrote and somebody else brought (``engine.clocks.secondhand``).
            changes, size: at most so many changes and (roughly) bytes; a single larger change is still returned, alone.
            count: also count what lies behind a part that is not the last (``Part.left``).

        Raises:
            TableBroken: changes in the range cannot be read, so that no clock may pass them.
            ReplicaError: a table of the span is gone.
        """
        return self._read(
            lambda: RangeReader(self._kinds, self._state.site_id, self._newest()).part(
                span,
                place,
                exclude_site,
                exclude_versions,
                changes,
                size,
                secondhand.above(self.connection, span.since),
                count=count,
            )
        )

    def merge(
        self,
        changes: Iterable[Change],
        *,
        author: SiteId | None = None,
        source: SiteId | None = None,
        tokens: Collection[bytes] = (),
        received: Received | None = None,
        place: Place | None = None,
        js_numbers: bool = False,
        floor: int = 0,
        report_applied: bool = True,
        tables: Collection[str] = (),
    ) -> MergeResult:
        """Merge changes and record the clock that comes with them, in one transaction.

        Args:
            changes: in the order they came. May be empty: then only the clock moves.
            author: replaces every change's site id (in the stock dialect, with the sender's); without it each change
                carries its own.
            source: the peer that they came from; None if it can have written none of them.
            tokens: those that the source's file has shown on the connection over which they came.
            received: the clock to record, unless a higher one is recorded already (cr-sqlite.md 9).
            place: how far a range is held with these changes, which does not move the clock yet.
            js_numbers: values may have passed through JavaScript (cr-sqlite.md 10.3).
            floor: a db_version that this file has reached; a file below it is no longer the same.
            tables: those that take part in the sync, with changes or not; none of them may be parked.
            report_applied: without it, the result's ``applied`` is empty, and memory is bounded however many changes
                there are.

        Raises:
            FileReplaced: the file, or its clock of the peer, was set back, so that recording would skip a gap.
            InvalidChange: a change or a clock that no well-behaved peer sends.
            SchemaMismatch: a table or column that this file lacks, or a constraint that refuses a row.
            TableBroken: a table is parked here.
            FileBusy, StorageFailed, ReadOnlyFile: the file. In every case nothing was kept.
        """
        changes = changes if isinstance(changes, Sequence) else tuple(changes)
        merge = partial(
            self._merge, changes, author, source, tokens, received, place, js_numbers, floor, report_applied, tables
        )
        try:
            return merge()
        except RowsGone as error:
            with self._writing():
                self._ordinary.tables.compare_all(error.table)
        return merge()

    def _merge(
        self,
        changes: Sequence[Change],
        author: SiteId | None,
        source: SiteId | None,
        tokens: Collection[bytes],
        received: Received | None,
        place: Place | None,
        js_numbers: bool,
        floor: int,
        report_applied: bool,
        tables: Collection[str],
    ) -> MergeResult:
        self.capture()
        with self._writing() as db:
            before = self._check_same(floor)
            captured = min(self._capture_rest(), MAX_VERSION - 1)
            if captured > before:  # what comes in has a version of its own, above that
                before = captured
                self._state.next_version(captured + 1)
            merger = Merger(self._kinds, self._rule, js_numbers=js_numbers, report_applied=report_applied)
            if merger.catalogue.parked:
                self._check_parked({*tables, *(received.tables or () if received else ()), *(c.table for c in changes)})
            merger.merge(changes, author)
            if received is not None:
                tracked.record_received(db, self._state.site_id, received)
                if received.tables is not None:
                    self._mark_tables()
                coverage.record_received(db, received, self._kinds.catalogue())
            if place is not None:
                coverage.record_place(db, self._state.site_id, place, self._kinds.catalogue())
            after = before
            if merger.won:
                after = min(self._state.next_version(), MAX_VERSION - 1)
                own, authors = (
                    self._state.site_id,
                    {change.site_id for change in changes} if author is None else {author},
                )
                if source in authors and source is not None and lineage.shows_latest(db, own, source, tokens):
                    authors.remove(source)
                secondhand.note(db, authors - {own}, after)
            taken_along = self._durability.taken_along() if merger.won else None  # else nothing may be written
        self._durability.committed(taken_along)
        return MergeResult(merger.applied or (), before, after)

    def _check_parked(self, tables: set[str]) -> None:
        catalogue = self._kinds.catalogue()
        for name in sorted(tables & catalogue.parked.keys()):
            raise parking.parked(name, catalogue.parked[name])

    def site_id_on_disk(self) -> SiteId | None:
        """Return the id that the file has now, which differs if it was replaced or given a new one under us."""
        with self._reading():
            return identity.own(self.connection)

    def new_site_id(self) -> SiteId:
        """Give a file that was copied or restored a new id of its own (``engine.clocks.identity``), and return it.

        No row changes. Its clocks of peers are forgotten: with each of them it syncs once more from the start.
        Auto-numbered rows that no peer has confirmed yet get new global keys.
        """
        self.capture()
        with self._writing() as db:
            self._capture_rest()
            self._ordinary.tables.renew_collections()
            sent = max((peer.sent or 0 for peer in tracked.tracked_peers(db)), default=0)
            self._ordinary.tables.rename_unsent(sent)
            if shared := [name for name in self._named() if self._is_shared(db, name)]:
                datasets.give(db, shared)  # no clock will tell
            site_id = identity.renew(db)
            self._ordinary.tables.renew_collections()
            empty = [name for name in self._kinds.catalogue().synced if not self._has_rows(name)]
            datasets.forget(db, empty)  # rows that each copy gets are its own
            for name in empty:
                datasets.record(db, name, {BEGUN_EMPTY: datasets.NO_ROWS})
        self.site_id = self._state.site_id = site_id
        return site_id

    def others_commits(self) -> int:
        """Return a number that moves whenever anybody else commits to the file, as long as it is open."""
        with explained(self.path):
            return int(self._state.cursor().execute("PRAGMA data_version").get)

    def ensure_durable(self) -> None:
        """Make what other programs committed survive a power cut, before it is sent for the first time.

        Raises:
            StorageFailed: it did not reach the disk; nothing may be sent.
        """
        with explained(self.path):
            self._durability.ensure()
