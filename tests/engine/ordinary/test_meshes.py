"""Meshes of files into which programs of their own write anything, exchanged in any order: all files end equal."""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import budget
from tests.engine.ordinary.conftest import File
from tests.engine.ordinary.mesh import Mesh
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


class AnyMesh(Mesh):
    """Files of one schema, into which programs write anything."""

    def __init__(self, choose: random.Random, folder: Path, writer: PythonWriter) -> None:
        super().__init__(choose, writer)
        self._schema = choose.choice(SCHEMAS)
        self.files = [self._file(folder / f"{n}.db") for n in range(choose.choice([2, 2, 3, 4]))]
        self.refused = 0

    def _file(self, path: Path) -> File:
        path.unlink(missing_ok=True)
        wal = self.choose.random() < 0.5
        made = f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}; {self._schema.create}"
        filled = self._schema.filled if self.choose.random() < 0.5 else ""
        assert not self.writer(path, "PRAGMA synchronous = OFF", *f"{made}; {filled}".strip("; ").split(";"))
        file = File(path)
        file.db.execute("PRAGMA synchronous = OFF")
        file.make(*self._schema.tables)
        return file

    def write(self) -> None:
        """An app writes a few times, in one transaction or in several, which may fail or be taken back."""
        choose, file = self.choose, self.choose.choice(self.files)
        statements = [
            choose.choice(self._schema.writes).format(
                k=choose.choice("abcd"), l=choose.choice("abcd"), v=choose.choice("XYZ"), n=choose.randrange(4)
            )
            for _ in range(choose.randrange(1, 5))
        ]
        if choose.random() < 0.3:
            statements = ["BEGIN", *statements, choose.choice(["COMMIT", "COMMIT", "ROLLBACK"])]
        run = shell if choose.random() < 0.05 else self.writer
        self.refused += bool(run(file.path, ENFORCED, *statements))
        if run is self.writer:
            run(file.path, "ROLLBACK")  # whatever failed before its end; says that there is nothing, mostly

    def capture(self) -> None:
        self.choose.choice(self.files).capture()

    def take(self, to: int, source: int, since: int, *, cut: bool) -> bool:
        """Returns whether all of it was taken."""
        for table in self._schema.tables:
            changes = self.files[source].changes(since, table, most=self.choose.choice([1, 3, 10**9]))
            if cut and changes:
                changes = changes[: self.choose.randrange(len(changes))]
            for part in self.parts(changes):
                self.files[to].merge(part)
        return not cut

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


@pytest.mark.slow
def test_all_files_end_equal(tmp_path: Path, python: PythonWriter) -> None:
    """And a comparison of everything finds nothing that the captures did not."""
    seconds, at_least = budget.pick((16, 15), (40, 300))
    for case in budget.cases(
        "meshes of ordinary files", seconds=seconds, at_least=at_least, looks_for="a statement that failed"
    ):
        with closing(AnyMesh(case.random, tmp_path, python)) as mesh:
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
