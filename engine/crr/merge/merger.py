"""Merging incoming changes into the tables (cr-sqlite.md 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import accumulate, chain
from types import TracebackType

import apsw

from engine.change import FAR, Change
from engine.clocks import identity
from engine.crr import config
from engine.crr.catalogue import Crr
from engine.crr.merge import verify_writes
from engine.crr.merge.groups import decide, gather
from engine.crr.merge.row import OURS
from engine.crr.merge.row_group import Group
from engine.crr.merge.rowwise import Key, Rowwise
from engine.crr.merge.single import Single, SingleDecision
from engine.crr.merge.write import applied, write_clocks, write_rows
from engine.crr.state import State
from engine.errors import InvalidChange, SynclineError, TableBroken
from engine.ids import SiteId
from engine.tables import refusals
from engine.tables.batches import are_many, batches
from engine.tables.grouping import bulk
from engine.tables.grouping.columns import Columns, alike, ascending, pick
from engine.tables.grouping.shapes import sort_out
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import Applied
from engine.tables.validate import check_table
from engine.text import t

CROSSOVER = 100
"""A batch with fewer changes is merged row by row, as finding what its rows have in common would take longer."""


class _Table:
    """One table's part of a batch: rows in groups, and rows one by one."""

    def __init__(self, crr: Crr, rows: Rowwise) -> None:
        self.crr = crr
        self.rows = rows
        self.groups: list[Group] = []

    def write(self, db: apsw.Connection) -> None:
        """Write the base rows."""
        self.rows.write_rows()
        for group in self.groups:
            write_rows(db, group)

    def deleted(self) -> list[Key]:
        """Return the keys of the rows to delete."""
        return [*self.rows.deleted(), *chain(*(zip(*one.keys, strict=True) for one in self.groups if one.deletes))]


class _Decision:
    """A batch that is decided and not written yet (``engine.tables.kind.Decision``).

    Attributes:
        batch: the changes.
        columns: the same as columns, if they were decided in groups.
        tables: what is to be written.
        places: the changes that won, as indexes into the batch, in order.
        versions: the db_version of each place that won, once it is written.
    """

    def __init__(
        self,
        merger: Merger,
        batch: Sequence[Change],
        columns: Columns | None,
        tables: Sequence[_Table],
        places: Sequence[int],
    ) -> None:
        self._merger = merger
        self.batch = batch
        self.columns = columns
        self.tables = tables
        self.places = places
        self.versions: Sequence[int] = ()

    @property
    def won(self) -> int:
        """How many changes won."""
        return len(self.places)

    def write(self) -> None:
        """Write the changes that won."""
        if self.places:
            self._merger._write_all(self)

    def applied(self) -> Iterator[tuple[int, Applied]]:
        """Iterate over the changes that won, each with its place."""
        for table in self.tables:
            yield from table.rows.applied(self.versions)
            for group in table.groups:
                yield from applied(group, self.batch, self.versions)


class _Batches:
    """The context manager that ``Merger.batches`` returns.

    A generator would take three times as long for a single change.
    """

    def __init__(self, state: State, *, many: bool) -> None:
        self._state = state
        self._impacted = state.rows_impacted
        self._triggers = state.without_triggers() if many else None

    def __enter__(self) -> None:
        if self._triggers is not None:
            self._triggers.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._triggers is not None:
            self._triggers.__exit__(kind, error, trace)
        if error is not None:
            self._state.rows_impacted = self._impacted  # as in stock, also where the transaction goes on
        if isinstance(error, UnicodeEncodeError):
            raise InvalidChange(t("A change has text that cannot be written as UTF-8.")) from None


class Merger:
    """Merges changes inside a transaction that the caller began and will end.

    There is one for each transaction, because it remembers what it looked up. Changes are taken a few thousand at a
    time. Rows that are offered the same columns are decided and written together (``groups``), all others on their own
    (``rowwise``), with the same result. The rows are written before their clocks, so that a single change that a
    constraint refuses has written nothing.

    Args:
        state: the connection's.
        rule: for an app's triggers; None if a program merges by SQL, on whose connection they run as they are.
        js_numbers: see ``Storage.stored``.
        exact: refuse what only hostile or broken peers send. The SQL surface passes False: there, as in stock, negative
            clocks count as very old, and a missing site id means this file itself.
        report_applied: whether anybody will ask a decision what was ``applied``.
    """

    def __init__(
        self,
        state: State,
        rule: TriggerRule | None = None,
        *,
        js_numbers: bool = False,
        exact: bool = True,
        report_applied: bool = True,
    ) -> None:
        self._state = state
        self._rule = rule
        self._db = state.db
        self._js_numbers = js_numbers
        self._exact = exact
        self._equal_values: bool | None = None
        self._ordinals: dict[SiteId | None, int] = {None: 0, OURS: 0}
        self._report_applied = report_applied
        self._single = Single(state, js_numbers=js_numbers, exact=exact, report_applied=report_applied)

    def batches(self, *, many: bool) -> AbstractContextManager[None]:
        """Return the context for all batches of a merge: a failure resets the count of rows.

        Args:
            many: merge without the triggers, where that can be done.
        """
        return _Batches(self._state, many=many)

    def merge(self, changes: Sequence[Change]) -> None:
        """Merge changes, in order.

        Raises:
            InvalidChange, SchemaMismatch, TableBroken: the caller rolls back.
        """
        with self.batches(many=are_many(changes)):
            for batch in batches(changes):
                self.decide(batch).write()

    def decide(self, batch: Sequence[Change]) -> _Decision | SingleDecision:
        """Decide which changes of a batch win. Raises what ``merge`` raises."""
        if len(batch) == 1 and (self._rule is None or not self._rule.guards):
            decision = self._single.decide(batch[0])
            if decision is not None:
                return decision
        if self._equal_values is None:
            self._equal_values = config.merges_equal_values(self._db)
        # Groups know nothing of authors, which merge-equal-values compares.
        grouped = self._exact and len(batch) >= CROSSOVER and not self._equal_values
        columns = Columns.of(batch) if grouped else None
        tables = self._row_by_row(batch) if columns is None else self._grouped(batch, columns)
        return _Decision(self, batch, columns, tables, self._won(tables, len(batch)))

    def _write_all(self, decision: _Decision) -> None:
        batch, columns, won = decision.batch, decision.columns, decision.places
        versions = self._versions(
            [change.db_version for change in batch] if columns is None else columns.db_versions, won
        )
        ordinals = self._authors([change.site_id for change in batch] if columns is None else columns.sites, won)
        for table in decision.tables:
            self._write(table)
            self._number(table)
            table.rows.write_clocks(batch, versions, ordinals)
            for group in table.groups:
                assert columns is not None
                write_clocks(self._db, group, columns, versions, ordinals)
        decision.versions = versions

    def _won(self, tables: Sequence[_Table], size: int) -> Sequence[int]:
        """Return the places that won, in order, of a batch of ``size`` changes."""
        singles = [table.rows.decide() for table in tables]
        groups = [group for table in tables for group in table.groups]
        grouped = sum(len(group.firsts) * len(group.columns) for group in groups)
        self._state.rows_impacted += grouped
        if grouped + sum(map(len, singles)) == size:
            return range(size)
        return sorted(chain(*singles, *(places for group in groups for places in group.places)))

    def _table(self, name: str) -> _Table:
        check_table(name)
        crr = self._state.crr(name)
        rows = Rowwise(
            self._state, crr, js_numbers=self._js_numbers, exact=self._exact, equal_values=self._equal_values is True
        )
        return _Table(crr, rows)

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
        """Decide the rows that can be grouped, and offer the others to ``table.rows``."""
        shapes, single = sort_out(columns, spans, table.crr.affinity)
        gathered: list[Group] = []
        for shape in shapes:
            group = gather(self._state, table.crr, columns, shape, js_numbers=self._js_numbers)
            if group is None:
                single += chain.from_iterable(shape.places)
            else:
                gathered.append(group)
        for place in sorted(single):
            table.rows.offer(place, batch[place])
        if _repeated(gathered, table.rows):
            table, gathered = self._table(table.crr.name), []
            for place in chain.from_iterable(spans):
                table.rows.offer(place, batch[place])
        others: list[int] = []
        for group in gathered:
            for outcome in self._decided(group, columns):
                if isinstance(outcome, Group):
                    table.groups.append(outcome)
                else:
                    others += outcome
        for place in sorted(others):
            table.rows.offer(place, batch[place])
        return table

    def _decided(self, group: Group, columns: Columns) -> list[Group | Sequence[int]]:
        try:
            return list(decide(self._db, group, columns, report_applied=self._report_applied))
        except UnicodeDecodeError:  # the file holds text that is not valid
            return list(group.places)

    def _number(self, table: _Table) -> None:
        """Give new rows the next key numbers, in the order in which they came."""
        db, sql = self._db, table.crr.sql
        groups = [group for group in table.groups if not group.numbers]
        singles = table.rows.new()
        if not groups and not singles:
            return
        next_number = db.execute(sql.last_key).get + 1
        if len(groups) == 1 and not singles and ascending(groups[0].firsts):
            groups[0].numbers = range(next_number, next_number + len(groups[0].firsts))
        else:
            firsts = sorted(chain((place for place, _ in singles), *(group.firsts for group in groups)))
            numbers = dict(zip(firsts, range(next_number, next_number + len(firsts)), strict=True))
            for place, row in singles:
                row.number = numbers[place]
            for group in groups:
                group.numbers = [numbers[first] for first in group.firsts]
        bulk.run(db, sql.put_key, [(row.number, *row.key) for _, row in singles])
        for group in groups:
            bulk.run_columns(db, sql.put_key, [group.numbers, *group.keys])

    def _versions(self, incoming: Sequence[int], won: Sequence[int]) -> Sequence[int]:
        """Return the db_version for each place that won, never decreasing across all rows (cr-sqlite.md 4)."""
        won_with = pick(incoming, won)
        in_order = ascending(won_with)
        highest = won_with[-1] if in_order else max(won_with)
        if highest >= FAR:
            won_with = [0 if version >= FAR else version for version in won_with]
            in_order, highest = ascending(won_with), max(won_with)
        first = self._state.next_version(won_with[0])
        if highest <= first:
            return [first] * len(incoming)
        if first == won_with[0] and in_order:
            stamps = list(won_with)
        else:
            stamps = list(accumulate(won_with, max, initial=first))[1:]
        self._state.next_version(stamps[-1])
        if len(won) == len(incoming):
            return stamps
        versions = [first] * len(incoming)
        for place, stamp in zip(won, stamps, strict=True):
            versions[place] = stamp
        return versions

    def _authors(self, sites: Sequence[SiteId | None], won: Sequence[int]) -> Sequence[int]:
        """Return the ordinal of the author for each place that won."""
        known = self._ordinals
        authors = sites[:1] if alike(sites) else dict.fromkeys(pick(sites, won))
        for site_id in authors:
            if site_id not in known:
                known[site_id] = identity.author_number(self._db, site_id)
        if len(authors) == 1:
            return [known[sites[won[0]]]] * len(sites)
        return [known.get(site_id, 0) for site_id in sites]

    def _write(self, table: _Table) -> None:
        """Write the base rows, with the sync triggers quiet; turn refusals into our errors."""
        crr = table.crr
        try:
            with self._state.quiet(), self._guarded(table):
                table.write(self._db)
        except TableBroken:
            raise
        except (apsw.ConstraintError, apsw.MismatchError, apsw.SQLError, apsw.TooBigError, SynclineError) as error:
            if crr.app_triggers and self._is_of_triggers(error, table):
                raise verify_writes.refused(crr, error) from error
            refused = refusals.of(crr.name, error)
            if refused is None:
                raise
            raise refused from error

    def _guarded(self, table: _Table) -> AbstractContextManager[None]:
        rule, name = self._rule, table.crr.table.name
        return rule.deleting(name, table.deleted()) if rule is not None and rule.guards else nullcontext()

    def _is_of_triggers(self, error: Exception, table: _Table) -> bool:
        """Return whether an error came from an app's trigger.

        A trigger's RAISE has its own code. As for other errors: if the table takes the rows without triggers, which is
        tried and rolled back, it was one.
        """
        if getattr(error, "extendedresult", None) == apsw.SQLITE_CONSTRAINT_TRIGGER:
            return True
        db = self._db
        with self._state.no_triggers():
            try:
                db.execute("SAVEPOINT crsql_tried")
                table.write(db)
                return True
            except (apsw.Error, SynclineError):  # also while a statement of the app's is running, as in crsql_changes
                return False
            finally:
                with suppress(apsw.Error):
                    db.execute("ROLLBACK TO crsql_tried; RELEASE crsql_tried")


def _repeated(groups: Sequence[Group], rows: Rowwise) -> bool:
    """Return whether a row is in two places, as two encodings can mean one key."""
    keys = set(rows.keys) if groups and len(groups[0].keys) > 1 else {key[0] for key in rows.keys}
    total = len(rows.keys)
    for group in groups:
        keys.update(group.names)  # type: ignore[arg-type]
        total += len(group.firsts)
    return len(keys) < total
