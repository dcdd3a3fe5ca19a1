"""Meshes of files into which programs of their own write anything, exchanged in any order: all files end equal."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.change import Change
from tests import budget
from tests.engine.ordinary.conftest import File
from tests.engine.ordinary.statements import ENFORCED, FILED, FOLDERS, NOTES
from tests.engine.ordinary.writers import PythonWriter, shell


@dataclass(frozen=True)
class Schema:
    """Tables, and what apps write to them: ``{k}`` and ``{l}`` are keys, ``{v}`` a value, ``{n}`` a small number."""

    create: str
    tables: tuple[str, ...]
    writes: tuple[str, ...]
    filled: str = ""


SCHEMAS = (
    Schema(
        NOTES,
        ("notes",),
        (
            "INSERT INTO notes VALUES ('{k}', '{v}', {n}, {n})",
            "REPLACE INTO notes VALUES ('{k}', '{v}', NULL, {n}), ('{l}', '{v}', NULL, {n})",
            "INSERT INTO notes VALUES ('{k}', '{v}', 1, 1) ON CONFLICT (id) DO UPDATE SET title = excluded.title",
            "UPDATE notes SET title = '{v}', body = x'0{n}' WHERE id = '{k}'",
            "UPDATE notes SET body = title, title = ifnull(body, '')",
            "UPDATE notes SET stars = stars + {n}",
            "UPDATE OR REPLACE notes SET id = '{k}' WHERE id = '{l}'",
            "DELETE FROM notes WHERE id = '{k}'",
            "DELETE FROM notes",
        ),
    ),
    Schema(
        "CREATE TABLE notes (a TEXT, n REAL, body, size AS (length(body)) STORED, more TEXT DEFAULT 'x',"
        " PRIMARY KEY (n, a)) WITHOUT ROWID",
        ("notes",),
        (
            "INSERT INTO notes (a, n, body) VALUES ('{k}', {n}, '{v}')",
            "REPLACE INTO notes (a, n) VALUES ('{k}', {n} / 2.0)",
            "UPDATE OR REPLACE notes SET n = n + 1",
            "UPDATE OR IGNORE notes SET a = '{l}' WHERE a = '{k}'",
            "UPDATE notes SET body = body || '{v}', more = NULL WHERE a = '{k}'",
            "DELETE FROM notes WHERE n > {n}",
        ),
    ),
    Schema(
        FOLDERS.format(action="ON DELETE CASCADE ON UPDATE CASCADE"),
        ("folders", "notes", "tags"),
        (
            "INSERT INTO folders VALUES ('{k}', '{v}')",
            "UPDATE folders SET name = '{v}'",
            "UPDATE OR IGNORE folders SET id = '{k}' WHERE id = '{l}'",
            "DELETE FROM folders WHERE id = '{k}'",
            "INSERT INTO notes SELECT '{k}', id, {n} FROM folders WHERE true LIMIT 1",
            "UPDATE notes SET folder = (SELECT max(id) FROM folders), body = {n}",
            "INSERT OR IGNORE INTO tags SELECT id, '{v}' FROM notes",
            "DELETE FROM notes WHERE id = '{k}'",
        ),
        FILED,
    ),
)


@pytest.fixture(scope="module")
def writer() -> Iterator[PythonWriter]:
    with PythonWriter() as running:
        yield running


class Mesh:
    """A few files of one schema."""

    def __init__(self, choose: random.Random, folder: Path, writer: PythonWriter) -> None:
        self._choose = choose
        self._writer = writer
        self._schema = choose.choice(SCHEMAS)
        self.files = [self._file(folder / f"{n}.db") for n in range(choose.choice([2, 2, 3, 4]))]
        self._received = {(one, other): 0 for one in range(len(self.files)) for other in range(len(self.files))}
        self.refused = 0

    def _file(self, path: Path) -> File:
        path.unlink(missing_ok=True)
        wal = self._choose.random() < 0.5
        made = f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}; {self._schema.create}"
        filled = self._schema.filled if self._choose.random() < 0.5 else ""
        assert not self._writer(path, "PRAGMA synchronous = OFF", *f"{made}; {filled}".strip("; ").split(";"))
        file = File(path)
        file.db.execute("PRAGMA synchronous = OFF")
        file.make(*self._schema.tables)
        return file

    def close(self) -> None:
        """Close all files."""
        for file in self.files:
            self._writer.forget(file.path)
            file.db.close()

    def write(self) -> None:
        """An app writes a few times, in one transaction or in several, which may fail or be taken back."""
        choose, file = self._choose, self._choose.choice(self.files)
        statements = [
            choose.choice(self._schema.writes).format(
                k=choose.choice("abcd"), l=choose.choice("abcd"), v=choose.choice("XYZ"), n=choose.randrange(4)
            )
            for _ in range(choose.randrange(1, 5))
        ]
        if choose.random() < 0.3:
            statements = ["BEGIN", *statements, choose.choice(["COMMIT", "COMMIT", "ROLLBACK"])]
        run = shell if choose.random() < 0.05 else self._writer
        self.refused += bool(run(file.path, ENFORCED, *statements))
        if run is self._writer:
            run(file.path, "ROLLBACK")  # whatever failed before its end; says that there is nothing, mostly

    def capture(self) -> None:
        self._choose.choice(self.files).capture()

    def exchange(self) -> None:
        """One file takes what another holds since a version: all of it or the beginning, perhaps once more."""
        choose = self._choose
        to, source = choose.sample(range(len(self.files)), 2)
        since = self._received[to, source] if choose.random() < 0.8 else 0
        if self._take(to, source, since, cut=choose.random() < 0.3):
            self._received[to, source] = self.files[source].state.db_version()

    def _take(self, to: int, source: int, since: int, *, cut: bool) -> bool:
        """Returns whether all of it was taken."""
        for table in self._schema.tables:
            changes = self.files[source].changes(since, table, most=self._choose.choice([1, 3, 10**9]))
            if cut and changes:
                changes = changes[: self._choose.randrange(len(changes))]
            for part in self._parts(changes):
                self.files[to].merge(part)
        return not cut

    def _parts(self, changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
        at = 0
        while at < len(changes):
            end = at + self._choose.choice([1, 5, 10**6])
            yield changes[at:end]
            at = end

    def settle(self) -> None:
        """Everything goes everywhere, until nothing is new to anybody."""
        for _ in range(2 * len(self.files)):
            before = [self.state(file) for file in self.files]
            for to in range(len(self.files)):
                for source in range(len(self.files)):
                    if to != source:
                        self._take(to, source, 0, cut=False)
            if [self.state(file) for file in self.files] == before:
                return
        raise AssertionError("they never settle")

    def state(self, file: File) -> list[object]:
        """What a file holds, with its causal lengths and column versions."""
        return [
            part
            for table in self._schema.tables
            for part in (
                sorted(map(repr, file.db.execute(f"SELECT * FROM {table}"))),
                sorted(map(repr, file.versions(table).items())),
            )
        ]


def test_all_files_end_equal(tmp_path: Path, writer: PythonWriter) -> None:
    """And a comparison of everything finds nothing that the captures did not."""
    at_least = budget.pick(20, 300)
    for case in budget.cases(
        "meshes of ordinary files", seconds=40, at_least=at_least, looks_for="a statement that failed"
    ):
        with closing(Mesh(case.random, tmp_path, writer)) as mesh:
            for _ in range(case.random.randrange(5, 20)):
                case.random.choice([mesh.write, mesh.write, mesh.capture, mesh.exchange, mesh.exchange])()
            mesh.settle()
            ends = [mesh.state(file) for file in mesh.files]
            assert all(end == ends[0] for end in ends), case.seed
            for file in mesh.files:
                version = file.capture()
                file.compare_all()
                assert file.state.db_version() == version, case.seed
            case.found(mesh.refused)
