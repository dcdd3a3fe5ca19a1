"""One replica: a SQLite file with CRRs, behind typed methods."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from engine.change import MAX_VERSION, Change, SQLiteValue
from engine.clocks import coverage, identity, lineage, table_marks, tracked
from engine.errors import FileReplaced, UsageError
from engine.ids import SiteId
from engine.replica import table_digests
from engine.replica.merging import Merger
from engine.replica.ranges import RangeReader
from engine.replica.versions import Reader
from engine.replica.withheld import Holding
from engine.sqlite import durability
from engine.sqlite.sqlite_errors import explained
from engine.sqlite.steps import at_once
from engine.tables import parking
from engine.tables.digests import SLICE, Rank, Slice
from engine.tables.types import (
    ChangeSet,
    Known,
    MergeResult,
    Part,
    Place,
    Received,
    Span,
    TableDigest,
    TrackedPeer,
)
from engine.text import t


class Replica(Holding):
    """Synchronous, for one thread at a time. Every method is one short transaction; none may run inside
    another transaction on ``connection``. What its file is and what tables it has stands in ``Database`` and
    ``Schema``, what cannot be sent for now in ``Holding``.
    """

    # Looking

    def db_version(self) -> int:
        """The file's committed clock, from disk, as peers are told it; 0 for nothing yet."""
        with explained(self.path):
            return self._state.sendable_version()

    def digests(self, tables: Iterable[str] | None = None) -> tuple[TableDigest, ...]:
        """Digests of these tables (all that are synced, by default), by which replicas are compared
        (``engine.tables.digests``).

        Many short transactions, seconds in all for a large table. A table that is not synced is left out.
        """
        return at_once(table_digests.tables(self, self.crr_tables() if tables is None else tables))

    def rows_between(self, table: str, low: bytes, high: bytes, limit: int = SLICE) -> Slice:
        """As ``engine.tables.kind.Kind.rows_between``: rows by key, each with its digest.

        Raises:
            SchemaMismatch: no synced table has this name.
            InvalidChange: a key that is none of this table.
        """
        with self._reading_captured():
            return self._kinds.of(table).rows_between(table, low, high, limit)

    def key_order(self, table: str) -> Callable[[bytes], Rank]:
        """What gives packed keys their place in the order of ``rows_between``. Raises SchemaMismatch likewise."""
        with self._reading():
            return self._kinds.of(table).key_order(table)

    def lengths_above(self, table: str, above: int) -> tuple[int, int | None]:
        """A slice of the history's digest, above a number, and the number to go on above, if any. Raises SchemaMismatch
        likewise."""
        with self._reading_captured():
            return self._kinds.of(table).lengths_above(table, above)

    def values_at(
        self, table: str, keys: Sequence[bytes], most: int | None = None
    ) -> list[tuple[SQLiteValue, ...] | None]:
        """The columns, in order of name, of the rows with these packed keys; None for one that is not there, and
        nothing of one with more than ``most`` bytes.

        Raises:
            SchemaMismatch, InvalidChange: as ``rows_between``.
        """
        with self._reading_captured():
            kind = self._kinds.of(table)
            return [kind.values_at(table, key, most) for key in keys]

    def live_rows(self, table: str) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
        """(key, tracked columns) of each row of a synced table, in key order, for comparing.

        Raises:
            SchemaMismatch: no synced table has this name.
        """
        with explained(self.path):
            yield from self._kinds.of(table).live_rows(table)

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
    ) -> ChangeSet:
        """The changes with since < db_version <= until, read in one short transaction.

        The filters save traffic only; a cell with col_version 0 always passes them.

        Args:
            since: the clock that the receiver holds.
            until: the highest version wanted; the file's own when None.
            exclude_site: leave out what this author wrote.
            exclude_versions: half-open (before, after] intervals of versions to leave out.
            limit: about how many changes at most; versions stay whole, and there is at least one.
            whole: refuse where changes in the range are of a parked table; without it they are left out.

        Raises:
            TableBroken: changes in the range cannot be read, so that no clock may pass them.
        """
        return self._read(
            lambda: Reader(self._kinds, self._newest()).changes(
                since, until, exclude_site, exclude_versions, limit, whole
            )
        )

    def part(
        self,
        span: Span,
        *,
        place: bytes = b"",
        exclude_site: SiteId | None = None,
        exclude_versions: Sequence[tuple[int, int]] = (),
        changes: int = 1_000,
        size: int = 1 << 20,
    ) -> Part:
        """The next part of a range, read in one short transaction, in bounded memory.

        Args:
            span: the range; ``until`` None fixes its end now.
            place: where to go on: that of the part before, also of another session. One that was not made for
                this range, or for tables that look otherwise now, begins the range anew, with a new end.
            exclude_site, exclude_versions: as in ``changes``; they never hide anything of a late table.
            changes, size: at most so many changes and, about, bytes; a single larger change still comes, alone.

        Raises:
            TableBroken: changes in the range cannot be read, so that no clock may pass them.
            ReplicaError: a table of the span is gone.
        """
        return self._read(
            lambda: RangeReader(self._kinds, self._state.site_id, self._newest()).part(
                span, place, exclude_site, exclude_versions, changes, size
            )
        )

    def merge(
        self,
        changes: Iterable[Change],
        *,
        author: bytes | None = None,
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
            author: takes the place of every change's site id (the stock dialect: the sender's); without it
                each change carries its own.
            received: the clock to record, MAX with the one recorded (cr-sqlite.md 9).
            place: how far a range is held with these changes, which does not move the clock yet.
            js_numbers: values may have passed through JavaScript (cr-sqlite.md 10.3).
            floor: a db_version that this file has had; a file below it is not the same any more.
            tables: those that take part in the sync, with changes or not; none of them may be parked.
            report_applied: without it, the result's ``applied`` is empty, and memory is bounded however many changes
                there are.

        Raises:
            FileReplaced: the file, or its clock of the peer, went back; recording would jump a gap.
            InvalidChange: a change or a clock that no well-behaved peer sends.
            SchemaMismatch: a table or column that this file lacks, or a constraint that refuses a row.
            TableBroken: a table is parked here.
            FileBusy, StorageFailed, ReadOnlyFile: the file. In every case nothing was kept.
        """
        self.capture()
        with self._writing() as db:
            before = self._check_same(floor)
            captured = min(self._capture_rest(), MAX_VERSION - 1)
            if captured > before:  # what comes in has a version of its own, above that
                before = captured
                self._state.next_version(captured + 1)
            if self._kinds.catalogue().parked:
                changes = tuple(changes)
                self._check_parked({*tables, *(received.tables or () if received else ()), *(c.table for c in changes)})
            merger = Merger(self._kinds, self._rule, js_numbers=js_numbers, tell=report_applied)
            merger.merge(changes, author)
            if received is not None:
                tracked.record_received(db, self._state.site_id, received)
                if received.tables is not None:
                    self._mark_tables()
                coverage.record_received(db, received, self._kinds.catalogue())
            if place is not None:
                coverage.record_place(db, self._state.site_id, place, self._kinds.catalogue())
            after = min(self._state.next_version(), MAX_VERSION - 1) if merger.won else before
        return MergeResult(merger.applied or (), before, after)

    def _check_parked(self, tables: set[str]) -> None:
        catalogue = self._kinds.catalogue()
        for name in sorted(tables & catalogue.parked.keys()):
            raise parking.parked(name, catalogue.parked[name])

    def site_id_on_disk(self) -> SiteId | None:
        """The id that the file has now: another one, if it was set back or given a new one under us."""
        with self._reading():
            return identity.own(self.connection)

    def _check_same(self, floor: int) -> int:
        """Return the db_version, if it is not below one that the file has had and the file has the id that it had."""
        version = self._state.pinned_version()
        if version < floor or identity.own(self._state.cursor()) != self.site_id:
            raise FileReplaced(
                t("“{file}” was replaced or restored in the meantime.", file=self.path.name),
                hint=t("Syncline continues from what the file holds now."),
            )
        return version

    # Clocks of peers

    def known(self, site_id: SiteId, parked: Collection[str] = ()) -> Known:
        """What is known of one peer: its clocks, what they cover, and where a cut range can go on.

        Tables that bear no mark yet are marked, unless the file was opened read-only: what comes from now on rests on
        these very tables.

        Args:
            parked: tables that do not take part on one of the two sides; from now on no clock covers them.
        """
        with self._reading() as db:
            catalogue = self._kinds.catalogue()
            if self.readonly or not (table_marks.unmarked(catalogue) or coverage.covers_any(db, site_id, parked)):
                return coverage.known(db, self._state.site_id, site_id, catalogue)
        with self._writing() as db:
            self._mark_tables()
            coverage.uncover(db, site_id, parked)
            return coverage.known(db, self._state.site_id, site_id, self._kinds.catalogue())

    def _mark_tables(self) -> None:
        for crr in table_marks.unmarked(self._kinds.catalogue()):
            table_marks.put(self.connection, crr)

    def marks(self) -> table_marks.Marks:
        """The marks that the tables bear now (``engine.clocks.table_marks``)."""
        with explained(self.path):
            return tuple(self._kinds.catalogue().marks.items())

    def lineage_mark(self) -> int:
        """The number of the latest token that any peer has shown; later ones have higher numbers."""
        with self._reading() as db:
            return lineage.mark(db)

    def renew_lineage(self, site_id: SiteId, confirmed: bytes | None) -> tuple[bytes, ...]:
        """Have a new token to show to a peer on disk; ``confirmed`` is the latest that it keeps (``lineage``).

        Returns:
            the tokens by which the peer may know this file now, the newest last.
        """
        with self._writing() as db:
            self._state.keep_floor()
            lineage.renew(db, self._state.site_id, site_id, confirmed, self._state.sendable_version())
            return lineage.mine(db, self._state.site_id, site_id)

    def keep_lineage(self, site_id: SiteId, token: bytes, after: Collection[bytes] | None = None) -> bool:
        """Keep on disk the token that a peer shows from now on.

        Args:
            after: the tokens that this very file is known to have had. A new one must follow one of them.

        Returns:
            False when it does not: there are two files with this id. It was not kept then.

        Raises:
            UsageError: an id or a token that is not 16 bytes.
        """
        if len(site_id) != 16 or len(token) != lineage.TOKEN:
            raise UsageError(t("A peer's site id and its token are 16 bytes each."))
        with self._writing() as db:
            return lineage.keep(db, self._state.site_id, site_id, token, after)

    def ask_again(self, site_id: SiteId, since: int = 0) -> None:
        """Remember to ask a peer for its history above ``since`` once more, and to have no filter hide anything of it.

        It is kept on disk until all of it is here, however often the connection is cut (``keeping``). Clocks stay.

        Raises:
            UsageError: an id that is not 16 bytes.
        """
        if len(site_id) != 16:
            raise UsageError(t("A peer's site id is 16 bytes."))
        with self._writing() as db:
            coverage.record_wish(db, site_id, since)

    def new_site_id(self) -> SiteId:
        """Give a file that was copied or restored an id of its own (``engine.clocks.identity``); returns it.

        No row changes. Its clocks of peers are forgotten: with each of them it syncs once more from the start.
        """
        with self._writing() as db:
            site_id = identity.renew(db)
        self.site_id = self._state.site_id = site_id
        return site_id

    def received_clock(self, site_id: SiteId) -> int:
        """How far of the peer's history is held on disk; 0 when nothing is recorded."""
        return next((p.received or 0 for p in self.tracked_peers() if p.site_id == site_id), 0)

    def sent_clock(self, site_id: SiteId) -> int:
        """How far of our history the peer has confirmed; 0 when nothing is recorded."""
        return next((p.sent or 0 for p in self.tracked_peers() if p.site_id == site_id), 0)

    def record_sent(self, site_id: SiteId, version: int) -> None:
        """Record what a peer confirmed, also a lower version than before (it says what it holds).

        Raises:
            UsageError: an id that is not 16 bytes, or a version out of range.
        """
        self.record_all_sent({site_id: version})

    def record_all_sent(self, clocks: Mapping[SiteId, int], *, floor: int = 0) -> None:
        """Record what several peers confirmed, by site id, in one transaction; as ``record_sent``.

        Args:
            floor: as in ``merge``: a file that was set back does not hold what was confirmed.

        Raises:
            FileReplaced: it was; nothing was recorded.
        """
        for site_id, version in clocks.items():
            if len(site_id) != 16 or not 0 <= version < MAX_VERSION:
                raise UsageError(
                    t("A sent clock needs a site id of 16 bytes and a version, not {version}.", version=version)
                )
        with self._writing() as db:
            self._check_same(floor)
            self._state.keep_floor()
            for site_id, version in clocks.items():
                tracked.record_sent(db, site_id, version)

    def tracked_peers(self) -> list[TrackedPeer]:
        """The clocks of every peer, by site id."""
        with self._reading() as db:
            return tracked.tracked_peers(db)

    def announcements(self) -> list[tuple[SiteId, int]]:
        """(site id, received clock) of every peer, for a greeting; sent clocks never."""
        return [(peer.site_id, peer.received) for peer in self.tracked_peers() if peer.received is not None]

    def ensure_durable(self) -> None:
        """Make what other programs committed survive a power cut, before it is sent for the first time.

        Raises:
            StorageFailed: it did not reach the disk; nothing may be sent.
        """
        durability.ensure(self.connection)
