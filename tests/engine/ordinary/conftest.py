"""Files with ordinary tables, and programs that know nothing of Syncline and write to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import pytest

from engine.change import Change
from engine.crr import State, open_state
from engine.ordinary import merge
from engine.ordinary.catalogue import load
from engine.ordinary.hidden import Hidden
from engine.ordinary.merge import OrdinaryMerging
from engine.ordinary.read import Reading
from engine.ordinary.records import slots_of
from engine.ordinary.tables import OrdinaryTables
from engine.tables import Applied, HiddenRow
from engine.tables.grouping import shapes
from engine.tables.ranges import Share
from engine.tables.reading import Fill
from engine.tables.trigger_rule import TriggerRule
from tests.engine.ordinary.query_plans import QueryPlans
from tests.engine.ordinary.writers import PythonWriter

NOTES = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER)"


class File:
    """A file that is open on our side, and written to by others with the standard library's sqlite3."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db: apsw.Connection
        self.state: State
        self.db, self.state = open_state(path, create=True)
        self.tables = OrdinaryTables(self.db, self.state)
        self.plans = QueryPlans(self.db)
        self.rule = TriggerRule(self.db)
        self.applied: list[Applied] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One that writes from its beginning: what it reads is not overtaken by another program."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        finally:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")

    def make(self, *names: str) -> None:
        """Make tables ordinary ones."""
        with self.transaction():
            for name in names:
                self.tables.make(name)

    def app(self, *statements: str) -> None:
        """An app writes: a connection of its own, each statement as it comes."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as app:
            for statement in statements:
                app.executescript(statement)

    def capture(self) -> int:
        """Capture all that is there to capture, slice by slice; returns the file's version."""
        more = True
        while more:
            with self.transaction():
                more = self.tables.capture()
        return self.state.db_version()

    def changes(self, since: int = 0, name: str = "notes", most: int = 10**9) -> list[Change]:
        """All changes above a version, read in parts of so many."""
        self.capture()
        found: list[Change] = []
        place: bytes | None = None
        until = self.state.db_version()
        while True:
            fill = Fill(changes=most)
            entries = {entry.name: entry for entry in self.tables.entries()}
            place = Reading(self.db, entries, until, fill).read(Share(name), place, since, None)
            found += fill.found
            if place is None:
                return found

    def merge(self, changes: Sequence[Change], *, js_numbers: bool = False) -> tuple[int, int]:
        """Merge changes in one transaction; returns how many won, and the version after."""
        with self.transaction():
            captured = self.tables.capture_all()
            self.state.next_version(captured + 1)
            catalogue = load(self.db, self.tables.entries())
            merging = OrdinaryMerging(
                self.db, catalogue.tables, self.state, self.rule, js_numbers=js_numbers, report_applied=True
            )
            with self.rule.in_force(catalogue), merging.batches(many=False):
                decision = merging.decide(changes)
                decision.write()
        self.applied = [one for _, one in decision.applied()]
        return decision.won, self.state.db_version()

    def hear_of_loose_keys(self, other: File) -> None:
        """Hear which foreign keys apps have broken elsewhere, as in a greeting."""
        self.capture()
        with self.transaction():
            self.tables.hear_of_loose_keys({entry.name: entry.loose for entry in other.tables.entries()})

    def rows(self, name: str = "notes") -> dict[object, tuple[object, ...]]:
        """The table's rows, by their first column."""
        return {key: tuple(values) for key, *values in self.db.execute(f"SELECT * FROM {name}")}

    def hidden(self, name: str = "notes") -> list[HiddenRow]:
        """The rows that a rule of the table keeps from being shown."""
        [entry] = [one for one in self.tables.entries() if one.name == name]
        return list(Hidden(self.db, entry).listed())

    def compare_all(self) -> None:
        """Compare every row of every table, whatever the logs say."""
        with self.transaction():
            for entry in self.tables.entries():
                self.tables.compare_all(entry.name)
        self.capture()

    def cells(self, name: str = "notes") -> dict[tuple[object, ...], tuple[int, dict[str, tuple[int, int]]]]:
        """Of each key the causal length, and by column (col_version, db_version) of each cell."""
        [entry] = [one for one in self.tables.entries() if one.name == name]
        found = {}
        keys = ", ".join(f"crsql_syncline_key(pk, {n})" for n in range(len(entry.key)))
        sql = f"SELECT r, length, covers, col_version, db_version, {keys} FROM {entry.rows}"
        for r, length, covers, col_version, db_version, *key in self.db.execute(sql).fetchall():
            cells = {
                entry.column_of[slot]: (col_version, db_version) for slot in slots_of(covers) if slot in entry.column_of
            }
            for slot, *cell in self.db.execute(
                f"SELECT slot, col_version, db_version FROM {entry.cells} WHERE r = ?", (r,)
            ):
                cells[entry.column_of[slot]] = (cell[0], cell[1])
            found[tuple(key)] = (length, cells)
        return found

    def versions(self, name: str = "notes") -> dict[tuple[object, ...], tuple[int, dict[str, int]]]:
        """As ``cells``, with the col_version alone."""
        return {
            key: (length, {column: cell[0] for column, cell in cells.items()})
            for key, (length, cells) in self.cells(name).items()
        }


Open = Callable[..., File]


@pytest.fixture(scope="module")
def python() -> Iterator[PythonWriter]:
    """One for the tests of a module: it keeps a connection to each file."""
    with PythonWriter() as running:
        yield running


@pytest.fixture(params=["row by row", "together"])
def how_merged(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Whether batches are merged row by row, as small ones are, or many rows together."""
    if request.param == "together":
        monkeypatch.setattr(merge, "CROSSOVER", 1)
        monkeypatch.setattr(shapes, "FEWEST", 1)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Open]:
    """new(schema, *names): a file with a schema, made by an app, whose tables are then made ordinary ones.

    At the end, no statement on it may have gone through all records for each of many rows.
    """
    files: list[File] = []

    def build(schema: str = NOTES, *names: str) -> File:
        path = tmp_path / f"{len(files)}.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as app:
            app.executescript(schema)
        files.append(File(path))
        files[-1].make(*(names or ("notes",)))
        return files[-1]

    yield build
    slow = [plan for file in files for plan in file.plans.bad()]
    for file in files:
        file.db.close()
    assert slow == []
