"""Power cuts at any step of the disk: no clock is ahead of its data, and no version that was sent comes again.

Random scripts write, merge and send on a file whose disk forgets what was not synced (tests/faults/power.py). After
each cut the file is opened from what the disk kept, looked at, and the script goes on.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from engine.change import Change
from engine.crr import connect
from engine.errors import StorageFailed, SynclineError
from engine.replica import Replica
from engine.session import Read, execute
from engine.sqlite.durability import Durability
from engine.tables import Received
from engine.tables.pack import pack
from tests import budget
from tests.engine.live import SCHEMA, make_file
from tests.faults.power import Disk

CUTS = 3
"""Power cuts for each case."""

PLAIN = "CREATE TABLE item (id INT PRIMARY KEY NOT NULL, n INTEGER, name TEXT, extra)"

JOURNALS = ("delete", "truncate", "persist", "wal")


class Fault(AssertionError):
    """What must not be, is."""


class Author:
    """A peer that sends: it writes rows of its own, and a row's ``n`` is the version that wrote it."""

    def __init__(self, number: int) -> None:
        self.site_id = bytes([number]) * 16
        self.rows = range(number * 100, number * 100 + 5)
        self.version = 0
        self.written: dict[int, list[int]] = {row: [] for row in self.rows}

    def write(self, rng: random.Random) -> None:
        """One more version."""
        self.version += 1
        for row in rng.sample(self.rows, rng.randrange(1, 4)):
            self.written[row].append(self.version)

    def changes(self, since: int) -> list[Change]:
        """As a replica would send them: each cell with its latest version."""
        cells = [(versions[-1], row, len(versions)) for row, versions in self.written.items() if versions]
        return [
            Change("item", pack([row]), "n", version, col_version, version, self.site_id, 1, seq)
            for seq, (version, row, col_version) in enumerate(sorted(cells))
            if version > since
        ]

    def check(self, replica: Replica) -> None:
        """The recorded clock may not be ahead of the rows."""
        clock = replica.received_clock(self.site_id)
        found = dict(replica.connection.execute("SELECT id, n FROM item"))
        for row, versions in self.written.items():
            due = max((version for version in versions if version <= clock), default=0)
            if found.get(row, 0) < due:
                raise Fault(f"The clock says {clock}, but row {row} is at {found.get(row)}, not {due}.")


class Reader:
    """A peer that receives. What was sent under a version stays what that version is."""

    def __init__(self) -> None:
        self.clock = 0
        self._sent: set[tuple[object, ...]] = set()

    def read(self, replica: Replica, rng: random.Random) -> None:
        """Take what is new; an error means that nothing was sent."""
        found = execute.read(replica, Read(self.clock, None, (), rng.choice((1, 10, 5000))))
        self._sent.update(_cell(change) for change in found.changes)
        self.clock = max(self.clock, found.until)

    def check(self, replica: Replica) -> None:
        """Nothing that it holds was taken back, or replaced under the same version."""
        if replica.db_version() < self.clock:
            raise Fault(f"Version {self.clock} was sent, and the file is at {replica.db_version()}.")
        for change in replica.changes(0, until=self.clock).changes:
            if _cell(change) not in self._sent:
                raise Fault(f"Version {change.db_version} was sent, and now holds other content.")


def _cell(change: Change) -> tuple[object, ...]:
    return change.db_version, change.pk, change.cid, change.col_version, change.val, change.site_id


class Script:
    """A file in use, by us and by an app beside us.

    Args:
        folder: for the file and its successors after cuts.
        journal: the journal mode.
        level: the app's ``synchronous``; drawn anew for each opening when None.
        ordinary: the table is an ordinary one, and what the app writes is captured.
        weaken: called with each replica that is opened, to take a safety away (to show that it is needed).
    """

    def __init__(
        self,
        folder: Path,
        journal: str,
        rng: random.Random,
        *,
        level: str | None = None,
        ordinary: bool = False,
        weaken: Callable[[Replica], None] = lambda _: None,
    ) -> None:
        self.rng = rng
        self.journal = journal
        self.authors = [Author(1), Author(2)]
        self.reader = Reader()
        self.lost = 0
        self.cut_at_work = 0
        self._level = level
        self._ordinary = ordinary
        self._weaken = weaken
        self._folders = (folder / str(number) for number in range(10**9))
        self._path = make_file(next(self._folders) / "file.db", PLAIN if ordinary else SCHEMA)
        if ordinary:
            with Replica.open(self._path) as replica:
                replica.make_ordinary("item")

    def run(self) -> None:
        """Work until the power goes, look, work on.

        Raises:
            Fault: a rule was broken.
        """
        for _ in range(CUTS):
            # With a rollback journal NORMAL is safe only on an orderly disk, as SQLite says itself.
            level = self._level or self.rng.choice(("NORMAL", "FULL"))
            orderly = level == "NORMAL" and self.journal != "wal"
            disk = Disk(self._path.parent, self.rng, orderly=orderly)
            with disk.plugged(), self._files(level) as (replica, app):
                self._look(replica)
                disk.cut_after(self.rng.randrange(1, 120))
                with contextlib.suppress(apsw.IOError, StorageFailed):
                    while disk.remains is None and self.rng.random() > 0.02:
                        self._act(replica, app)
                if disk.remains is None:
                    disk.cut()
                else:
                    self.cut_at_work += 1
            assert disk.remains is not None
            self.lost += disk.lost
            folder = next(self._folders)
            folder.mkdir()
            for name, content in disk.remains.items():
                (folder / name).write_bytes(content)
            self._path = folder / self._path.name
        with Replica.open(self._path) as replica:
            self._look(replica)

    @contextlib.contextmanager
    def _files(self, level: str) -> Iterator[tuple[Replica, apsw.Connection]]:
        replica, app = Replica.open(self._path), connect(self._path)
        self._weaken(replica)
        app.pragma("synchronous", level)
        for connection in (app, replica.connection):
            assert connection.pragma("journal_mode", self.journal) == self.journal
            connection.pragma("wal_autocheckpoint", self.rng.choice((1, 5, 1000)))
        try:
            yield replica, app
        finally:
            for one in (app, replica):
                with contextlib.suppress(apsw.IOError, StorageFailed):
                    one.close()

    def _act(self, replica: Replica, app: apsw.Connection) -> None:
        rng = self.rng
        match rng.randrange(9 if self._ordinary else 8):
            case 0 | 1 | 2:
                row, value = rng.randrange(8), rng.randrange(10**6)
                sql = "INSERT INTO item (id, n) VALUES (?, ?) ON CONFLICT DO UPDATE SET n = excluded.n, name = n"
                rng.choice((app, app, replica.connection)).execute(sql, (row, value)).fetchall()
            case 3:
                app.execute("DELETE FROM item WHERE id = ?", (rng.randrange(8),)).fetchall()
            case 8:
                replica.capture()
            case 4 | 5:
                author = rng.choice(self.authors)
                since = replica.received_clock(author.site_id)
                for _ in range(rng.randrange(1, 4)):
                    author.write(rng)
                changes = author.changes(since)
                half = rng.randrange(len(changes) + 1)
                replica.merge(changes[:half])
                replica.merge(changes[half:], received=Received(author.site_id, author.version, since))
            case _:
                self.reader.read(replica, rng)

    def _look(self, replica: Replica) -> None:
        assert replica.connection.pragma("integrity_check") == "ok"
        for author in self.authors:
            author.check(replica)
        self.reader.check(replica)


@pytest.mark.soak
@pytest.mark.parametrize("ordinary", [False, True], ids=["cr-sqlite", "ordinary"])
@pytest.mark.parametrize("journal", JOURNALS)
def test_no_clock_ahead_and_no_version_again(tmp_path: Path, journal: str, ordinary: bool) -> None:
    looks_for = "with a write under way and something lost"
    suite = f"power cuts ({journal}{', ordinary' if ordinary else ''})"
    for case in budget.cases(suite, seconds=1.0, at_least=3, looks_for=looks_for):
        script = Script(tmp_path / str(case.seed), journal, case.random, ordinary=ordinary)
        script.run()
        case.found(script.cut_at_work > 0 and script.lost > 0)


def _no_sync(replica: Replica, _: pytest.MonkeyPatch) -> None:
    replica.connection.pragma("synchronous", "OFF")


def _nothing_made_durable(_: Replica, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Replica, "ensure_durable", lambda replica: None)


def _captures_taken_for_durable(_: Replica, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Durability, "weakened", lambda durability: None)


def _others_commits_not_noticed(_: Replica, patch: pytest.MonkeyPatch) -> None:
    real = Durability._pragma
    patch.setattr(Durability, "_pragma", lambda one, name: 1 if name == "data_version" else real(one, name))


def _merges_taken_for_synced(replica: Replica, patch: pytest.MonkeyPatch) -> None:
    replica.connection.pragma("synchronous", "NORMAL")
    patch.setattr("engine.sqlite.durability.FULL", 0)


@pytest.mark.parametrize(
    ("journal", "weaken", "ordinary"),
    [
        ("delete", _no_sync, False),
        ("delete", _nothing_made_durable, False),
        pytest.param("truncate", _nothing_made_durable, False, marks=pytest.mark.full),
        ("wal", _nothing_made_durable, False),
        ("wal", _nothing_made_durable, True),
        ("wal", _captures_taken_for_durable, True),
        ("wal", _others_commits_not_noticed, False),
        ("wal", _merges_taken_for_synced, False),
    ],
)
def test_without_its_safeties_the_same_scripts_fail(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    journal: str,
    weaken: Callable[[Replica, pytest.MonkeyPatch], None],
    ordinary: bool,
) -> None:
    """The test above can fail: take a safety away, and a cut soon breaks a rule or the whole file."""
    for seed in range(300):
        script = Script(
            tmp_path / str(seed),
            journal,
            random.Random(seed),
            level="NORMAL",
            ordinary=ordinary,
            weaken=lambda replica: weaken(replica, monkeypatch),
        )
        try:
            script.run()
        except (Fault, SynclineError, apsw.Error):
            return
    raise AssertionError("300 scripts found nothing wrong without it")


def test_what_is_not_synced_is_lost(tmp_path: Path) -> None:
    """The disk itself: commits that were not synced go, those that were stay."""
    for level in ("OFF", "FULL"):
        path = make_file(tmp_path / level / "file.db")
        disk = Disk(path.parent, random.Random(1), orderly=True)
        with disk.plugged(), contextlib.suppress(apsw.IOError), contextlib.closing(connect(path)) as connection:
            assert connection.pragma("journal_mode", "wal") == "wal"
            connection.pragma("synchronous", level)
            for row in range(20):
                connection.execute("INSERT INTO item (id, extra) VALUES (?, zeroblob(5000))", (row,))
            disk.cut()
            connection.execute("INSERT INTO item (id) VALUES (21)")
        assert disk.remains is not None
        kept = tmp_path / level / "kept"
        kept.mkdir()
        for name, content in disk.remains.items():
            (kept / name).write_bytes(content)
        with contextlib.closing(connect(kept / "file.db")) as connection:
            found = connection.execute("SELECT count(*) FROM item").get
        assert found == 20 if level == "FULL" else found < 20
