"""Decides in one transaction which rows are shown, over all tables: parents before those that refer to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from contextlib import nullcontext

import apsw

from engine.ordinary import refused
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.hidden import Hidden
from engine.ordinary.leading import Leading, is_led
from engine.ordinary.merged_row import Key, MergedRow
from engine.ordinary.parents import Parents
from engine.ordinary.records import Records
from engine.ordinary.shown import MOST_TURNS, Shown, savepoint
from engine.ordinary.write import Writer
from engine.sqlite.values import Affinity
from engine.tables.trigger_rule import TriggerRule


class Showing:
    """Decides which rows are shown, table by table, in the caller's write transaction and with the rule for triggers in
    force.

    Args:
        tables: all that are synced, by name.
        since: the version of the transaction, if nothing else is written in it.
        inside: as for ``Shown``.
    """

    def __init__(
        self,
        db: apsw.Connection,
        tables: Mapping[str, OrdinaryTable],
        rule: TriggerRule,
        *,
        since: int = 0,
        inside: bool = False,
    ) -> None:
        self._since = since
        self._db = db
        self._tables = tables
        self._rule = rule
        self._inside = inside
        self._of: dict[str, Shown] = {}
        self._written: dict[str, int] = {}
        self._first: int | None = None

    def of(self, writer: Writer, version: int) -> Shown:
        """Return what decides for one table; ``version``: the transaction's."""
        shown = self._of.get(writer.entry.name)
        if shown is None:
            refer = [one for one in self._tables.values() if writer.entry.number in one.entry.refers.values()]
            keeps = bool(writer.entry.collection) and all(map(_is_captured, refer))
            parents = self._parents(writer.table)
            shown = Shown(writer, parents, version, inside=self._inside, keeps_numbers=keeps)
            self._of[writer.entry.name] = shown
        shown.since = version
        return shown

    def _parents(self, table: OrdinaryTable) -> Parents:
        return Parents(self._db, table.entry, table.links, {name: one.entry for name, one in self._tables.items()})

    def all_at_once(self, writer: Writer) -> bool:
        """Return whether rows may be written all at once, as long as the table takes all."""
        return not (writer.loose_key or writer.keeps_out or Hidden(self._db, writer.entry).any())

    def attempt(self, writer: Writer, write: Callable[[], object]) -> bool:
        """Write rows all at once; return False if they have to be written one by one.

        Some may have been written then, unless the app has triggers on the table.
        """
        try:
            with savepoint(self._db) if writer.has_triggers and not self._inside else nullcontext():
                write()
            return True
        except refused.RowRefused:
            return False

    def write(self, writer: Writer, changed: Sequence[MergedRow], records: Records, version: int) -> None:
        """Write rows that won anything."""
        self.is_written(writer, version)
        fit = self.all_at_once(writer) and not any(merged.unfit for merged in changed)
        if not (fit and self.attempt(writer, lambda: writer.write(changed, records))):
            self.of(writer, version).write_rows(changed, records)

    def is_written(self, writer: Writer, version: int) -> None:
        """Note that a table is written to."""
        self._written[writer.entry.name] = version
        self._first = min(self._first or version, version)

    def settle(self, names: Iterable[str] = (), changed: Iterable[str] = ()) -> set[str]:
        """Do as ``Shown.settle`` for the tables that were written to, these tables, and those whose rows refer to
        theirs; not inside a statement.

        Args:
            changed: other tables whose rows may have been written since this was last done.

        Returns:
            the tables that may have been written to in doing so.
        """
        written = {*self._written, *names}
        near = (name for name, one in self._tables.items() if any(link.parent in written for link in one.links))
        names = frozenset((*written, *near))
        bereft = {} if self._inside else self._bereft(names)
        if self._inside or not (bereft or any(map(self._concerned, names))):
            return set()
        version, concerned = max(self._written.values(), default=self._since), set[str]()
        order, rewritten = _parents_first(self._tables), {*self._written, *changed}
        moved_or_written = set(rewritten)
        for _ in range(MOST_TURNS):  # once, but for tables that refer to themselves, or to each other in a circle
            moved = False
            for name in order:
                table = self._tables[name]
                if not _is_captured(table) or not (name in bereft or self._concerned(name)):
                    continue
                concerned.add(name)
                shown = self._of.get(name) or self.of(Writer(self._db, table, self._rule), version)
                freed = any(link.parent in moved_or_written for link in table.links)
                of_it = shown.settle(bereft.pop(name, ()), chains=name in rewritten, freed=freed)
                rewritten.discard(name)
                if self._lead(table, version, concerned) or of_it:
                    moved_or_written.add(name)
                    moved = True
            if not moved:
                break
            bereft = self._bereft(names)  # references may lead elsewhere by now
        return concerned

    def _bereft(self, names: Set[str]) -> dict[str, list[Key]]:
        """Return the shown rows of these tables whose parent was deleted by what was just merged, and have those tried
        that are hidden for another reason."""
        since, found = self._first, dict[str, list[Key]]()
        for name in names & self._tables.keys():
            parents = self._parents(self._tables[name])
            parents.try_bereft(since)
            if since is not None and (keys := parents.bereft(since)):
                found[name] = keys
        return found

    def _lead(self, root: OrdinaryTable, version: int, concerned: set[str]) -> bool:
        """Update where references to hidden rows of a table are redirected; return whether any changes."""
        if not root.entry.collection:
            return False
        leading = Leading(self._db, root.entry)
        renumbered = self._renumber(root, leading, concerned)
        changed = leading.changed()
        referring = self._references(leading, changed)
        for number, other in changed.items():
            before = leading.other_of(number)
            if other is not None:
                leading.set(number, other)
            for name, table in self._tables.items():
                for r, column in referring[name].get(number, ()):
                    shown = self._of.get(name) or self.of(Writer(self._db, table, self._rule), version)
                    if _is_captured(table):
                        concerned.add(name)
                    elif not shown.refers(r, column, (number, before)):  # the app has written to it, or it is gone
                        continue
                    value = number if other is None else other
                    is_text = table.affinity[column] is Affinity.TEXT
                    shown.lead(r, column, str(value) if is_text else value)
            if other is None:  # until now it says what the record of a row holds that is hidden for this
                leading.set(number, None)
        return bool(changed) or renumbered

    def _renumber(self, root: OrdinaryTable, leading: Leading, concerned: set[str]) -> bool:
        """Update what tables show for references to rows whose number has changed; return whether there are any."""
        found = self._of[root.name].take_renumbered() if root.name in self._of else []
        version = max(self._written.values(), default=self._since)
        referring = self._references(leading, {number for number, _ in found})
        for number, stale in found:
            to = leading.other_of(number) or number
            for name, table in self._tables.items():
                for r, column in referring[name].get(number, ()):
                    shown = self._of.get(name) or self.of(Writer(self._db, table, self._rule), version)
                    if shown.refers(r, column, (stale, None)):
                        concerned.add(name)
                        shown.lead(r, column, str(to) if table.affinity[column] is Affinity.TEXT else to)
        return bool(found)

    def _references(self, leading: Leading, to: Collection[int]) -> dict[str, dict[int, list[tuple[int, str]]]]:
        """Return what refers to these numbers, by table."""
        return {name: leading.references(table.entry, to) if to else {} for name, table in self._tables.items()}

    def _concerned(self, name: str) -> bool:
        table = self._tables.get(name)
        if table is None:
            return False
        led = is_led(self._db, table.entry)
        return led or Hidden(self._db, table.entry).any() or self._parents(table).any_hidden()

    def settle_later(self) -> None:
        """Leave that to the next capture, inside a statement, once the logs are empty."""
        if self._inside and self._written:
            try_freed(self._db, self._tables, self._written)
            for table in self._tables.values():
                Hidden(self._db, table.entry).log_those_to_try()


def try_freed(db: apsw.Connection, tables: Mapping[str, OrdinaryTable], written: Collection[str]) -> None:
    """Have the hidden rows tried that writes to some tables may have freed.

    These are rows that waited for one of another table, and all of a table that refers to itself, as their order may be
    another one.

    Args:
        tables: all that are synced, by name.
        written: the names of those that were written to.
    """
    entries = {name: table.entry for name, table in tables.items()}
    for name, table in tables.items():
        hidden, changed = Hidden(db, table.entry), {link.parent for link in table.links}.intersection(written)
        if changed and hidden.any():
            if name in changed:
                hidden.try_all()
            else:
                Parents(db, table.entry, table.links, entries).try_those_freed()


def _is_captured(table: OrdinaryTable) -> bool:
    """Return whether everything in a table has a record, and its log holds no write of the app's."""
    return table.entry.is_whole and table.entry.due is None and table.entry.suspended is None


def _parents_first(tables: Mapping[str, OrdinaryTable]) -> list[str]:
    """Return the tables so that parents come before those that refer to them, as far as possible."""
    left, found = dict(tables), list[str]()
    while left:
        above = {name: {link.parent for link in one.links} - {name} for name, one in left.items()}
        ready = sorted(name for name, parents in above.items() if parents.isdisjoint(left))
        for name in ready or [min(left)]:
            found.append(name)
            del left[name]
    return found
