"""Ordinary tables merge as cr-sqlite's do, beside them and in one mesh with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

from engine.change import Change
from engine.replica import Replica
from engine.tables.digests import as_bytes, length_digest
from tests.budget import cases
from tests.engine.ordinary.conftest import File, Open


class Ours:
    """A file with an ordinary table, as one of a mesh."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.merge = file.merge

    def write(self, sql: str) -> None:
        """An app writes."""
        self.file.app(sql)
        self.file.capture()

    def read(self, since: int) -> tuple[list[Change], int]:
        """All changes above a version, and the file's own."""
        return self.file.changes(since), self.file.state.db_version()

    def rows(self) -> dict[object, tuple[object, ...]]:
        """What the table holds."""
        return self.file.rows()


class Theirs:
    """A file with a CRR, likewise."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.merge = replica.merge

    def write(self, sql: str) -> None:
        """A program with the extension writes. It keeps the column versions of a row whose key it changes; for an
        ordinary table that is a deletion and an insertion, as which it is written here."""
        db, move = self.replica.connection, re.fullmatch(MOVE.format(k="(.)", l="(.)"), sql)
        if move is None:
            db.execute(sql)
            return
        to, key = move.groups()
        row = db.execute("SELECT title, body, stars FROM notes WHERE id = ?", (key,)).fetchone()
        if row is not None and db.execute("SELECT 1 FROM notes WHERE id = ?", (to,)).fetchone() is None:
            db.execute("DELETE FROM notes WHERE id = ?", (key,))
            db.execute("INSERT INTO notes VALUES (?, ?, ?, ?)", (to, *row))

    def read(self, since: int) -> tuple[list[Change], int]:
        """All changes above a version, and the file's own."""
        return self.replica.changes(since).changes, self.replica.db_version()

    def rows(self) -> dict[object, tuple[object, ...]]:
        """What the table holds."""
        return {key: tuple(values) for key, *values in self.replica.connection.execute("SELECT * FROM notes")}


class Mesh:
    """Files that exchange all they have, in steps."""

    def __init__(self, nodes: Sequence[Ours | Theirs]) -> None:
        self.nodes = nodes
        self.clocks: dict[tuple[int, int], int] = {}

    def sync(self, one: int, other: int, choose: Random) -> None:
        """What one has above the other's clock of it: in parts that end with a row, some of them twice."""
        changes, until = self.nodes[one].read(self.clocks.get((one, other), 0))
        while changes:
            end = choose.randrange(1, len(changes) + 1)
            while end < len(changes) and changes[end].pk == changes[end - 1].pk:
                end += 1
            for _ in range(choose.choice((1, 1, 1, 2))):
                self.nodes[other].merge(changes[:end])
            changes = changes[end:]
        self.clocks[one, other] = until

    def settle(self, choose: Random) -> None:
        """Everything to everybody."""
        for _ in range(3):
            for one in range(len(self.nodes)):
                for other in range(len(self.nodes)):
                    if one != other:
                        self.sync(one, other, choose)


def statement(choose: Random) -> str:
    """A write of an app."""
    k, other, v = choose.choice("abc"), choose.choice("abc"), choose.choice("XYZ")
    return choose.choice(WRITES).format(k=k, l=other, v=v, n=choose.randrange(4))


MOVE = "UPDATE OR IGNORE notes SET id = '{k}' WHERE id = '{l}'"


WRITES = (
    "INSERT OR IGNORE INTO notes VALUES ('{k}', '{v}', {n}, {n})",
    "INSERT INTO notes VALUES ('{k}', '{v}', {n}, {n}) ON CONFLICT (id) DO UPDATE SET title = excluded.title",
    "UPDATE notes SET title = '{v}' WHERE id = '{k}'",
    "UPDATE notes SET body = zeroblob({n} * 20), stars = {n} WHERE id = '{k}'",
    "UPDATE notes SET title = '{v}', body = '{v}', stars = stars + 1",
    "DELETE FROM notes WHERE id = '{k}'",
    MOVE,
)


CRR = "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL DEFAULT '', body, stars INTEGER)"


def crr(path: Path) -> Replica:
    """A file with the CRR notes."""
    replica = Replica.open(path, create=True)
    replica.connection.execute(CRR)
    replica.make_crr("notes")
    return replica


def test_as_cr_sqlite_merges(new: Open, tmp_path: Path) -> None:
    """The same writes to both kinds of tables, exchanged in the same order: the same rows and causal lengths."""
    for case in cases("ordinary beside cr-sqlite", seconds=6):
        choose = case.random
        files = [new(CRR) for _ in range(3)]
        replicas = [crr(tmp_path / f"{case.seed}-{n}.db") for n in range(3)]
        both = Mesh([Ours(file) for file in files]), Mesh([Theirs(replica) for replica in replicas])
        for _ in range(choose.randrange(3, 25)):
            one = choose.randrange(3)
            if choose.random() < 0.6:
                sql = statement(choose)
                for mesh in both:
                    mesh.nodes[one].write(sql)
            else:
                other = choose.choice([n for n in range(3) if n != one])
                for mesh in both:
                    mesh.sync(one, other, Random(case.seed))
        for mesh in both:
            mesh.settle(Random(case.seed))
        expected = replicas[0].connection.execute("SELECT count(*) FROM notes").get
        case.found(expected)
        assert [node.rows() for node in both[0].nodes] == [node.rows() for node in both[1].nodes]
        assert both[0].nodes[0].rows() == both[0].nodes[1].rows() == both[0].nodes[2].rows()
        assert {history(file) for file in files} == {replica.digests()[0].history for replica in replicas}
        for file in files:
            before = file.cells()
            file.compare_all()
            assert file.cells() == before
            file.db.close()
        for replica in replicas:
            replica.close()


def test_both_kinds_in_one_mesh(new: Open, tmp_path: Path) -> None:
    """An ordinary table here and a CRR of the same name and columns there come to hold the same, tombstones too."""
    for case in cases("ordinary with cr-sqlite", seconds=4):
        choose = case.random
        file, replica = new(CRR), crr(tmp_path / f"crr-{case.seed}.db")
        mesh = Mesh([Ours(file), Theirs(replica), Ours(new(CRR))])
        for _ in range(choose.randrange(3, 20)):
            one = choose.randrange(3)
            if choose.random() < 0.6:
                mesh.nodes[one].write(statement(choose))
            else:
                mesh.sync(one, (one + choose.choice((1, 2))) % 3, choose)
        mesh.settle(choose)
        assert mesh.nodes[0].rows() == mesh.nodes[1].rows() == mesh.nodes[2].rows()
        assert history(file) == replica.digests()[0].history
        file.db.close()
        replica.close()


def history(file: File) -> bytes:
    """The digest of all causal lengths."""
    return as_bytes(sum(length_digest(key, length) for key, (length, _) in file.versions().items()))
