"""Meshes of files whose numbers SQLite hands out, and whose tables refer to each other at random: content ends equal by
name, each reference leads to the row that its author meant, and no number changes that an app has seen."""

from __future__ import annotations

import itertools
import random
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ordinary import merge
from engine.tables.grouping import shapes
from tests import budget
from tests.engine.ordinary.conftest import File
from tests.engine.ordinary.mesh import Mesh
from tests.engine.ordinary.random_references import RandomSchema
from tests.engine.ordinary.writers import PythonWriter


class Backup(NamedTuple):
    """A copy of a file.

    Attributes:
        seen: the numbers that its app knew. unsent: it holds rows that no other file had.
    """

    path: Path
    seen: dict[tuple[str, str], int]
    unsent: bool


def _overwrite(db: apsw.Connection, path: Path) -> None:
    """Have a file hold what another one holds."""
    with closing(apsw.Connection(str(path))) as source, db.backup("main", source, "main") as copying:
        copying.step()


class NumberedMesh(Mesh):
    """Files of one schema whose numbers SQLite hands out."""

    def __init__(self, choose: random.Random, folder: Path, writer: PythonWriter) -> None:
        super().__init__(choose, writer)
        self.schema = RandomSchema(choose)
        self.files = [self._file(folder / f"{n}.db") for n in range(choose.choice([2, 3, 3, 4, 5]))]
        self.seen: list[dict[tuple[str, str], int]] = [{} for _ in self.files]
        self._owners = itertools.count()
        self._owner = [next(self._owners) for _ in self.files]
        self._backups: dict[int, Backup] = {}
        self.set_back_to_unsent = 0
        self._uids = 0
        self.born: set[tuple[str, str]] = set()
        self.killed: set[tuple[str, str]] = set()
        self.renumbered = 0
        self.log: list[str] = []

    def _file(self, path: Path) -> File:
        path.unlink(missing_ok=True)
        assert not self.writer(path, "PRAGMA synchronous = OFF", *self.schema.text.split(";"))
        file = File(path)
        file.db.execute("PRAGMA synchronous = OFF")
        file.make(*self.schema.names)
        return file

    def write(self) -> None:
        choose = self.choose
        who = choose.randrange(len(self.files))
        file = self.files[who]
        before = self.uids(file)
        statements: list[str] = []
        for _ in range(choose.randrange(1, 5)):
            self._uids += 1
            write = self.schema.write(choose).format(
                k=choose.choice([1, 2, 3, 5, 8]),
                l=choose.choice([1, 2, 3, 4]),
                u=f"u{self._uids}",
                v=choose.choice("XYZ"),
                n=choose.randrange(3),
                w=self._owner[who],
                r=choose.randrange(1, 11),
            )
            statements += write.split("; ")
        if choose.random() < 0.3 and "VACUUM" not in statements:
            statements = ["BEGIN", *statements, choose.choice(["COMMIT", "COMMIT", "ROLLBACK"])]
        on = "PRAGMA foreign_keys = ON"  # else what an app leaves means the row that gets the number next
        self.log.append(f"write {who}: {on}; {statements}")
        self.writer(file.path, on, *statements)
        self.writer(file.path, "ROLLBACK")
        after = self.uids(file)
        self.born |= after - before
        self.killed |= before - after
        self.look(who, app=True)

    @property
    def told(self) -> list[str]:
        """What has happened, from the schema on."""
        return [self.schema.text, *self.log]

    def uids(self, file: File) -> set[tuple[str, str]]:
        """All rows that are there, by what they are called in the app."""
        found: list[Any] = file.db.execute(f"SELECT * FROM ({self.schema.rows})").fetchall()
        found = [(table, uid) for table, uid, _ in found]
        assert len(found) == len(set(found)), (found, self.told)
        return set(found)

    def look(self, who: int, *, app: bool = False) -> None:
        """An app looks at its numbers: those that it knows are what they were, unless it has changed them."""
        found: list[Any] = self.files[who].db.execute(self.schema.rows).fetchall()
        for table, uid, number in found:
            if not app:
                assert self.seen[who].get((table, uid), number) == number, (who, table, uid, self.told)
            self.seen[who][table, uid] = number

    def restart(self) -> None:
        """Syncline ends, in the middle of something or not, and begins again."""
        who = self.choose.randrange(len(self.files))
        file = self.files[who]
        self.log.append(f"restart {who}")
        file.db.execute("BEGIN IMMEDIATE")
        file.tables.capture()
        file.db.execute("ROLLBACK")
        file.db.close()
        self.files[who] = File(file.path)
        self.files[who].db.execute("PRAGMA synchronous = OFF")

    def copy(self) -> None:
        """Somebody copies a file in which all is recorded; what was not yet would be a row of each copy's own."""
        if len(self.files) == 5:
            return
        source = self.choose.choice(self.files)
        self.log.append(f"copy {self.files.index(source)} to {len(self.files)}")
        path = source.path.with_name(f"{len(self.files)}.db")
        path.unlink(missing_ok=True)
        source.capture()
        source.db.execute("VACUUM INTO ?", (str(path),))
        self.seen.append(dict(self.seen[self.files.index(source)]))
        self._owner.append(next(self._owners))
        self.files.append(File(path))
        self.files[-1].db.execute("PRAGMA synchronous = OFF")
        self.files[-1].db.execute("UPDATE crsql_site_id SET site_id = randomblob(16) WHERE ordinal = 0")

    def back_up(self) -> None:
        """Somebody keeps a copy of a file in which all is recorded; what was not yet would be another row later."""
        who = self.choose.randrange(len(self.files))
        self.log.append(f"back up {who}")
        file = self.files[who]
        path = file.path.with_suffix(".backup")
        path.unlink(missing_ok=True)
        file.capture()
        file.db.execute("VACUUM INTO ?", (str(path),))
        elsewhere = {uid for other in self.files if other is not file for uid in self.uids(other)}
        self._backups[who] = Backup(path, dict(self.seen[who]), not self.uids(file) <= elsewhere)

    def set_back(self) -> None:
        """A file is set back to a copy, in its place, so that nothing of it tells; others have what it held since."""
        if not self._backups:
            return
        who = self.choose.choice(sorted(self._backups))
        backup, file = self._backups[who], self.files[who]
        to = self.choose.choice([n for n in range(len(self.files)) if n != who])
        self.take(to, who, 0, cut=False)
        self.log.append(f"set back {who}")
        if self.choose.random() < 0.5:
            file.db.close()
            with closing(apsw.Connection(str(file.path))) as target:
                _overwrite(target, backup.path)
            self.files[who] = File(file.path)
            self.files[who].db.execute("PRAGMA synchronous = OFF")
        else:
            _overwrite(file.db, backup.path)
        self.seen[who] = dict(backup.seen)
        self._owner[who] = next(self._owners)  # its app may write anew to what it has written since
        self._received = {pair: version for pair, version in self._received.items() if who not in pair}
        self.set_back_to_unsent += backup.unsent

    def capture(self) -> None:
        who = self.choose.randrange(len(self.files))
        self.log.append(f"capture {who}")
        self._capture(self.files[who])
        self.look(who)

    def _capture(self, file: File) -> int:
        """Every row with numbers that was logged, and is there, has a record then."""
        logged: list[Any] = [
            (entry, file.db.execute(f"SELECT DISTINCT {', '.join(entry.log_key)} FROM {entry.log}").fetchall())
            for entry in file.tables.entries()
            if entry.has_global_key  # others have records by their keys alone
        ]
        version = file.capture()
        for entry, keys in logged:
            local = " AND ".join(f"r.{name} = ?{n}" for n, name in enumerate(entry.log_key, 1))
            there = " AND ".join(f"t.{name} = ?{n}" for n, name in enumerate(entry.key, 1))
            recorded = f"SELECT 1 FROM {entry.rows} AS r WHERE r.length % 2 = 1 AND {local}"
            sql = f"SELECT 1 FROM {entry.name} AS t WHERE {there} AND NOT EXISTS ({recorded})"
            for key in keys:
                if None not in key:
                    assert not file.db.execute(sql, key).fetchall(), (entry.name, key, self.told)
        return version

    def take(self, to: int, source: int, since: int, *, cut: bool) -> bool:
        self.log.append(f"{to} takes from {source} since {since} {'cut' if cut else ''}")
        self._capture(self.files[to])
        until = self._capture(self.files[source])
        self.files[to].hear_of_loose_keys(self.files[source])
        tables = list(self.schema.names)
        self.choose.shuffle(tables)
        for table in tables:
            changes = self.files[source].changes(since, table, most=self.choose.choice([1, 3, 10**9]))
            changes = [change for change in changes if change.db_version <= until]
            if cut and changes:
                changes = changes[: self.choose.randrange(len(changes))]
            for part in self.parts(changes):
                self.files[to].merge(part)
                self.look(to)
        return not cut

    def state(self, file: File) -> list[tuple[object, ...]]:
        """What a file holds, by name, with its causal lengths and column versions."""
        return sorted(
            (change.table, change.pk, change.cid, repr(change.val), change.cl, change.col_version)
            for table in self.schema.names
            for change in file.changes(0, table)
        )

    def check_meant(self, file: File) -> None:
        wrong = file.db.execute(self.schema.wrong).fetchall()
        assert not wrong, (wrong, self.told)

    def waiting(self, file: File) -> set[tuple[str, str]]:
        """The rows that are hidden, as somebody else has deleted what they refer to, or as that is hidden itself."""
        hidden = [(table, row) for table in self.schema.tables for row in file.hidden(table)]
        assert all(row.reason == "parent" for _, row in hidden), (hidden, self.told)
        return {(table, str(row.values["uid"])) for table, row in hidden}

    def check_complete(self, file: File) -> None:
        """All rows that no app has deleted are there, or wait, and no other."""
        found = self.uids(file) | self.waiting(file)
        assert found == self.born - self.killed, (found ^ (self.born - self.killed), self.told)

    def check_all_there(self, file: File) -> None:
        """A reference whose row is there leads to it."""
        lost = file.db.execute(self.schema.lost).fetchall()
        assert not lost, (lost, self.told)


def run(mesh: NumberedMesh, steps: int) -> None:
    """Have anything happen, so many times; then all files have to be equal, and as their authors meant them."""
    for _ in range(steps):
        choices = [mesh.write] * 6 + [mesh.exchange] * 6 + [mesh.capture] * 2 + [mesh.restart, mesh.copy]
        mesh.choose.choice(choices)()
    check_end(mesh)


def run_with_backups(mesh: NumberedMesh, rounds: int) -> None:
    """The same, with files that are set back to backups."""
    for _ in range(rounds):
        for after in (mesh.back_up, mesh.set_back, mesh.capture):
            for _ in range(mesh.choose.randrange(1, 5)):
                mesh.choose.choice([mesh.write] * 4 + [mesh.exchange, mesh.restart])()
            after()
    check_end(mesh)


def check_end(mesh: NumberedMesh) -> None:
    """Settle; see that all files are equal, and as their authors meant them."""
    mesh.settle()
    ends = [mesh.state(file) for file in mesh.files]
    assert all(end == ends[0] for end in ends), mesh.told
    waiting = [mesh.waiting(file) for file in mesh.files]
    loose = [{e.name: e.loose for e in f.tables.entries() if e.loose} for f in mesh.files]
    assert all(one == waiting[0] for one in waiting), (waiting, loose, mesh.told)
    for file in mesh.files:
        mesh.check_meant(file)
        mesh.check_all_there(file)
        mesh.check_complete(file)
        version = file.capture()
        file.compare_all()
        assert file.state.db_version() == version, mesh.told


@pytest.mark.parametrize("how", ["row by row", "together"])
def test_all_files_end_equal(tmp_path: Path, python: PythonWriter, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a comparison of everything finds nothing that the captures did not."""
    seconds, at_least = budget.pick((8, 5), (20, 40))
    if how == "together":
        monkeypatch.setattr(merge, "CROSSOVER", 1)
        monkeypatch.setattr(shapes, "FEWEST", 1)
    for case in budget.cases(
        f"meshes of global keys, {how}",
        seconds=seconds,
        at_least=at_least,
        looks_for="a circle with rows of other numbers",
    ):
        with closing(NumberedMesh(case.random, tmp_path, python)) as mesh:
            run(mesh, case.random.randrange(5, 25))
            numbers = [sorted(file.db.execute(mesh.schema.rows), key=repr) for file in mesh.files]
            case.found(mesh.schema.has_circle and any(one != numbers[0] for one in numbers))


def test_files_that_are_set_back_end_equal(tmp_path: Path, python: PythonWriter) -> None:
    """What a backup held is nowhere there twice, and what is written once it was put back is nobody else's row."""
    for case in budget.cases(
        "meshes of global keys, set back",
        seconds=20,
        at_least=budget.pick(4, 30),
        looks_for="a backup with rows that nobody else had",
    ):
        with closing(NumberedMesh(case.random, tmp_path, python)) as mesh:
            run_with_backups(mesh, case.random.randrange(1, 4))
            case.found(mesh.set_back_to_unsent)


@settings(
    max_examples=budget.pick(3, 15),
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(choose=st.randoms(use_true_random=False), steps=st.integers(1, 25))
def test_what_fails_is_made_small(
    choose: random.Random, steps: int, tmp_path: Path, python: PythonWriter, how_merged: None
) -> None:
    """The same, with all choices made by Hypothesis: of a failure it finds one with few tables and steps."""
    with closing(NumberedMesh(choose, tmp_path, python)) as mesh:
        run(mesh, steps)
    budget.count("meshes of global keys, by Hypothesis")
