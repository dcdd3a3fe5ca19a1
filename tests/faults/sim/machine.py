"""One running program with one file: what engine.storage.replica_host does, on simulated time, and with crashes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.change import Change
from engine.replica import Replica
from engine.session import LookUp, Merge, Read, Snapshot, Versions, execute
from engine.session.endings import ALTERED
from engine.storage.ack_writer import EVERY as SENT_DELAY
from engine.tables import Damage, Known, MergeResult, Received

from . import truth
from .apps import Apps
from .records import Cell
from .releases import RELEASES, missing
from .timeline import Failed

if TYPE_CHECKING:
    from .driver import Driver
    from .world import World


class Crashed(BaseException):
    """The program ended just here; only its file is left."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What has happened to the file of a machine, up to now or until it was set back."""

    machine: Machine


class Watched(Replica):
    """A real replica: the truth is checked after every merge, and the program may crash right there."""

    pending: Callable[[], list[Cell]]
    committed: Callable[[Received | None, list[Cell]], None]

    def merge(self, changes: Iterable[Change], *, received: Received | None = None, **options: Any) -> MergeResult:
        written = self.pending()
        result = super().merge(changes, received=received, **options)
        self.committed(received, written)
        return result


class Machine(Apps):
    """A replica and the program around it.

    Attributes:
        eye: the checks' own look at its file.
        think: seconds that each step of the program takes, about; a slow reader thinks long.
        offset: how far its clock is off.
        crash_soon: it crashes after its next merge.
        held: the highest clock that its file ever had of each peer.
        history: what has happened to its file, as a thing to compare: another one when it was set back or copied.
    """

    def __init__(self, world: World, name: str, path: Path) -> None:
        self.world = world
        self.name = name
        self.path = path
        self.rng = random.Random(world.rng.random())
        self.drivers: list[Driver] = []
        self.up = False
        self.think = 0.0005
        self.offset = 0.0
        self.crash_soon = False
        self.busy = 0
        self.held: dict[bytes, int] = {}
        self.history = History(self)
        self.version = 0
        self.life = 0
        self._confirmed: dict[bytes, int] = {}
        self._checked: dict[tuple[bytes, frozenset[str]], int] = {}
        self._source = self.history
        self.replica: Watched
        self.eye: truth.Eye
        self.start()

    def start(self) -> None:
        """Start the program on what the file holds."""
        self.up = True
        self.life += 1
        self.eye = truth.Eye(self.path)
        replica = Watched.open(self.path)
        assert isinstance(replica, Watched)
        self.replica = replica
        # the simulator crashes programs, not the machine's disk: no need to wait for that one
        self.replica.connection.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").fetchall()
        self.replica.pending = lambda: self.eye.pending()  # its eye may be another one later
        self.replica.committed = self._committed
        self.site_id = self.replica.site_id
        self.version = self.replica.db_version()
        self._confirmed.clear()
        self._checked.clear()
        self.check()
        self.note(f"starts at version {self.version}")
        for link in self.world.links:
            if link.dialler is self:
                link.begin_anew()

    def now(self) -> float:
        """The program's clock."""
        return self.world.time.now + self.offset

    def note(self, what: str) -> None:
        self.world.time.note(self.name, what)

    # What engine.storage.replica_host does

    def snapshot(self) -> Snapshot:
        found = execute.snapshot(self.replica)
        return replace(found, sent={**found.sent, **self._confirmed})

    def known(self, action: LookUp) -> Known:
        site_id = action.site_id
        found = self.replica.known(site_id, action.parked, action.meetings, action.announced, action.loose)
        return replace(found, sent=self._confirmed.get(site_id, found.sent))

    def confirmed(self, peer: Machine, site_id: bytes, version: int) -> None:
        """Note a sent clock, and record it soon. Nobody may be believed to hold what it does not."""
        there = peer.held.get(self.site_id, 0)
        if version > there:
            raise Failed(f"{self.name} believes that {peer.name} holds its {version}, but it only ever held {there}")
        if not self._confirmed:
            life = self.life
            self.world.time.after(SENT_DELAY, lambda: self.up and life == self.life and self.record_confirmed())
        self._confirmed[site_id] = version

    def record_confirmed(self) -> None:
        """Write the sent clocks that wait for it."""
        if self._confirmed:
            self.replica.record_all_sent(self._confirmed, floor=self.version)
            self._confirmed.clear()

    def read(self, action: Read) -> Versions:
        return execute.read(self.replica, action)

    def merge(self, action: Merge, source: History) -> list[MergeResult]:
        self._source = source
        results = execute.merge(self.replica, action, floor=self.version)
        self._moved(max(self.version, *(result.after for result in results)))
        return results

    def refresh(self) -> None:
        """Notice what the app wrote, and what can be sent now."""
        version = self.replica.refresh()
        if version > self.version:
            self._moved(version)

    def _moved(self, version: int) -> None:
        self.version = version
        for driver in tuple(self.drivers):
            driver.call(lambda driver=driver: driver.session.local_changed(version))  # type: ignore[misc]

    # What happens to it

    def _refresh_soon(self) -> None:
        life = self.life
        wait = self.rng.choice([0.0, 0.01, 2.0])
        self.world.time.after(wait, lambda: self.refresh() if self.up and self.life == life else None)

    def alter(self) -> bool:
        """Take the next release of the app; False when it has the latest. Links hear of it a little later."""
        release = next((one for one in self.world.releases if missing(self.eye.tables, one)), None)
        if release is None:
            return False
        RELEASES[release](self.replica, self.app)
        self.replica.capture()
        self.note(f"alters its tables: {release}, version {self.replica.db_version()}")
        self.eye.close()
        self.eye = truth.Eye(self.path)
        self._tables_changed()
        return True

    def park(self) -> None:
        """Something is found that keeps a table from being synced, for a while."""
        table = self.rng.choice(sorted(self.eye.tables))
        self.replica.park(table, "it was drawn")
        self.note(f"parks {table}")
        self._tables_changed()
        if self.rng.random() < 0.8:
            self.world.time.after(self.rng.choice([0.001, 1.0, 20.0]), lambda: self.up and self.release())

    def release(self) -> bool:
        """Somebody mends what was parked; False when nothing is."""
        self.replica.capture()  # a table that its app has just rebuilt is parked once that is followed
        if not self.replica.parked():
            return False
        found = self.replica.repair()
        if any(one.damage not in (Damage.PARKED, Damage.USED_UP) for one in found):
            raise Failed(f"{self.name} has damaged records: {', '.join(one.sentence for one in found)}")
        self.note("mends what was parked")
        self._tables_changed()
        return True

    def _tables_changed(self) -> None:
        shapes, parked = self.replica.shapes(), self.replica.parked()
        for driver in tuple(self.drivers):
            driver.call(lambda driver=driver: driver.session.schema_changed(shapes, parked))  # type: ignore[misc]
        for link in self.world.links:
            if link.dialler is self:
                link.schema_changed()
        self.refresh()

    def make_anew(self, *, foreign: bool) -> None:
        """A table loses its sync records and some rows, and is made a CRR again; what runs notices a little later."""
        table = self.rng.choice(sorted(self.eye.tables))
        gone = self.world.files.make_anew(self.replica, table, foreign=foreign)
        self._checked.clear()
        self.note(f"{'another program' if foreign else 'the app'} makes {table} anew: {gone} rows are gone")
        self._regreet_soon()

    def _regreet_soon(self) -> None:
        life = self.life
        self.world.time.after(
            self.rng.choice([0.0, 0.01, 2.0]), lambda: self._regreet() if self.up and self.life == life else None
        )

    def _regreet(self) -> None:
        for driver in tuple(self.drivers):
            driver.call(lambda driver=driver: driver.session.close(ALTERED))  # type: ignore[misc]
        self.refresh()

    def catch_up(self) -> None:
        """Take all releases that are left, now and then one, and mend what is parked or cannot be sent."""
        if not self.up or self.alter() or self.release() or self.correct():
            self.world.time.after(self.rng.uniform(0.1, 20), self.catch_up)

    def crash(self, *, power: bool) -> None:
        """End the program without a word; with the power gone, nobody is told."""
        self.note("loses power" if power else "crashes")
        self.up = self.crash_soon = False
        self.busy = 0
        for driver in tuple(self.drivers):
            driver.die(silently=power)
        self.drivers.clear()
        self.replica.close()
        self.eye.close()

    def restart_in(self, delay: float) -> None:
        self.world.time.after(delay, lambda: None if self.up else self.start())

    def restore(self, *, new_id: bool) -> None:
        """Put the backup in place of the (closed) file; ``new_id``: as a replica of its own, as one should."""
        self.world.files.restore(self.path)
        self.history = History(self)
        if new_id:
            self.world.files.give_new_id(self.path)
        self.site_id = self._site_on_disk()
        if not new_id:
            self.world.set_back.add(self.site_id)
        self.note(f"its backup is restored, {'as a new replica' if new_id else 'and keeps its id'}")

    def mend(self) -> None:
        """Give the file a new id, as a person does who was told that it was copied or restored."""
        if self.up:
            self.crash(power=False)
            self.restart_in(0.1)
        self.world.files.mend(self.path)
        self.history, self.site_id = History(self), self._site_on_disk()
        self.note("gets a new site id")

    def back_up(self) -> None:
        """Keep a copy of the file as it is now."""
        self.world.files.back_up(self.path)
        self.note("is backed up")

    def forget(self) -> None:
        """Drop the received clock of one peer, as is done when the peer's file was copied or restored."""
        clocks = self.eye.received_clocks()
        if clocks:
            site_id, version = self.rng.choice(clocks)
            self.note(f"forgets that it holds {version} of {site_id.hex()[:6]}")
            drop = "DELETE FROM crsql_tracked_peers WHERE site_id = ? AND event = 0"
            self.replica.connection.execute(drop, (site_id,))

    # The truth

    def _committed(self, received: Received | None, written: list[Cell]) -> None:
        for cell in written:
            if not self.eye.holds(cell):
                raise Failed(f"{self.name} merged, and what its app had written is gone: {cell}")
        self.check(received)
        if self.crash_soon:
            raise Crashed

    def check(self, recorded: Received | None = None, *, again: bool = False) -> None:
        """No clock is ahead of its data: merging all that a peer has up to our clock of it would change nothing.

        What was true stays true: our data only grows, and a peer's cells only leave a range, upward. So each rise
        of a clock is checked once, when it is recorded, and all of them ``again`` at the end.
        """
        if again:
            self._checked.clear()
        for site_id, version in self.eye.received_clocks():
            self.held[site_id] = max(version, self.held.get(site_id, 0))
            covered = self.eye.covered(site_id)
            if site_id in self.world.set_back and not again:
                # a clock may be that of the other file; what is recorded now must be true of the one it comes from
                if recorded is None or (recorded.site_id, recorded.version) != (site_id, version):
                    continue
                peer = self._source.machine if self._source is self._source.machine.history else None
                done = 0
            else:
                peer, done = self.world.by_site(site_id), self._checked.get((site_id, covered), 0)
            if peer is None or not peer.up or version <= done:
                continue
            if site_id in self.world.set_back and not self.world.linked(self, peer):
                continue  # the clock is that of a copy with another id by now, and the two have never met
            self._checked[site_id, covered] = version
            if version > peer.eye.clock():
                raise Failed(f"{self.name} has clock {version} of {peer.name}, which is at {peer.eye.clock()}")
            for cell in peer.eye.cells(done, version):
                if (cell.table, cell.column) not in covered:
                    continue
                self.world.checked += 1
                if not again and cell.author == self.site_id and self.site_id in self.world.set_back:
                    continue  # written by another copy of this file: it comes when both have ids of their own
                if not self.eye.holds(cell) and not (peer.eye.withholds(cell) or self.eye.waits(cell)):
                    raise Failed(f"{self.name} has clock {version} of {peer.name}, but not its {cell}")

    def cells(self) -> list[Cell]:
        """All that its file holds and can be sent, recorded or not yet, also while the program is down."""
        eye = truth.Eye(self.path)
        cells = (cell for cell in (*eye.cells(0, eye.clock()), *eye.pending()) if not eye.waits(cell))
        found = [cell._replace(author=b"") for cell in cells]
        eye.close()
        return found

    def _site_on_disk(self) -> bytes:
        eye = truth.Eye(self.path)
        found = eye.site_id
        eye.close()
        return found
