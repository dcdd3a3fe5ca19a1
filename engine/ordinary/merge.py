"""Merges changes into ordinary tables that an app is using.

The caller has captured first what the app wrote, in the merge's own transaction and under a version below the merge's;
what the merge writes goes into the shadow as it was merged. So nothing that comes in is taken for a write of the app's,
nor the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain

import apsw

from engine.change import FAR, Change
from engine.clocks import identity
from engine.errors import InvalidChange
from engine.ids import SiteId
from engine.ordinary import write_groups
from engine.ordinary.catalogue import OrdinaryTable
from engine.ordinary.final_values import check_as_merged
from engine.ordinary.groups import Decider, Group, gather
from engine.ordinary.rowwise import Rowwise
from engine.ordinary.showing import Showing
from engine.ordinary.write import Writer
from engine.sqlite.values import Storage
from engine.tables import refusals
from engine.tables.grouping.columns import Columns
from engine.tables.grouping.shapes import sort_out
from engine.tables.kind import Versions
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import Applied
from engine.tables.validate import check_table
from engine.text import t

CROSSOVER = 100
"""Rows below which a batch is merged row by row, as looking for what its rows have in common would take longer."""


class OrdinaryMerging:
    """Merges in one write transaction (``engine.tables.kind.Merging``)."""

    def __init__(
        self,
        db: apsw.Connection,
        tables: Mapping[str, OrdinaryTable],
        versions: Versions,
        rule: TriggerRule,
        *,
        js_numbers: bool,
        report_applied: bool,
        inside: bool = False,
    ) -> None:
        """
        Args:
            inside: whether a statement is running, as a program merges by SQL.
        """
        self._db = db
        self._tables = tables
        self._versions = versions
        self._rule = rule
        self._js_numbers = js_numbers
        self._exact = not (js_numbers or inside)  # JavaScript does not tell 1 from 1.0
        self._report_applied = report_applied
        self._storage = Storage()
        self._writers: dict[str, Writer] = {}
        self._showing = Showing(db, tables, rule, inside=inside)
        self._logs = True
        self._logged: set[Writer] = set()
        self._authors: dict[SiteId | None, int] = {}

    @contextmanager
    def batches(self, *, many: bool) -> Iterator[None]:
        """Surround all batches."""
        quiet = [apsw.SQLITE_DBCONFIG_ENABLE_FKEY]
        self._logs = not many or self._rule.acts
        if not self._logs:  # all that would be logged is what the merge writes
            quiet.append(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER)
        try:
            with self._without(*quiet):
                yield
                settled = self._showing.settle()
        except UnicodeEncodeError:
            raise InvalidChange(t("A change has text that cannot be written as UTF-8.")) from None
        self._logged.update(self._writer(name) for name in settled if self._logs)
        self.check_written()
        self._showing.settle_later()

    @contextmanager
    def _without(self, *switches: int) -> Iterator[None]:
        """Switch these off inside.

        Foreign keys always are: rows of several tables come in any order, and what a foreign key does to other rows
        when the app deletes one comes as changes of those rows.
        """
        before = [(switch, self._db.config(switch, -1)) for switch in switches]
        for switch, on in before:
            if on:
                self._db.config(switch, 0)
        try:
            yield
        finally:
            for switch, on in before:
                if on:
                    self._db.config(switch, 1)

    def check_written(self) -> None:
        """Check that the tables hold what was merged, and remove from the logs what the merge has logged.

        Raises:
            TableBroken: a trigger of the app's prevents it.
        """
        if self._rule.acts:
            # those of which a person is asked, or that are not compared yet, have writes of the app's in their logs
            captured = [table.entry for table in self._tables.values() if table.entry.due is None]
            check_as_merged(self._db, captured, self._versions, self._rule)
        else:
            for writer in self._logged:
                writer.empty_log()

    def decide(self, batch: Sequence[Change]) -> OrdinaryDecision:
        """Do the same as ``engine.tables.kind.Merging.decide``."""
        columns = Columns.of(batch) if len(batch) >= CROSSOVER else None
        versions = [change.db_version for change in batch] if columns is None else columns.db_versions
        highest = max(versions)
        if highest >= FAR:
            highest = max((version for version in versions if version < FAR), default=0)
        version = self._versions.next_version(highest)
        tables = self._row_by_row(batch) if columns is None else self._grouped(batch, columns)
        for table in tables:
            table.rows.decide(version)
        return OrdinaryDecision(self, batch, version, tables)

    def _row_by_row(self, batch: Sequence[Change]) -> list[_Table]:
        tables: dict[str, _Table] = {}
        for place, change in enumerate(batch):
            table = tables.get(change.table)
            if table is None:
                table = tables[change.table] = self._table(change.table)
            table.rows.offer(place, change)
        return list(tables.values())

    def _grouped(self, batch: Sequence[Change], columns: Columns) -> list[_Table]:
        return [self._group(self._table(name), batch, columns, where) for name, where in columns.by_table().items()]

    def _group(self, table: _Table, batch: Sequence[Change], columns: Columns, spans: Sequence[range]) -> _Table:
        """Decide the rows that can be grouped, and leave the others to ``table.rows``."""
        rows = table.rows
        shapes, single = sort_out(columns, spans, rows.entry.slots)
        gathered: list[Group] = []
        for shape in shapes:
            group = gather(rows.writer, self._storage, columns, shape, js_numbers=self._js_numbers, exact=self._exact)
            if group is None:
                single += chain.from_iterable(shape.places)
            else:
                gathered.append(group)
        for place in sorted(single):
            rows.offer(place, batch[place])
        if _repeated(gathered, rows):
            gathered, table = [], self._table(rows.entry.name)
            single = list(chain.from_iterable(spans))
            for place in single:
                table.rows.offer(place, batch[place])
        decider = Decider(table.rows.writer, report_applied=self._report_applied)
        left: list[int] = []
        for group in gathered:
            try:
                won, odd = decider.decide(group)
            except UnicodeDecodeError:  # the table holds text that nobody can read
                won, odd = [], list(range(len(group.firsts)))
            table.groups += won
            left += chain.from_iterable([places[n] for n in odd] for places in group.places)
        for place in sorted(left):
            table.rows.offer(place, batch[place])
        return table

    def write(self, decision: OrdinaryDecision) -> None:
        """Write what won."""
        for table in decision.tables:
            writer = table.rows.writer
            if self._logs:
                self._logged.add(writer)
            table.rows.place()
            self._showing.write(writer, table.rows.changed(), table.rows.records, decision.version)
            for group in table.groups:
                write_groups.place(table.rows, group)
                authors = {site: self._author(site) for site in set(group.authors)}
                write_groups.write(
                    writer, group, decision.version, [authors[site] for site in group.authors], self._showing
                )
        self._versions.keep_floor(decision.version)
        if self._rule.acts:
            self.check_written()  # before the logs are full

    def _table(self, name: str) -> _Table:
        check_table(name)
        rows = Rowwise(self._writer(name), self._storage, self._author, js_numbers=self._js_numbers, exact=self._exact)
        return _Table(rows)

    def _writer(self, name: str) -> Writer:
        writer = self._writers.get(name)
        if writer is None:
            table = self._tables.get(name)
            if table is None:
                raise refusals.no_table(name)
            writer = self._writers[name] = Writer(self._db, table, self._rule)
        return writer

    def _author(self, site_id: SiteId | None) -> int:
        if site_id not in self._authors:
            self._authors[site_id] = identity.author_number(self._db, site_id)
        return self._authors[site_id]


@dataclass(slots=True)
class _Table:
    """The part of a batch for one table: rows one by one, and rows in groups."""

    rows: Rowwise
    groups: list[Group] = field(default_factory=list)


class OrdinaryDecision:
    """A batch that has been decided (``engine.tables.kind.Decision``)."""

    def __init__(
        self, merging: OrdinaryMerging, batch: Sequence[Change], version: int, tables: Sequence[_Table]
    ) -> None:
        self._merging = merging
        self.batch = batch
        self.version = version
        self.tables = tables
        self.won = sum(
            len(table.rows.winners) + sum(len(group.firsts) * len(group.columns) for group in table.groups)
            for table in tables
        )

    def write(self) -> None:
        """Write what won."""
        if self.won:
            self._merging.write(self)

    def applied(self) -> Iterator[tuple[int, Applied]]:
        """Return what won, each with its position."""
        for table in self.tables:
            for winner in chain(table.rows.winners, *(group.winners() for group in table.groups)):
                change = self.batch[winner.place]._replace(val=winner.value)
                yield winner.place, Applied(change, winner.key, winner.old, winner.had_old, self.version)


def _repeated(groups: Sequence[Group], rows: Rowwise) -> bool:
    """Return whether one row is in two places, as two encodings can mean the same key."""
    keys = rows.packed().union(*(group.packed for group in groups))
    return len(keys) < len(rows.packed()) + sum(len(group.packed) for group in groups)
