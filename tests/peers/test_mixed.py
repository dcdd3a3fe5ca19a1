"""Our replicas, some of whose tables are ordinary ones, and databases of the published engine in one mesh: all end with
the same rows and the same history."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import apsw
import pytest

from engine.change import Change
from engine.errors import UsageError
from engine.ordinary.shadow import wire_key
from engine.replica import Replica
from engine.tables import Received, TableDigest
from tests import budget
from tests.peers import schemas
from tests.peers.oracle import CommandFailed, Oracle, OracleDb
from tests.peers.scripts import Sql, Writer
from tests.peers.tables import COMPOSITE, KEY_ONLY, TEXT_KEY, TYPED, UNTYPED, Key, Table


class Ours:
    """A replica of ours; it may use the filters.

    Args:
        ordinary: those of the tables to which any program may write; the others are cr-sqlite's.
    """

    def __init__(self, path: Path, tables: tuple[Table, ...], ordinary: Collection[Table]) -> None:
        self.replica = Replica.open(path, create=True)
        self.site_id = self.replica.site_id
        db = self.replica.connection
        db.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").fetchall()
        for table in tables:
            db.execute(table.create)
            if table in ordinary:
                with suppress(UsageError):  # its keys are no numbers that SQLite hands out
                    self.replica.keep_numbers(table.name, same=True)  # or published databases would not have them
                self.replica.make_ordinary(table.name)
            else:
                self.replica.make_crr(table.name)

    def write(self, writer: Writer) -> None:
        for statement in writer.program(0):
            try:
                self.replica.connection.execute(statement.sql, statement.args).fetchall()
            except (apsw.ConstraintError, apsw.MismatchError):
                continue

    def read(self, since: int, receiver: bytes | None) -> tuple[list[Change], int]:
        found = self.replica.changes(since, exclude_site=receiver)
        return list(found.changes), found.until

    def merge(self, changes: list[Change], source: bytes, until: int) -> None:
        self.replica.merge(changes, received=Received(source, until))

    def digests(self, path: Path) -> tuple[TableDigest, ...]:
        return self.replica.digests()

    def held(self, tables: tuple[Table, ...]) -> list[list[str]]:
        """What any program finds in the tables."""
        found = []
        for table in tables:
            columns = ", ".join(f'"{name}"' for name in (*table.key, *table.columns))
            rows = self.replica.connection.execute(f"SELECT {columns} FROM {table.name}")
            found.append(sorted(map(repr, rows)))
        return found

    def close(self) -> None:
        self.replica.close()


class Theirs:
    """The published engine. It changes no keys: its peers that sync by version lose values then (cr-sqlite.md 5.7)."""

    def __init__(self, db: OracleDb, tables: tuple[Table, ...]) -> None:
        self.db = db
        self.site_id = db.site_id
        for table in tables:
            db.exec(table.create)
            db.exec("SELECT crsql_as_crr(?)", [table.name])

    def write(self, writer: Writer) -> None:
        statement: Sql = writer.write(0)
        try:
            self.db.exec(statement.sql, statement.args)
        except CommandFailed:
            return

    def read(self, since: int, receiver: bytes | None) -> tuple[list[Change], int]:
        ((newest,),) = self.db.exec("SELECT max(?, crsql_db_version())", [since])
        return self.db.changes(since), newest

    def merge(self, changes: list[Change], source: bytes, until: int) -> None:
        self.db.apply(changes)

    def digests(self, path: Path) -> tuple[TableDigest, ...]:
        """By our eyes: the file that it would have written."""
        path.write_bytes(self.db.export())
        with Replica.open(path, readonly=True) as replica:
            return replica.digests()

    def close(self) -> None:
        self.db.close()


Site = Ours | Theirs


def with_keys_of_one_spelling(table: Table) -> Table:
    """A table without keys such as 3.0: ordinary tables send that as 3, and where the column has no type, each file
    keeps what came first (cr-sqlite.md 12.6)."""

    def one_spelling(keys: tuple[Key, ...]) -> tuple[Key, ...]:
        return tuple(key for key in keys if list(map(type, key)) == list(map(type, wire_key(key))))

    stored = None if table.stored_keys is None else one_spelling(table.stored_keys)
    return replace(table, keys=one_spelling(table.keys), stored_keys=stored)


class Mesh:
    """Three to five sites; one or two of them are the published engine.

    Attributes:
        held: how far the first site holds the history of the second.
    """

    def __init__(self, oracle: Oracle, folder: Path, choose: Random) -> None:
        self.choose = choose
        self.folder = folder
        folder.mkdir()
        fixed = (TYPED, TEXT_KEY, COMPOSITE, KEY_ONLY, UNTYPED)
        drawn = schemas.draw(choose) if choose.random() < 0.6 else fixed
        tables = tuple(map(with_keys_of_one_spelling, drawn))
        if not all(table.keys and table.peers_keys for table in tables):
            tables = tuple(map(with_keys_of_one_spelling, fixed))
        self.tables = tables
        self.writer = Writer(choose, tables)
        theirs, count = choose.randint(1, 2), choose.randint(3, 5)
        self.sites: list[Site] = [Theirs(oracle.open(), tables) for _ in range(theirs)]
        self.sites += [
            Ours(folder / f"{n}.db", tables, [table for table in tables if choose.random() < 0.5])
            for n in range(count - theirs)
        ]
        self.held: dict[tuple[bytes, bytes], int] = {}

    def pull(self, to: Site, source: Site) -> bool:
        """What is new at ``source``, in any order, some of it twice; says whether there was any."""
        choose, link = self.choose, (to.site_id, source.site_id)
        receiver = to.site_id if choose.random() < 0.5 else None
        changes, until = source.read(self.held.get(link, 0), receiver)
        if choose.random() < 0.3:
            choose.shuffle(changes)
        if choose.random() < 0.2 and changes:
            to.merge(changes[: len(changes) // 2], source.site_id, self.held.get(link, 0))
        if choose.random() < 0.2:
            changes += choose.choices(changes, k=len(changes)) if changes else []
        to.merge(changes, source.site_id, until)
        self.held[link] = until
        return bool(changes)

    def settle(self) -> None:
        rounds = 0
        while sum(self.pull(to, source) for to in self.sites for source in self.sites if to is not source):
            rounds += 1
            assert rounds < 100, "the sites never come to rest"


@pytest.mark.soak
@pytest.mark.slow
def test_a_mixed_mesh_converges(oracle: Oracle, tmp_path: Path) -> None:
    for case in budget.cases("mixed meshes", seconds=8, at_least=10):
        mesh = Mesh(oracle, tmp_path / str(case.seed), case.random)
        for _ in range(case.random.randint(5, 40)):
            if case.random.random() < 0.6:
                case.random.choice(mesh.sites).write(mesh.writer)
            else:
                mesh.pull(*case.random.sample(mesh.sites, 2))
        mesh.settle()
        first, *others = (sorted(site.digests(tmp_path / "exported.db")) for site in mesh.sites)
        for number, other in enumerate(others):
            assert first == other, f"seed {case.seed}: site 0 and site {number + 1}"
        held, *more = (site.held(mesh.tables) for site in mesh.sites if isinstance(site, Ours))
        assert all(one == held for one in more), case.seed
        for site in mesh.sites:
            site.close()
