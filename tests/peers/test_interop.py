"""One file, two engines: what either of them writes, the other reads and goes on with; and they sync."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import apsw
import pytest

from engine.change import Change, SQLiteValue
from engine.crr import connect
from engine.errors import SynclineError
from engine.tables import pack_columns
from engine.tables.introspect import bookkeeping
from tests import budget
from tests.peers import schemas
from tests.peers.oracle import CommandFailed, Oracle, OracleDb
from tests.peers.scripts import COLUMNS, MERGE, Sql, Writer, statements
from tests.peers.tables import SCHEMAS, Table, marks, quoted
from tests.peers.worlds import inspections

Rows = list[tuple[SQLiteValue, ...]]


class Ours:
    """Our engine on one file, with the oracle's methods."""

    def __init__(self, path: Path) -> None:
        self.db = connect(path, create=True)
        self.db.execute("PRAGMA synchronous = OFF")

    def exec(self, sql: str, args: tuple[SQLiteValue, ...] = ()) -> Rows:
        return list(self.db.execute(sql, args))

    def changes(self, since: int = 0) -> list[Change]:
        rows = self.exec(f"SELECT {COLUMNS} FROM crsql_changes WHERE db_version > ?", (since,))
        return [Change(*row) for row in rows]  # type: ignore[arg-type]

    def apply(self, changes: list[Change]) -> None:
        with self.db:
            self.db.executemany(MERGE, changes)

    def close(self) -> None:
        self.db.close(True)


Engine = Ours | OracleDb


def setup(engine: Engine, tables: tuple[Table, ...], late: tuple[Table, ...] = ()) -> None:
    """The tables, with rows in those that become syncable late."""
    for table in tables:
        engine.exec(table.create)
        if table in late:
            key = table.keys[0]
            engine.exec(f"INSERT INTO {table.name} ({quoted(table.key)}) VALUES ({marks(len(key))})", key)
        else:
            engine.exec("SELECT crsql_as_crr(?)", (table.name,))


def run(engine: Engine, steps: Iterable[Sql]) -> None:
    """Each of these; a statement may fail, as it may in the other engine."""
    for step in steps:
        try:
            engine.exec(step.sql, step.args)
        except (apsw.Error, SynclineError, CommandFailed):
            continue


def bases(engine: Engine, tables: tuple[Table, ...]) -> list[Rows]:
    return [engine.exec(inspections([table])[0]) for table in tables]


@pytest.mark.parametrize("tables", SCHEMAS, ids=lambda tables: "+".join(t.name for t in tables))
def test_same_objects_on_disk(oracle: Oracle, tmp_path: Path, tables: tuple[Table, ...]) -> None:
    shapes = []
    for engine in (Ours(tmp_path / "ours.db"), oracle.open()):
        setup(engine, tables)
        shape = engine.exec("SELECT type, name, tbl_name FROM sqlite_master ORDER BY 1, 2")
        for (name,) in engine.exec("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"):
            shape += engine.exec("SELECT ?, * FROM pragma_table_info(?)", (name, name))
            kinds = engine.exec("SELECT wr, strict FROM pragma_table_list(?)", (name,))
            shape += [kind[:1] for kind in kinds] if bookkeeping(name) else kinds  # ours are never STRICT
            shape += engine.exec(
                'SELECT l.name, l."unique", l.origin, c.* FROM pragma_index_list(?) l,'
                " pragma_index_xinfo(l.name) c ORDER BY 1, 4",
                (name,),
            )
        shapes.append(shape)
        engine.close()
    assert shapes[0] == shapes[1]


@pytest.mark.soak
@pytest.mark.slow
def test_one_file_in_turn(oracle: Oracle, tmp_path: Path) -> None:
    """Both go on with the other's file, and see in it just what the other saw; either may change its schema."""
    for case in budget.cases("one file in turn", seconds=3, at_least=budget.pick(8, 50)):
        file = tmp_path / f"{case.seed}.db"
        tables = schemas.draw(case.random) if case.random.random() < 0.7 else case.random.choice(SCHEMAS)
        writer = Writer(case.random, tables)
        late = tables[1:] if case.random.random() < 0.5 else ()  # syncable later, by whoever has the file then
        seen: list[Rows] = []
        first = case.random.randrange(2)
        for turn in range(6):
            engine: Engine = Ours(file) if (turn + first) % 2 else oracle.open(file)
            if turn == 0:
                setup(engine, tables, late)
                writer.tables = tuple(table for table in tables if table not in late)
            else:
                assert [repr(engine.exec(query)) for query in inspections(writer.tables)] == list(map(repr, seen))
            if turn == 2:
                for table in late:
                    engine.exec("SELECT crsql_as_crr(?)", (table.name,))
                    writer.tables = (*writer.tables, table)
            for _ in range(case.random.randint(1, 6)):
                run(engine, statements(writer.step()))
            if case.random.random() < 0.3:
                run(engine, statements(writer.alter()))
            seen = [engine.exec(query) for query in inspections(writer.tables)]
            if isinstance(engine, Ours):  # the other SQLite, an older one, complains of columns added as NOT NULL
                assert engine.exec("PRAGMA integrity_check") == [("ok",)]
            engine.close()
        file.unlink()


@pytest.mark.soak
def test_the_two_engines_sync(oracle: Oracle, tmp_path: Path) -> None:
    """Deltas both ways, each engine with any writes and ours with changes of keys too; all rows agree."""
    for case in budget.cases("ours syncs with the published one", seconds=4, at_least=20):
        tables = schemas.draw(case.random) if case.random.random() < 0.5 else case.random.choice(SCHEMAS)
        ours, theirs = Ours(tmp_path / f"{case.seed}.db"), oracle.open()
        for engine in (ours, theirs):
            setup(engine, tables)
        writer = Writer(case.random, tables)
        sent = received = 0
        history: list[str] = []
        for _ in range(case.random.randint(2, 8)):
            for _ in range(case.random.randint(0, 4)):
                steps = writer.program(0)
                history.append(f"ours {steps}")
                run(ours, steps)
            for _ in range(case.random.randint(0, 4)):
                step = writer.write(1)
                history.append(f"theirs {step}")
                run(theirs, [step])
            if case.random.random() < 0.7:
                sent = deliver(ours, theirs, sent)
                history.append("ours -> theirs")
            if case.random.random() < 0.7:
                received = deliver(theirs, ours, received)
                history.append("theirs -> ours")
        sent = deliver(ours, theirs, sent)
        received = deliver(theirs, ours, received)
        deliver(ours, theirs, sent)
        assert repr(bases(ours, tables)) == repr(bases(theirs, tables)), "\n".join(history)
        theirs.close()
        ours.close()


def deliver(source: Engine, target: Engine, since: int) -> int:
    """Send what is above a clock; returns the new clock."""
    changes = source.changes(since)
    if changes:
        target.apply(changes)
    return max((change.db_version for change in changes), default=since)


def test_packed_keys_agree(oracle: Oracle) -> None:
    edges: tuple[SQLiteValue, ...] = (None, 0, 1, -1, 127, 128, 255, 256, 65535, 65536, 2**31, 2**32, 2**55)
    edges += (2**56 - 1, 2**56, 2**63 - 1, -(2**63), -128, 0.0, -0.0, 1.5, "", "é", "x" * 127, "x" * 128, b"")
    edges += (b"\0" * 255, b"\xff" * 256, "y" * 65536)
    with oracle.open() as db:
        for case in budget.cases("packed keys", seconds=1, at_least=100):
            values = case.random.choices(edges, k=case.random.randint(1, 6))
            marks = ", ".join("?" * len(values))
            assert db.exec(f"SELECT crsql_pack_columns({marks})", values) == [(pack_columns(values),)]
