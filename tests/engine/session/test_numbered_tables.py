"""Tables whose numbers SQLite hands out, in sessions that are cut anywhere, over files of which any may crash: made
apart, with others between them, copied."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import apsw

from engine.replica import Replica
from engine.session import GiveUpRows, SynclineSession
from engine.session.joining import EVERY_TABLE, PATIENCE
from engine.table_shape import Join
from tests import budget
from tests.engine.session.world import End, Wire, make_replica, snapshot

SCHEMA = (
    "CREATE TABLE folders (id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT, name, parent INTEGER REFERENCES folders,"
    " meant TEXT);"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, uid TEXT, folder INTEGER REFERENCES folders, meant TEXT, body);"
    "CREATE TABLE tags (note INTEGER REFERENCES notes ON DELETE CASCADE, folder INTEGER REFERENCES folders, meant TEXT,"
    " PRIMARY KEY (note, folder))"
)
TABLES = ("folders", "notes", "tags")
ANY = "(SELECT id, uid FROM folders WHERE name IS NOT NULL ORDER BY id * {r} % 11 LIMIT 1)"
WRITES = (
    "INSERT INTO folders (uid, name) VALUES ('{u}', '{v}')",
    f"INSERT INTO folders (uid, name, parent, meant) SELECT '{{u}}', '{{v}}', id, uid FROM {ANY}",
    "INSERT INTO folders (uid) VALUES ('{u}')",  # one that nothing refers to
    "DELETE FROM folders WHERE name IS NULL AND id = (SELECT max(id) FROM folders)",
    "UPDATE folders SET name = '{v}' WHERE name IS NOT NULL AND id % 3 = {r} % 3",
    f"INSERT INTO notes (uid, folder, meant, body) SELECT '{{u}}', id, uid, '{{v}}' FROM {ANY}",
    f"INSERT INTO notes (uid, folder, meant) SELECT '{{u}}', id, uid FROM {ANY}",  # likewise
    f"UPDATE notes SET (folder, meant) = (SELECT id, uid FROM {ANY}) WHERE uid LIKE '{{w}}%' AND id % 3 = {{r}} % 3"
    " AND EXISTS (SELECT 1 FROM folders WHERE name IS NOT NULL)",  # each its own: else one wins here, the other there
    "UPDATE notes SET body = '{v}' WHERE body IS NOT NULL AND id % 2 = {r} % 2",
    "DELETE FROM notes WHERE body IS NULL AND id = (SELECT max(id) FROM notes)",
    "INSERT OR IGNORE INTO tags SELECT n.id, f.id, n.uid || '/' || f.uid FROM notes n, folders f"
    " WHERE n.body != 'X' AND f.name IS NOT NULL ORDER BY (n.id + f.id) * {r} % 11 LIMIT 1",
    "DELETE FROM tags WHERE note % 3 = {r} % 3",
)
"""What an app writes. A folder with a name is never deleted, nor is a note with a body, so that whatever refers to one
finds it, also when the two are written apart."""

CONTENT = (
    "SELECT 'folder', f.uid, f.name, f.meant, p.uid FROM folders f LEFT JOIN folders p ON p.id = f.parent"
    " UNION ALL SELECT 'note', n.uid, n.body, n.meant, f.uid FROM notes n LEFT JOIN folders f ON f.id = n.folder"
    " UNION ALL SELECT 'tag', t.meant, NULL, n.uid, f.uid FROM tags t LEFT JOIN notes n ON n.id = t.note"
    " LEFT JOIN folders f ON f.id = t.folder"
)


class Machine:
    """A file, the app that writes to it, and the numbers that the app has seen; ``copies``: others may have rows of the
    same uid, which are rows of their own unless they are joined as the same."""

    def __init__(self, path: Path, *, copies: bool = False) -> None:
        self.path = path
        self.copies = copies
        self.replica = self._open()
        self.seen: dict[tuple[str, str], int] = {}
        self.gave_up = 0
        self._app = apsw.Connection(str(path))
        self._app.execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF")

    def _open(self) -> Replica:
        replica = Replica.open(self.path)
        replica.connection.execute("PRAGMA synchronous = OFF")
        return replica

    def write(self, statement: str) -> None:
        try:
            self._app.execute(statement)
        except apsw.ConstraintError:
            return
        self.look()

    def look(self) -> None:
        for table in ("folders", "notes"):
            for uid, number in self._app.execute(f"SELECT uid, id FROM {table}").fetchall():
                known = self.seen.setdefault((table, uid), number)
                assert known == number or self.copies, "a number that the app knew has changed"

    def given_up(self, tables: Iterable[str]) -> None:
        """All rows of these tables went for those of another side. What comes back then comes under any number."""
        self.gave_up += 1
        gone = set(tables)
        self.seen = {(table, uid): number for (table, uid), number in self.seen.items() if table not in gone}

    def take_all(self, other: Machine) -> None:
        """Have its rows, under its numbers, as if its file had been copied before it was synced."""
        for table in TABLES:
            for row in other._app.execute(f"SELECT * FROM {table}").fetchall():
                self._app.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        self.look()

    def content(self) -> list[Any]:
        return sorted(self._app.execute(CONTENT).fetchall(), key=repr)

    def crash(self) -> None:
        """Only the file stays."""
        self.replica.close()
        self.replica = self._open()

    def close(self) -> None:
        self._app.close()
        self.replica.close()


class NetworkEnd(End):
    """An end of a connection of a machine, which sees when that gives up its rows."""

    def __init__(self, machine: Machine, session: SynclineSession) -> None:
        self.machine = machine
        super().__init__(machine.replica, session)

    def _do(self, action: object) -> None:
        if not isinstance(action, GiveUpRows):
            super()._do(action)
            return
        before = self.replica.dataset_ids()
        super()._do(action)
        if self.replica.dataset_ids() != before:
            self.machine.given_up(meeting.table for meeting in action.meetings)


class Network:
    """Machines, of which some can reach each other."""

    def __init__(self, choose: random.Random, folder: Path, *, join: Join | None = None) -> None:
        """
        Args:
            join: how whoever dials joins rows that were written apart, once a person is asked; None: any but to replace
                them.
        """
        self.choose = choose
        self._folder = folder
        self._names = (f"u{n}" for n in itertools.count())
        self.machines: list[Machine] = []
        self._wires: dict[tuple[int, int], Wire] = {}
        self.copies = join is None and choose.random() < 0.4
        """Most others have the rows of the first machine before any is synced; they are joined as the same."""
        self._joins = {EVERY_TABLE: Join.SAME} if self.copies else {} if join is None else {EVERY_TABLE: join}
        self._time = 0.0
        for _ in range(choose.choice([2, 3, 4, 4])):
            self._make()
        self.links = self._chain() if choose.random() < 0.5 else self._mesh()

    def _path(self) -> Path:
        path = self._folder / f"{len(self.machines)}.db"
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            name.unlink(missing_ok=True)
        return path

    def _make(self) -> None:
        path = self._path()
        make_replica(path, SCHEMA).close()
        machine = Machine(path, copies=self.copies)
        self.machines.append(machine)
        if self.copies and len(self.machines) > 1 and self.choose.random() < 0.8:
            machine.take_all(self.machines[0])
        for _ in range(self.choose.choice([0, 3, 8])):  # before anything is synced; one between others has no rows
            self.write(len(self.machines) - 1)
        for table in TABLES:
            machine.replica.make_ordinary(table)

    def _chain(self) -> list[tuple[int, int]]:
        return list(itertools.pairwise(range(len(self.machines))))

    def _mesh(self) -> list[tuple[int, int]]:
        return list(itertools.combinations(range(len(self.machines)), 2))

    def write(self, who: int | None = None) -> None:
        who = self.choose.randrange(len(self.machines)) if who is None else who
        for _ in range(self.choose.randrange(1, 4)):
            statement = self.choose.choice(WRITES)
            self.machines[who].write(
                statement.format(
                    u=f"{who}{next(self._names)}",
                    w=f"{who}u",
                    v=self.choose.choice("XYZ"),
                    r=self.choose.randrange(1, 11),
                )
            )

    def capture(self) -> None:
        """What was written is recorded, and the sessions hear of it."""
        who = self.choose.randrange(len(self.machines))
        replica = self.machines[who].replica
        replica.capture()
        for end in self._ends(who):
            end.local()
            end.session.datasets_changed(replica.kept_datasets())

    def _ends(self, who: int) -> Iterator[End]:
        for pair, wire in self._wires.items():
            if who in pair:
                yield wire.ends[pair.index(who)]

    def connect(self) -> None:
        self._connect(self.choose.choice(self.links))

    def _connect(self, pair: tuple[int, int]) -> Wire:
        if self.choose.random() < 0.5:  # either side may dial
            pair = pair[::-1]
        self._wires.pop(pair[::-1], None)
        ends = []
        for who in pair:
            replica = self.machines[who].replica
            replica.capture()
            session = SynclineSession(snapshot(replica), now=lambda: self._time)
            ends.append(NetworkEnd(self.machines[who], session))
            ends[-1].merge_slice = self.choose.choice([1, 2, 1_000])
        ends[0].session.leads, ends[0].session.joins = True, self._joins
        wire = self._wires[pair] = Wire(*ends)
        return wire

    def go_on(self) -> None:
        if not self._wires:
            return
        pair = self.choose.choice(list(self._wires))
        for _ in range(self.choose.choice([1, 1, 2, 5, 20, 60])):
            if not self._wires[pair].step(self.choose):
                break
            if self.choose.random() < 0.05:
                self.write()
        for who in pair:
            self.machines[who].look()

    def cut(self) -> None:
        if self._wires:
            del self._wires[self.choose.choice(list(self._wires))]

    def crash(self) -> None:
        who = self.choose.randrange(len(self.machines))
        self._wires = {pair: wire for pair, wire in self._wires.items() if who not in pair}
        self.machines[who].crash()

    def copy(self) -> None:
        """Somebody copies a file in which all is recorded, and gives the copy a new id.

        The two are known to have the same rows if the file was about to be synced; else a person is asked.
        """
        if len(self.machines) == 5:
            return
        who, path = self.choose.randrange(len(self.machines)), self._path()
        source = self.machines[who]
        source.replica.capture()
        if self.choose.random() < 0.5:
            source.replica.datasets()
        else:
            self._joins = {EVERY_TABLE: Join.BOTH}
        source.replica.connection.execute("VACUUM INTO ?", (str(path),))
        copy = Machine(path, copies=self.copies)
        copy.seen = dict(source.seen)
        copy.replica.new_site_id()
        self.links.append((who, len(self.machines)))
        self.machines.append(copy)

    def settle(self) -> None:
        """Sync along all links until nothing is new anywhere, with no more than the clocks ask for."""
        self._wires.clear()
        before: list[object] = []
        for _ in range(8 * len(self.machines)):
            for pair in self.links:
                wire = self._connect(pair)
                wire.run(self.choose)
                patient = self.choose.random() < 0.5
                if patient:
                    self._let_time_pass(wire)
                calm = [end.closed is None or end.closed.regreet or end.closed.parked for end in wire.ends]
                assert all(calm), [end.closed for end in wire.ends]
                in_sync = all(end.session.in_sync for end in wire.ends)
                assert in_sync or any(end.closed for end in wire.ends) or (waits(wire) and not patient)
            ends = [end for wire in self._wires.values() for end in wire.ends]
            parked = [end.session.parked for end in ends if end.session.parked]  # rows may be on their way to one side
            now = [machine.content() for machine in self.machines]
            if now == before and not parked and all(end.closed is None and end.session.in_sync for end in ends):
                return
            if now == before and parked:  # each side waits for rows of another: a person is asked, and answers
                self._joins = {EVERY_TABLE: Join.BOTH}
            before = list(now)
        raise AssertionError("they never settle")

    def _let_time_pass(self, wire: Wire) -> None:
        """Wait as long as each table waits for rows that are on their way from a third side."""
        for _ in TABLES:
            self._time += PATIENCE
            for end in wire.ends:
                end.tick()
            wire.run(self.choose)


def waits(wire: Wire) -> bool:
    """Whether it stands still until rows come from a third side, or time passes."""
    return all(end.closed is None and end.session.joining for end in wire.ends)


def run(network: Network, seed: int) -> None:
    """Have anything happen; then all machines have the same content by name, each reference leads to the row that was
    meant, no row is there twice, and no number has changed that an app has seen.

    Of copies that were written to apart before they met, two rows can count as one: what led to one leads to the other
    then.
    """
    try:
        for _ in range(network.choose.randrange(20, 80)):
            steps = [network.write] * 3 + [network.connect] * 3 + [network.go_on] * 12 + [network.capture] * 3
            network.choose.choice([*steps, network.cut, network.crash, network.copy])()
        network.settle()
        found = [machine.content() for machine in network.machines]
        assert all(one == found[0] for one in found), found
        named = []
        for kind, name, _, meant, leads in found[0] if not network.copies else ():
            if kind == "tag":
                assert name == f"{meant}/{leads}", found[0]
            else:
                assert meant == leads, found[0]
                named.append((kind, name))
        assert len(named) == len(set(named)), found[0]
        for machine in network.machines:
            machine.look()
            db = machine.replica.connection
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
            assert db.execute("PRAGMA integrity_check").get == "ok"
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise
    finally:
        for machine in network.machines:
            machine.close()


def test_all_end_with_the_same_content(tmp_path: Path) -> None:
    for case in budget.cases(
        "numbered tables: cuts and crashes", seconds=16, at_least=3, looks_for="rows of other numbers"
    ):
        network = Network(case.random, tmp_path)
        run(network, case.seed)
        case.found(any(machine.seen != network.machines[0].seen for machine in network.machines))


def test_rows_that_are_given_up_for_others(tmp_path: Path) -> None:
    """Whoever dials gives up its rows, where a person is asked; others may have had them already."""
    for case in budget.cases(
        "numbered tables: joined by replacing", seconds=12, at_least=3, looks_for="rows that were given up"
    ):
        network = Network(case.random, tmp_path, join=Join.REPLACE)
        run(network, case.seed)
        case.found(sum(machine.gave_up for machine in network.machines))
