"""Our replicas and databases of the published engine in one mesh: all end with the same rows and the same history."""

from __future__ import annotations

from pathlib import Path
from random import Random

import apsw
import pytest

from engine.change import Change
from engine.replica import Replica
from engine.tables import Received, TableDigest
from tests import budget
from tests.peers import schemas
from tests.peers.oracle import CommandFailed, Oracle, OracleDb
from tests.peers.scripts import Sql, Writer
from tests.peers.tables import COMPOSITE, KEY_ONLY, TEXT_KEY, TYPED, UNTYPED, Table


class Ours:
    """A replica of ours; it may use the filters."""

    def __init__(self, path: Path, tables: tuple[Table, ...]) -> None:
        self.replica = Replica.open(path, create=True)
        self.site_id = self.replica.site_id
        db = self.replica.connection
        db.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").fetchall()
        for table in tables:
            db.execute(table.create)
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


class Mesh:
    """Three to five sites; one or two of them are the published engine.

    Attributes:
        held: how far the first site holds the history of the second.
    """

    def __init__(self, oracle: Oracle, folder: Path, choose: Random) -> None:
        self.choose = choose
        self.folder = folder
        folder.mkdir()
        tables = schemas.draw(choose) if choose.random() < 0.6 else (TYPED, TEXT_KEY, COMPOSITE, KEY_ONLY, UNTYPED)
        self.writer = Writer(choose, tables)
        theirs, count = choose.randint(1, 2), choose.randint(3, 5)
        self.sites: list[Site] = [Theirs(oracle.open(), tables) for _ in range(theirs)]
        self.sites += [Ours(folder / f"{n}.db", tables) for n in range(count - theirs)]
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
        first, *others = (site.digests(tmp_path / "exported.db") for site in mesh.sites)
        for number, other in enumerate(others):
            assert first == other, f"seed {case.seed}: site 0 and site {number + 1}"
        for site in mesh.sites:
            site.close()
