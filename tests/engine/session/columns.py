"""Files whose apps add and drop columns whenever they like, and sessions between them that may be cut anywhere."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import apsw

from engine.errors import SynclineError
from engine.replica import Replica
from engine.session import SynclineSession
from engine.session.joining import EVERY_TABLE
from engine.table_shape import Join
from engine.wire import PROTOCOL

from .world import End, Wire, snapshot

COLUMNS = "abcd"
KEYS = "klmnopqrst"


class App:
    """A file with a table “note”, and an app that writes to it on a connection of its own.

    Args:
        columns: those of the table beside the key.
        crsqlite: it is one of cr-sqlite's, and the app writes by the replica.
        key: the type of the key.
    """

    def __init__(
        self, path: Path, columns: Sequence[str] = "a", *, crsqlite: bool = False, key: str = "TEXT NOT NULL"
    ) -> None:
        self.path = path
        self.crsqlite = crsqlite
        self.app = apsw.Connection(str(path))
        self.app.execute("PRAGMA synchronous = OFF")
        listed = "".join(f", {name}" for name in columns)
        self.app.execute(f"CREATE TABLE note (id {key} PRIMARY KEY{listed})")
        self._open()
        if crsqlite:
            self.do("SELECT crsql_as_crr('note')")
        else:
            self.replica.make_ordinary("note")

    def _open(self) -> None:
        self.replica = Replica.open(self.path)
        self.replica.connection.execute("PRAGMA synchronous = OFF")

    def restart(self) -> None:
        """Syncline ends, and begins again."""
        self.replica.close()
        self._open()

    def close(self) -> None:
        """Close the file."""
        self.replica.close()
        self.app.close()

    def do(self, sql: str) -> None:
        """The app writes."""
        (self.replica.connection if self.crsqlite else self.app).execute(sql).fetchall()

    def _alter(self, sql: str) -> None:
        if self.crsqlite:
            with self.replica.altering("note") as db:
                db.execute(sql)
        else:
            self.do(sql)

    @property
    def columns(self) -> list[str]:
        """Those that the table has, without the key."""
        return [name for _, name, *_ in self.app.execute("PRAGMA table_info(note)") if name != "id"]

    def add(self, column: str) -> None:
        """A new version of the app adds a column."""
        self._alter(f"ALTER TABLE note ADD COLUMN {column}")

    def drop(self, column: str) -> None:
        """A new version of the app drops a column."""
        self._alter(f"ALTER TABLE note DROP COLUMN {column}")

    def rename(self, column: str, name: str) -> None:
        """A new version of the app gives a column another name."""
        self._alter(f"ALTER TABLE note RENAME COLUMN {column} TO {name}")

    def rows(self) -> list[tuple[object, ...]]:
        """All rows, each with its columns in order of name."""
        listed = "".join(f", {name}" for name in sorted(self.columns))
        return list(self.app.execute(f"SELECT id{listed} FROM note ORDER BY id"))


def connect(one: App, other: App, protocol: int | None = None) -> Wire:
    """The two as they greet; rows that have never met are joined."""
    sessions = [
        SynclineSession(snapshot(app.replica), now=lambda: 0.0, protocol=protocol or PROTOCOL) for app in (one, other)
    ]
    sessions[0].leads, sessions[0].joins = True, {EVERY_TABLE: Join.BOTH}
    ends = [End(app.replica, session) for app, session in zip((one, other), sessions, strict=True)]
    return Wire(*ends)


def sync(one: App, other: App, rng: random.Random | None = None, protocol: int | None = None) -> Wire:
    """Sync two files, greeting as often as the sessions want."""
    for _ in range(6):
        for app in (one, other):
            app.replica.capture()  # and so follow what the app did to its schema
        wire = connect(one, other, protocol)
        wire.run(rng)
        if all(end.closed is None or not end.closed.regreet for end in wire.ends):
            return wire
    raise AssertionError("they greet for ever")


class Mesh:
    """Some files, of which the first is a hub of all others, and some are linked among themselves."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.rng = rng
        self.apps = [
            App(folder / f"{n}.db", self._some_columns(), crsqlite=rng.random() < 0.2)
            for n in range(rng.choice([2, 2, 3, 3, 4]))
        ]
        self.links = [(self.apps[0], app) for app in self.apps[1:]]
        self.links += [pair for pair in combinations(self.apps[1:], 2) if rng.random() < 0.3]
        for one, other in self.links:
            sync(one, other)

    def _some_columns(self) -> str:
        return "".join(name for name in COLUMNS if self.rng.random() < 0.5)

    def close(self) -> None:
        """Close all files."""
        for app in self.apps:
            app.close()

    def write(self) -> None:
        """An app writes a few rows, or deletes some."""
        rng, app = self.rng, self.rng.choice(self.apps)
        for _ in range(rng.randrange(1, 6)):
            key, columns = rng.choice(KEYS), app.columns
            some = [name for name in columns if rng.random() < 0.6]
            values = [str(rng.randrange(9)) for _ in some]
            if rng.random() < 0.2:
                app.do(f"DELETE FROM note WHERE id = '{key}'")
                continue
            app.do(f"INSERT OR IGNORE INTO note (id) VALUES ('{key}')")
            if some:
                sets = ", ".join(f"{name} = {value}" for name, value in zip(some, values, strict=True))
                app.do(f"UPDATE note SET {sets} WHERE id = '{key}'")
        if rng.random() < 0.3:
            app.replica.capture()

    def alter(self) -> None:
        """An app adds or drops a column."""
        app, column = self.rng.choice(self.apps), self.rng.choice(COLUMNS)
        if column not in app.columns:
            app.add(column)
        elif self.rng.random() < 0.6:
            app.drop(column)

    def bounce(self) -> None:
        """An app takes a column away, and puts it back: what was in it is lost there."""
        app = self.rng.choice(self.apps)
        for column in app.columns[:1]:
            app.drop(column)
            app.replica.capture()
            app.add(column)
            app.replica.capture()

    def restart(self) -> None:
        """Syncline ends somewhere, and begins again."""
        self.rng.choice(self.apps).restart()

    def exchange(self) -> None:
        """Two talk, for a while or until all is said; meanwhile the apps may do anything."""
        rng = self.rng
        wire = connect(*rng.choice(self.links))
        for end in wire.ends:
            end.merge_slice = rng.choice([1, 3, 1_000])
        for _ in range(rng.choice([5, 15, 30, 60, 10**6])):
            if rng.random() < 0.02:
                rng.choice([self.write, self.alter, self.bounce])()
            if rng.random() < 0.05:
                rng.choice(wire.ends).local()
            if not wire.step(rng):
                break

    def settle(self) -> None:
        """All have all columns in the end, and everything goes everywhere."""
        for app in self.apps:
            for column in sorted(set(COLUMNS).difference(app.columns)):
                app.add(column)
        for _ in range(3):
            for one, other in (*self.links, *reversed(self.links)):
                sync(one, other, self.rng)

    def run(self, steps: int) -> None:
        """Do anything, so often."""
        ways = [self.write] * 4 + [self.exchange] * 4 + [self.alter] * 2 + [self.bounce, self.restart]
        for _ in range(steps):
            self.rng.choice(ways)()

    def differing(self) -> Sequence[str]:
        """What differs between the files, in words; nothing where they are equal."""
        found = []
        first = self.apps[0]
        for app in self.apps[1:]:
            if app.rows() != first.rows():
                found.append(f"{app.path.name}: {app.rows()} and not {first.rows()}")
            elif app.replica.digests() != first.replica.digests():
                found.append(f"{app.path.name}: another history")
        return found


def seeded(folder: Path, seed: int, steps: int = 25) -> Sequence[str]:
    """Run one mesh; returns what differs in the end."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    mesh = Mesh(folder, random.Random(seed))
    try:
        mesh.run(steps)
        mesh.settle()
        return mesh.differing()
    except (SynclineError, AssertionError) as error:
        return [f"{type(error).__name__}: {error}"]
    finally:
        mesh.close()


NewApp = Callable[..., App]
"""Makes an app with its file: new_app(columns, ...), as ``App``."""


def fill(app: App, rows: int, values: str) -> None:
    """So many rows, with ``values`` in the columns behind the key."""
    app.do(f"WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n LIMIT {rows})"
           f" INSERT INTO note SELECT printf('%03d', v), {values} FROM n")  # fmt: skip
