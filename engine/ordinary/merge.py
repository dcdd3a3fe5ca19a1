"""Merging changes into ordinary tables, with an app on them.

What the app wrote is captured first, in the merge's own transaction and under a version below the merge's; what the
merge writes is seen as it was merged. So nothing that comes in is taken for a write of the app's, and no write of the
app's for one that came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import apsw

from engine.change import FAR, Change
from engine.clocks import identity
from engine.ordinary.final_values import check_as_merged
from engine.ordinary.register import Entry
from engine.ordinary.rowwise import Rowwise
from engine.ordinary.tables import OrdinaryTables
from engine.ordinary.write import Writer
from engine.sqlite.values import Storage
from engine.tables import refusals
from engine.tables.kind import Versions
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import Applied
from engine.tables.validate import check, check_table


class OrdinaryMerging:
    """Merges in one write transaction (``engine.tables.kind.Merging``)."""

    def __init__(
        self,
        db: apsw.Connection,
        tables: OrdinaryTables,
        versions: Versions,
        rule: TriggerRule,
        *,
        js_numbers: bool,
        tell: bool,
    ) -> None:
        self._db = db
        self._tables = tables
        self._versions = versions
        self._rule = rule
        self._js_numbers = js_numbers
        self._tell = tell
        self._storage = Storage()
        self._entries: dict[str, Entry] = {}
        self._writers: dict[str, Writer] = {}
        self._captured = 0
        self._authors: dict[bytes | None, int] = {}

    @contextmanager
    def batches(self, *, many: bool) -> Iterator[None]:
        """Stands around all batches: what the app wrote is captured before."""
        self._tables.capture_all()
        self._captured = self._tables.stamped
        self._entries = {entry.name: entry for entry in self._tables.entries()}
        with self._without_foreign_keys():
            yield
        self.check_written()

    @contextmanager
    def _without_foreign_keys(self) -> Iterator[None]:
        """Rows of several tables come in any order; and what a foreign key does to others where the app deletes, comes
        as changes of these."""
        db, switch = self._db, apsw.SQLITE_DBCONFIG_ENABLE_FKEY
        if not db.config(switch, -1):
            yield
            return
        db.config(switch, 0)
        try:
            yield
        finally:
            db.config(switch, 1)

    def check_written(self) -> None:
        """See that the tables hold what was merged, and empty the logs of what that has logged.

        Raises:
            TableBroken: a trigger of the app's stands in the way.
        """
        if self._rule.acts:
            # those of which a person is asked, or that are not compared yet, have writes of the app's in their logs
            captured = [one for one in self._entries.values() if one.due is None]
            check_as_merged(self._db, captured, self._versions, self._rule)
        else:
            for name in self._writers:
                self._db.execute(f"DELETE FROM main.{self._entries[name].log}")

    def decide(self, batch: Sequence[Change]) -> OrdinaryDecision:
        """As ``engine.tables.kind.Merging.decide``."""
        highest = max((change.db_version for change in batch if change.db_version < FAR), default=0)
        version = self._versions.next_version(max(highest, self._captured + 1))
        tables: dict[str, Rowwise] = {}
        for place, change in enumerate(batch):
            table = tables.get(change.table)
            if table is None:
                check_table(change.table)
                table = tables[change.table] = self._table(change.table)
            check(change, exact=True)
            table.offer(place, change)
        for table in tables.values():
            table.decide(version)
        return OrdinaryDecision(self, batch, version, list(tables.values()))

    def write(self, decision: OrdinaryDecision) -> None:
        """Write what won."""
        for table in decision.tables:
            table.writer.write(table.changed(), table.records)
        self._versions.keep_floor(decision.version)
        if self._rule.acts:
            self.check_written()  # before the logs are full

    def _table(self, name: str) -> Rowwise:
        entry = self._entries.get(name)
        if entry is None:
            raise refusals.no_table(name)
        if name not in self._writers:
            self._writers[name] = Writer(self._db, entry, self._rule)
        writer = self._writers[name]
        return Rowwise(writer, self._storage, self._author, js_numbers=self._js_numbers)

    def _author(self, site_id: bytes | None) -> int:
        if site_id not in self._authors:
            self._authors[site_id] = identity.author_number(self._db, site_id)
        return self._authors[site_id]


class OrdinaryDecision:
    """A batch that is decided (``engine.tables.kind.Decision``)."""

    def __init__(
        self, merging: OrdinaryMerging, batch: Sequence[Change], version: int, tables: Sequence[Rowwise]
    ) -> None:
        self._merging = merging
        self.batch = batch
        self.version = version
        self.tables = tables

    @property
    def won(self) -> int:
        """How many won."""
        return sum(len(table.winners) for table in self.tables)

    def write(self) -> None:
        """Write what won."""
        if self.won:
            self._merging.write(self)

    def applied(self) -> Iterator[tuple[int, Applied]]:
        """What won, each with its place."""
        for winner in chain.from_iterable(table.winners for table in self.tables):
            change = self.batch[winner.place]._replace(val=winner.value)
            yield winner.place, Applied(change, winner.key, winner.old, winner.had_old, self.version)
