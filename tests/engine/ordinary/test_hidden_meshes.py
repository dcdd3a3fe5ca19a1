"""What a table shows is a function of the merged state: after every step, what one gets who begins with nothing."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import apsw

from engine.change import SQLiteValue
from engine.tables.pack import unpack
from tests import budget
from tests.engine.ordinary.conftest import File
from tests.engine.ordinary.mesh import Mesh
from tests.engine.ordinary.writers import PythonWriter

TEXT = (
    "CREATE TABLE t (id TEXT PRIMARY KEY{loose}, a, b TEXT COLLATE NOCASE, n, UNIQUE (b, n));"
    "CREATE UNIQUE INDEX t_a ON t (a) WHERE n > 0"
)
SCHEMAS = {
    TEXT.format(loose=""): ("t",),
    TEXT.format(loose=" COLLATE NOCASE"): ("t",),
    "CREATE TABLE t (id TEXT, k TEXT, a UNIQUE, b, n, PRIMARY KEY (k, id), UNIQUE (id, n)) WITHOUT ROWID": ("t",),
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b, n INTEGER, UNIQUE (n, b));"
    "CREATE UNIQUE INDEX t_b ON t (lower(b)) WHERE n IS NULL": ("t",),
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b, n INTEGER);"
    "CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT, a, b TEXT UNIQUE, n INTEGER, UNIQUE (a, n))": (
        "t",
        "u",
    ),
}
WRITES = (
    "INSERT INTO {t} (a, b, n) VALUES ('{v}', '{w}', {n})",
    "INSERT OR REPLACE INTO {t} (a, b, n) VALUES ('{v}', '{w}', NULL)",
    "INSERT OR REPLACE INTO {t} (id, a, b, n) VALUES ({k}, '{v}', '{w}', {n})",
    "INSERT INTO {t} (id, a, b, n) VALUES ({k}, NULL, '{w}', {n}) ON CONFLICT DO UPDATE SET b = excluded.b",
    "UPDATE OR IGNORE {t} SET a = '{v}' WHERE id = {k}",
    "UPDATE OR REPLACE {t} SET b = '{w}', n = {n} WHERE id = {k}",
    "UPDATE OR IGNORE {t} SET n = {n}",
    "UPDATE OR IGNORE {t} SET a = b, b = a WHERE id = {k}",
    "UPDATE OR REPLACE {t} SET id = {l} WHERE id = {k}",
    "DELETE FROM {t} WHERE id = {k}",
    "DELETE FROM {t} WHERE a = '{v}'",
)


class _Clashing(Mesh):
    """Files whose apps write what clashes with what others write."""

    def __init__(self, choose: random.Random, folder: Path, writer: PythonWriter) -> None:
        super().__init__(choose, writer)
        self.schema = choose.choice(list(SCHEMAS))
        self.tables = SCHEMAS[self.schema]
        self._is_text = "INTEGER PRIMARY" not in self.schema
        self.hidden = 0
        for n in range(choose.choice([2, 3, 3])):
            path = folder / f"{choose.randrange(10**9)}-{n}.db"
            writer(path, *self.schema.split(";"))
            self.files.append(File(path))
            self.files[-1].make(*self.tables)

    def write(self) -> None:
        """An app writes, and does not care if it may not."""
        choose = self.choose
        path = choose.choice(self.files).path
        for _ in range(choose.randrange(1, 4)):
            k, other = (
                f"'{choose.choice('abAB')}'" if self._is_text else str(choose.randrange(1, 5)) for _ in range(2)
            )
            sql = choose.choice(WRITES).format(
                t=choose.choice(self.tables),
                k=k,
                l=other,
                v=choose.choice("xyz"),
                w=choose.choice("xyXY"),
                n=choose.choice(["NULL", "0", "1", "2"]),
            )
            if "'" in k and "(a, b, n)" in sql:
                sql = sql.replace("(a, b, n) VALUES (", f"(id, a, b, n) VALUES ({k}, ")
            if " k TEXT" in self.schema:
                sql = sql.replace("(id, a, b, n) VALUES (", "(k, id, a, b, n) VALUES ('k', ")
            self.writer(path, sql)

    def capture(self) -> None:
        """One file takes note of what was written."""
        file = self.choose.choice(self.files)
        file.capture()
        self.check(file)

    def take(self, to: int, source: int, since: int, *, cut: bool) -> bool:
        """Have one file take another's changes; return whether it was all."""
        file = self.files[to]
        for table in self.tables:
            changes = self.files[source].changes(since, table, most=self.choose.choice([1, 3, 10**9]))
            if cut and changes:
                changes = changes[: self.choose.randrange(len(changes))]
            for part in self.parts(changes):
                file.merge(part)
        self.check(self.files[source])
        self.check(file)
        return not cut

    def merged(self, file: File, table: str) -> dict[bytes, dict[str, SQLiteValue]]:
        """The merged state of a table: all living rows by wire key, as they travel."""
        rows: dict[bytes, dict[str, SQLiteValue]] = {}
        for change in file.changes(0, table):
            if change.cl % 2:
                row = rows.setdefault(change.pk, {})
                if change.cid != "-1":
                    row[change.cid] = change.val
        return rows

    def check(self, file: File) -> None:
        """What is shown is what a table shows that takes the rows one after the other."""
        schema = self.schema.replace("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB PRIMARY KEY")
        schema = schema.replace("INTEGER PRIMARY KEY", "BLOB PRIMARY KEY")
        with closing(apsw.Connection(":memory:")) as model:
            model.execute(schema)
            for table in self.tables:
                rows = self.merged(file, table)
                names = [name for (name,) in model.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk")]
                names.sort(key=["k", "id"].index)
                refused = []
                for pk in sorted(rows):
                    columns = (*names, *rows[pk])
                    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
                    try:
                        model.execute(sql, (*unpack(pk), *rows[pk].values()))
                    except apsw.ConstraintError:
                        refused.append(pk)
                assert [row.key for row in file.hidden(table)] == refused
                assert file.db.execute(f"SELECT count(*) FROM {table}").get == len(rows) - len(refused)
                self.hidden += len(refused)
        assert file.db.execute("PRAGMA integrity_check").get == "ok"

    def state(self, file: File) -> list[object]:
        """The merged state, and what of it is hidden."""
        return [
            (sorted(map(repr, self.merged(file, table).items())), [row.key for row in file.hidden(table)])
            for table in self.tables
        ]


def test_what_is_shown_is_a_function_of_the_merged_state(tmp_path: Path, python: PythonWriter) -> None:
    """In any order of arrival; a comparison of everything finds nothing that was not written."""
    seconds, at_least = budget.pick((12, 12), (40, 200))
    for case in budget.cases("hidden rows", seconds=seconds, at_least=at_least, looks_for="a hidden row"):
        with closing(_Clashing(case.random, tmp_path, python)) as mesh:
            for _ in range(case.random.randrange(5, 20)):
                case.random.choice([mesh.write, mesh.write, mesh.capture, mesh.exchange, mesh.exchange])()
            mesh.settle()
            ends = [mesh.state(file) for file in mesh.files]
            assert all(end == ends[0] for end in ends), case.seed
            for file in mesh.files:
                version = file.capture()
                file.compare_all()
                assert file.state.db_version() == version, case.seed
                mesh.check(file)
            case.found(mesh.hidden)
