"""Ordinary tables behind the interface that a replica knows its tables by, beside cr-sqlite's in the same file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.replica import Replica
from engine.tables import Span
from tests.budget import cases

SCHEMA = (
    "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title, stars INTEGER);"
    "CREATE TABLE tags (note TEXT NOT NULL, tag TEXT NOT NULL, colour, PRIMARY KEY (note, tag))"
)
TABLES = ("notes", "tags")
WRITES = (
    "INSERT OR IGNORE INTO notes VALUES ('{k}', '{v}', {n})",
    "UPDATE notes SET stars = {n} WHERE id = '{k}'",
    "UPDATE notes SET title = '{v}', stars = stars + 1",
    "DELETE FROM notes WHERE id = '{k}'",
    "INSERT OR IGNORE INTO tags VALUES ('{k}', '{v}', {n})",
    "UPDATE tags SET colour = zeroblob({n} * 20) WHERE note = '{k}'",
    "UPDATE OR IGNORE tags SET tag = '{v}' WHERE note = '{k}'",
    "DELETE FROM tags WHERE tag = '{v}'",
)


@contextmanager
def mixed(path: Path, ordinary: tuple[str, ...]) -> Iterator[Replica]:
    """A file of which these tables are ordinary ones, and the others cr-sqlite's."""
    with Replica.open(path, create=True) as replica:
        replica.connection.execute(SCHEMA)
        for name in TABLES:
            if name in ordinary:
                replica.make_ordinary(name)
            else:
                replica.make_crr(name)
        yield replica


def test_a_file_with_both_kinds(tmp_path: Path) -> None:
    with mixed(tmp_path / "a.db", ("notes",)) as replica:
        assert replica.synced_tables() == ("tags", "notes")
        replica.connection.execute("INSERT INTO notes VALUES ('a', 'A', 1); INSERT INTO tags VALUES ('a', 'x', 0)")
        assert replica.refresh() == 2
        assert [(c.table, c.cid, c.db_version) for c in replica.changes().changes] == [
            ("tags", "colour", 1),
            ("notes", "title", 2),
            ("notes", "stars", 2),
        ]
        assert replica.changes(0, limit=1).until == 1
        assert {one.name: one.key for one in replica.shapes()} == {"notes": ("id",), "tags": ("note", "tag")}
        assert {plan.name for plan in replica.plans()} == set(TABLES)
        statuses = {one.name: (one.syncable, one.eligible, one.kind) for one in replica.tables()}
        assert statuses == {"notes": (True, True, "ordinary"), "tags": (True, True, "cr-sqlite")}
        replica.make_plain("notes")
        assert replica.synced_tables() == ("tags",)


def test_one_kind_here_and_the_other_there(tmp_path: Path) -> None:
    """Random writes, read in small parts with the filters of sessions: all files come to hold the same."""
    kinds = ((), ("notes",), ("notes", "tags"), ("tags",))
    for case in cases("both kinds in one file", seconds=5):
        choose = case.random
        paths = [tmp_path / f"{case.seed}-{n}.db" for n in range(3)]
        with (
            mixed(paths[0], choose.choice(kinds)) as one,
            mixed(paths[1], choose.choice(kinds)) as two,
            mixed(paths[2], choose.choice(kinds)) as three,
        ):
            nodes = (one, two, three)
            clocks: dict[tuple[int, int], int] = {}
            came: dict[tuple[int, int], list[tuple[int, int]]] = {}

            def sync(
                i: int,
                j: int,
                nodes: tuple[Replica, ...] = nodes,
                clocks: dict[tuple[int, int], int] = clocks,
                came: dict[tuple[int, int], list[tuple[int, int]]] = came,
                size: int = choose.randrange(1, 6),
            ) -> None:
                sender, receiver = nodes[i], nodes[j]
                span, place = Span(clocks.get((i, j), 0), None, TABLES), b""
                while True:
                    part = sender.part(
                        span,
                        place=place,
                        exclude_site=receiver.site_id,
                        exclude_versions=came.get((i, j), ()),
                        changes=size,
                    )
                    result = receiver.merge(part.changes)
                    came.setdefault((j, i), []).append((result.before, result.after))
                    span, place = Span(span.since, part.until, TABLES), part.place
                    if not place:
                        break
                clocks[i, j] = part.until

            for _ in range(choose.randrange(3, 25)):
                i = choose.randrange(3)
                if choose.random() < 0.6:
                    k, v = choose.choice("abc"), choose.choice("XYZ")
                    nodes[i].connection.execute(choose.choice(WRITES).format(k=k, v=v, n=choose.randrange(4)))
                else:
                    sync(i, (i + choose.choice((1, 2))) % 3)
            for _ in range(3):
                for i in range(3):
                    for j in range(3):
                        if i != j:
                            sync(i, j)
            digests = [sorted(replica.digests()) for replica in nodes]
            assert digests[0] == digests[1] == digests[2]
            versions = [replica.refresh() for replica in nodes]
            for i in range(3):
                sync(i, (i + 1) % 3)
            assert [replica.refresh() for replica in nodes] == versions
