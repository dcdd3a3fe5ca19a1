"""The ordinary tables of one connection: which tables they are, and how their records are brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from time import monotonic
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.errors import NotEligible, UsageError
from engine.ordinary import catalogue, layout, register, renamed, shadow
from engine.ordinary.births import rename
from engine.ordinary.capture import Capture, Stamped
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.eligibility import failed_try, key_of, obstacles, replace_displaces
from engine.ordinary.foreign_keys import as_stored, with_parents, without_references
from engine.ordinary.hidden import Hidden, check_none
from engine.ordinary.leading import is_led
from engine.ordinary.loose_keys import LooseKeys, hear
from engine.ordinary.pace import Pace
from engine.ordinary.redirect import redirect
from engine.ordinary.register import Columns, Entry
from engine.ordinary.settling import settle, try_captured
from engine.ordinary.survey import Survey
from engine.sqlite.sql import cursor
from engine.tables import omitted_triggers, parking
from engine.tables.introspect import Table, bookkeeping, describe, is_ordinary
from engine.tables.kind import FileState
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import DescribedTable
from engine.tables.waiting import HiddenRow
from engine.tables.withheld.records import Held
from engine.text import printable, t


class OrdinaryTables:
    """Each method runs in the caller's transaction: a write transaction, except for those that say that they only
    read."""

    def __init__(
        self, db: apsw.Connection, versions: FileState, others: Callable[[], Mapping[str, DescribedTable]] = dict
    ) -> None:
        """
        Args:
            others: returns the synced tables of other kinds.
        """
        self._db = db
        self._others = others
        self._rule: TriggerRule | None = None
        self._tables: tuple[object, tuple[Entry, ...], dict[str, OrdinaryTable]] | None = None
        self.inside = False
        """Whether a statement is running; what cannot be done then is left to the next capture."""
        self._file = versions
        self._versions = Stamped(versions)
        self.survey = Survey(db, self._versions)
        self._read: list[tuple[Any, ...]] = []
        self._schema: object = None
        self._registered = False
        self._settled = False
        """Whether all hidden rows have been looked at since the file was opened."""
        self._pace = Pace()
        self._entries: tuple[Entry, ...] = ()
        self._broken: tuple[Entry, ...] = ()
        self._looked: dict[int, int | None] = {}
        """How far the log of each suspended table was when its rows were counted, by the table's number."""
        shadow.register(db)

    def entries(self) -> tuple[Entry, ...]:
        """Return all with records, in the order of their making, as the same object while nothing changes; only
        reads."""
        schema = self._file.schema()
        if schema is not self._schema:
            self._registered = register.exists(self._db)
        rows = register.rows(self._db) if self._registered else []
        if rows != self._read or schema is not self._schema:
            before, found = self._read, register.entries_of(rows)
            broken = tuple(entry for entry in found if self._is_broken(entry))
            if rows != before or broken != self._broken:
                lost = {entry.number for entry in broken}
                self._entries = tuple(without_references(entry, lost) for entry in found if entry not in broken)
            self._read, self._schema, self._broken = rows, schema, broken
        return self._entries

    def broken(self) -> tuple[Entry, ...]:
        """Return those whose records are missing, or not as they were created; only reads."""
        self.entries()
        return self._broken

    def _is_broken(self, entry: Entry) -> bool:
        amiss = layout.amiss(self._db, entry) if entry.key else None
        return amiss is None or amiss.rows or amiss.cells or amiss.hidden

    def make(self, name: str, *, without_triggers: bool = False) -> None:
        """Make a table an ordinary one, along with those that it refers to by number; idempotent.

        Args:
            without_triggers: whether changes may be merged into it without those of the app's triggers that cannot run
                here, if there are any.

        Raises:
            NotEligible: with every obstacle.
        """
        table = self._to_make(name, without_triggers=without_triggers)
        if table is not None:
            others = [
                self._to_make(other.name, without_triggers=without_triggers)
                for other in with_parents(self._db, table)[1:]
            ]
            self.survey.make({one.name: (one, key_of(self._db, one)) for one in (table, *others) if one is not None})

    def _to_make(self, name: str, *, without_triggers: bool) -> Table | None:
        """Check that a table can be made one; return None if it is one already."""
        table = None if bookkeeping(name) else describe(self._db, name)
        here = omitted_triggers.sort_out(self._db) if table is not None and without_triggers else None
        if table is not None and here is not None and here.omitted_of(self._db, table):
            omitted_triggers.agree(self._db, table.name)
            parking.release(self._db, table.name)
        if table is not None and is_ordinary(self._db, table.name):
            return None
        if table is not None and renamed.go_on(self._db, self.entries(), table, key_of(self._db, table)):
            return None
        reasons = (t("There is no such table."),) if table is None else obstacles(self._db, table, without=here)
        if table is not None and not reasons:
            with nullcontext() if here is None else omitted_triggers.only(self._db, here.copies):
                reasons = failed_try(self._db, table)
        if table is None or reasons:
            raise NotEligible.because(name, reasons)
        return table

    def make_as_planned(self, refers: Mapping[str, Mapping[str, str]]) -> None:
        """Make tables that were just created from another side's plan ordinary ones.

        Args:
            refers: for each, the columns that hold numbers which SQLite hands out, with the table that hands them out;
                all of those are among them, or synced.

        Raises:
            NotEligible: one of them cannot be one.
        """
        known = {*refers, *(entry.name for entry in self.entries())}
        for name, columns in refers.items():
            if lacking := sorted(set(columns.values()) - known):
                reasons = (t("It refers to “{parent}”, which is not synced.", parent=parent) for parent in lacking)
                raise NotEligible.because(name, tuple(reasons))
        tables = {name: describe(self._db, name) for name in refers}
        keys = {name: (table, key_of(self._db, table)) for name, table in tables.items() if table is not None}
        if keys:
            self.survey.make(keys, refers)

    def undo(self, name: str, saved: Collection[HiddenRow] = ()) -> None:
        """Remove the records and triggers of a table and of those in a circle of references with it; their rows stay.
        Idempotent. Refused while rows are hidden, except those that are ``saved``."""
        circle = self._in_circle(name)
        for one in sorted(circle):
            referring = [other for other in self.referring(one) if other not in circle]
            if referring:
                raise UsageError(
                    t(
                        "“{table}” refers to rows of “{name}”, which each have another number on each machine.",
                        table=printable(referring[0], 40),
                        name=printable(one, 40),
                    ),
                    hint=t("Stop syncing “{table}” first.", table=printable(referring[0], 40)),
                )
        for entry in self.entries():
            if entry.name in circle and self._db.table_exists("main", entry.hidden):
                check_none(self._db, entry, saved)
        for one in circle:
            omitted_triggers.withdraw(self._db, one)
        for entry in (*self.entries(), *self.broken()):
            if entry.name in circle:
                self.survey.undo(entry)

    def _in_circle(self, name: str) -> set[str]:
        """Return the tables in a circle of references with one, including that one."""
        entries = {entry.number: entry.name for entry in self.entries()}
        circles = register.circles(self.entries())
        return {name, *(entries[one] for n, one_of in circles.items() if entries[n] == name for one in one_of)}

    def referring(self, name: str) -> list[str]:
        """Return the other tables that refer to rows of a table by number."""
        numbers = {entry.number for entry in self.entries() if entry.name == name}
        return [one.name for one in self.entries() if one.name != name and numbers.intersection(one.refers.values())]

    def up_to_date(self) -> bool:
        """Return whether there is nothing to capture, follow or compare; only reads, and little."""
        entries = self.entries()
        if not entries:
            return True
        version = self._schema_version()
        return not any(self._is_behind(entry, version) for entry in entries)

    def behind(self) -> frozenset[str]:
        """Return those that may have been written to since they were captured; only reads."""
        version = self._schema_version()
        return frozenset(entry.name for entry in self.entries() if self._is_behind(entry, version))

    def _is_behind(self, entry: Entry, schema_version: int) -> bool:
        if not entry.is_whole:
            return entry.schema != schema_version and self.is_there(entry)
        if entry.schema != schema_version or (entry.due is not None and entry.suspended is None):
            return self.is_there(entry)  # the app may be about to make it
        capture = Capture(self._db, entry, self._versions)
        if entry.suspended is not None:
            return capture.last_logged() != self._looked.get(entry.number)
        return capture.pending()

    def is_there(self, entry: Entry) -> bool:
        """Return whether the file has the table; only reads."""
        table = describe(self._db, entry.name)
        return table is not None and table.kind == "table" and table.name == entry.name

    def is_settled(self, entry: Entry) -> bool:
        """Return whether its log tells for every row if it was written to, as no comparison is due; only reads."""
        capture = Capture(self._db, entry, self._versions)
        return entry.due is None and entry.schema == self._schema_version() and not capture.full()

    def count_differing(self, entry: Entry) -> tuple[int, int, int]:
        """Do the same as ``Survey.count_differing``."""
        return self.survey.count_differing(entry)

    def schema_moved(self) -> bool:
        """Return whether the schema was changed since it was last followed; only reads."""
        version = self._schema_version()
        return any(entry.schema != version and self.is_there(entry) for entry in self.entries())

    def keep_schema(self, before: int) -> None:
        """Note that the schema was changed in this transaction, from this version on, without a change of any table, so
        that none has to be compared for that."""
        version = self._schema_version()
        for entry in self.entries() if version != before else ():
            if before <= entry.schema < version:  # a capture in it may have followed what others did before
                register.save(self._db, replace(entry, schema=version))

    def _schema_version(self) -> int:
        version: int = cursor(self._db).execute("PRAGMA main.schema_version").get
        return version

    def capture(self, limit: int | None = None) -> bool:
        """Capture a slice: follow schemas, compare a page of each table that is due, capture so much of each log.

        Args:
            limit: how many rows of each table; by default as many as take a moment.

        Returns:
            whether there is more to do.
        """
        more, began, first = False, monotonic(), self._versions.next_version()
        behind = set[int]()
        entries = register.roots_first(self._followed(self.renew_collections()))
        circles = register.circles(entries)
        self._make_room(entry for entry in entries if entry.number in circles)
        for entry in entries:
            if behind.isdisjoint({*entry.refers.values()} - circles.get(entry.number, set())):
                if not self._slice(entry, limit or self._pace.rows):
                    continue
                behind.add(entry.number)
            more = True  # what a number means is known once the table was captured that hands it out
        self._pace.took(monotonic() - began, full=more)
        if entries:
            LooseKeys(self._db, self._catalogue()).look(first if self._versions.latest >= first else None)
        if any(Hidden(self._db, entry).any() for entry in entries):
            try_captured(self._db, self._catalogue(), first)
        if not more:  # all that is in the tables has a record by now
            self.settle(changed=() if self._settled else None)
            self._settled = True
        return more

    def settle(self, changed: Iterable[str] | None = None) -> None:
        """Show hidden rows whose reason is gone, and hide others that are then in their way.

        Args:
            changed: the tables whose rows may have been written since this was last done; by default, all.
        """
        entries = self.entries()
        if not any(Hidden(self._db, entry).any() or is_led(self._db, entry) for entry in entries):
            return
        if self.inside:
            for entry in entries:
                Hidden(self._db, entry).log_those_to_try()
            return
        tables = self._catalogue()
        if self._rule is None:
            self._rule = TriggerRule(self._db)
        settle(
            self._db,
            tables,
            self._rule,
            {**self._others(), **tables},
            self._versions,
            tables if changed is None else changed,
        )

    def hear_of_loose_keys(self, told: Mapping[str, Collection[Columns]]) -> None:
        """Record the foreign keys, by table, that apps elsewhere have violated; everything has been captured."""
        hear(self._db, self.entries(), told)
        self.settle()

    def _catalogue(self) -> dict[str, OrdinaryTable]:
        entries = self.entries()
        if self._tables is None or self._tables[:2] != (self._file.schema(), entries):
            self._tables = self._file.schema(), entries, catalogue.load(self._db, entries).tables
        return self._tables[2]

    def redirect(self, table: str, old: Mapping[str, SQLiteValue], new: Mapping[str, SQLiteValue]) -> None:
        """Make what refers to one row refer to another (``redirect``)."""
        for entry in self.entries():
            found = catalogue.load(self._db, [entry]).tables.get(entry.name)
            if found is None:
                continue
            for link in found.links:
                if link.parent == table and all(to in old and to in new for to in link.to):
                    columns = {
                        one: (
                            as_stored(old[to], found.affinity[one]),
                            as_stored(new[to], found.affinity[one]),
                        )
                        for one, to in zip(link.columns, link.to, strict=True)
                    }
                    redirect(self._db, entry, columns, self._versions)
        self.settle()

    def _make_room(self, entries: Iterable[Entry]) -> None:
        """Find out which numbers of tables in a circle of references SQLite has handed out again, before any of them is
        captured, as none can be captured before the others: what refers to these numbers now means the new rows."""
        for entry in entries:
            if entry.is_whole and entry.suspended is None:
                Capture(self._db, entry, self._versions).make_room(everything=entry.due == "")

    def renew_collections(self) -> tuple[Entry, ...]:
        """Give the tables collections of their own from now on (``OwnCollections``), also if the file was copied or has
        a new id. Return all tables as they are then."""
        entries = self.entries()
        return self.entries() if self.survey.collections.renew(entries) else entries

    def rename_unsent(self, sent: int) -> None:
        """Give new names to the rows that were born here above a version (``births.rename``): others may have
        theirs."""
        version = self._versions.next_version()
        found = [rename(self._db, entry, sent, version) for entry in self.entries() if entry.collection]
        if any(found):
            self._versions.keep_floor(version)
        self.settle()

    def _followed(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            now = self.survey.follow(entry, lambda table: key_of(self._db, table))
            if now is not None:
                yield now

    def _slice(self, entry: Entry, limit: int) -> bool:
        if not entry.is_whole:
            return False
        capture = Capture(self._db, entry, self._versions)
        if entry.suspended is not None:
            self._looked[entry.number] = capture.last_logged()
            if self.survey.is_lost(entry):
                return False
            entry = self.survey.compare_all(entry)  # its rows are back
        pending = capture.pending()
        if pending and capture.full():
            entry = self.survey.compare_all(entry)
        if entry.due is not None:
            entry = self.survey.compare_page(entry, limit)
            return entry.suspended is None and (entry.due is not None or capture.pending())
        if not pending:
            return False
        more = capture.logged(limit)
        table = None if more else describe(self._db, entry.name)
        if table and replace_displaces(self._db, table, entry.key) and self.survey.rows_displaced(entry):
            self.survey.compare_all(entry)
            return True
        return more

    def compare_all(self, name: str) -> None:
        """Have all rows of a table compared by the next captures, whatever its log says."""
        for entry in self.entries():
            if entry.name == name:
                self.survey.compare_all(entry)

    def capture_all(self) -> int:
        """Capture all slices in this transaction.

        Returns:
            the latest version that they have stamped rows with; 0 if none.
        """
        self._versions.latest = 0
        while self.capture():
            pass
        return self._versions.latest

    def take_withheld(self) -> list[Held]:
        """Return the rows that captures have found since the last call and that cannot be sent because of their key."""
        found, self._versions.withheld = self._versions.withheld, []
        return found

    def suspended(self) -> list[Entry]:
        """Return those about which a person is asked whether most of their rows were deleted on purpose; only reads."""
        return [entry for entry in self.entries() if entry.suspended is not None]

    def answer(self, name: str, *, delete: bool) -> None:
        """Continue with a suspended table: its missing rows are deleted everywhere, or come back from the peers."""
        for entry in self.suspended():
            if entry.name == name:
                if delete:
                    self.survey.delete_suspended(entry)
                else:
                    self.survey.bring_back(entry)
