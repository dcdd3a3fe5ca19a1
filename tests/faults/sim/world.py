"""A world from a seed: topology, storm, calm, and what must hold then."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from engine.errors import SynclineError
from engine.session import batch_limits, execute, vlcn
from tests.engine.ordinary.writers import PythonWriter

from . import truth, unknowing
from .faults import Faults
from .files import Files
from .link import Guest, Link
from .machine import Machine
from .network import Connection
from .published import PublishedServer
from .records import Cell
from .releases import RELEASES
from .timeline import Failed, Timeline

STORM = 60.0
"""Seconds that a storm blows at most."""

CALM = 1_200.0
"""Seconds after the storm in which everything must have settled: heartbeat, backoff and greetings many times over."""

IDLE = 150.0
"""Seconds watched after that, in which nothing may be sent any more: longer than any greeting is put off."""

EVENTS = 300_000
"""Events in one run, at most: an endless conversation is a fault."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: changes made by apps, changes sent, cells compared with clocks, events, seconds simulated."""

    made: int
    sent: int
    checked: int
    events: int
    seconds: float


class World:
    """Machines and links; everything random in it is drawn from one generator.

    Attributes:
        set_back: the ids of files that were copied, or set back to a backup, and kept their id.
        releases: schema changes that each machine makes sooner or later, in this order (``releases``).
        ordinary: how likely a table that can be an ordinary one is one, on each machine.
        made, sent, checked: as in ``Outcome``.
    """

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.rng = rng
        self.time = Timeline()
        self.files = Files(folder, rng)
        self.machines: list[Machine] = []
        self.links: list[Link] = []
        self.set_back: set[bytes] = set()
        self.releases: list[str] = []
        self.ordinary = rng.choice([0.0, 0.5, 0.5, 1.0])
        self._writer: PythonWriter | None = None
        self._written: set[Cell] = set()
        self.made = self.sent = self.checked = 0

    def machine(self, name: str, *, named_schema: bool = False, published: bool = False) -> Machine:
        """Add a machine with a new file; ``published``: a published package has it open, so nothing in it is ordinary.
        Otherwise each machine has some tables as ordinary ones, and others as cr-sqlite's."""
        drawn = frozenset(table for table in unknowing.TABLES if self.rng.random() < self.ordinary)
        path = self.files.make(name, named_schema=named_schema, ordinary=frozenset() if published else drawn)
        self.machines.append(Machine(self, name, path))
        return self.machines[-1]

    def link(
        self, dialler: Machine, hub: Machine, *, own: bool = True, sends: bool = True, guest: Guest | None = None
    ) -> Link:
        """Add a link."""
        self.links.append(Link(self, dialler, hub, own=own, sends=sends, guest=guest))
        return self.links[-1]

    def writer(self) -> PythonWriter:
        """The apps that know nothing of sync: one process for those of all machines."""
        if self._writer is None:
            self._writer = PythonWriter()
        return self._writer

    def copy(self, machine: Machine) -> None:
        """Add a machine with a copy of another's file, id and all, that dials the same peers."""
        dialled = [link for link in self.links if link.dialler is machine and link.sends]
        if dialled:
            name = f"{machine.name}'"
            machine.note(f"is copied: {name}")
            self.set_back.add(machine.site_id)
            self.machines.append(Machine(self, name, self.files.copy(machine.path, name)))
            for link in dialled:
                self.link(self.machines[-1], link.hub)

    def mend(self, link: Link) -> None:
        """Do what the words of a refusal say: every copy of the file gets a new id, or all but one, which goes on under
        the old one. Links find out by themselves."""
        for site_id in sorted({link.dialler.site_id, link.hub.site_id} & self.set_back):
            copies = [machine for machine in self.machines if machine.site_id == site_id]
            if len(copies) > 1 and self.rng.random() < 0.7:
                copies.remove(self.rng.choice(copies))
            for machine in copies:
                machine.mend()

    @property
    def own(self) -> bool:
        """Whether all links speak our own dialect."""
        return all(link.own for link in self.links)

    @property
    def published(self) -> bool:
        """Whether a published package takes part."""
        return any(link.guest is PublishedServer for link in self.links)

    def runs_published(self, machine: Machine) -> bool:
        """Whether a published package has the machine's file open."""
        return any(link.hub is machine and link.guest is PublishedServer for link in self.links)

    def linked(self, one: Machine, other: Machine) -> bool:
        """Whether one of the two dials the other."""
        return any({link.dialler, link.hub} == {one, other} for link in self.links)

    def by_site(self, site_id: bytes) -> Machine | None:
        """The machine whose file has this id now."""
        return next((machine for machine in self.machines if machine.site_id == site_id), None)

    def some_connection(self) -> Connection | None:
        """One of the connections that stand, at random."""
        standing = [one for link in self.links for one in link.connections if one.open and not one.broken]
        return self.rng.choice(standing) if standing else None

    # A run

    def run(self, *, storm: float | None = None) -> Outcome:
        """Storm, calm, truth.

        Raises:
            Failed: something that must never happen did.
        """
        try:
            self._storm(self.rng.uniform(5, STORM) if storm is None else storm)
            self._written = {cell for machine in self.machines for cell in machine.cells()}
            self._heal()
            self._settle()
            while self._restart_copies():
                self._settle()
            self._compare()
            self._stay_quiet()
        except SynclineError as error:
            raise Failed(f"{type(error).__name__}: {error}") from error
        finally:
            self.close()
        return Outcome(self.made, self.sent, self.checked, self.time.events, self.time.now)

    def close(self) -> None:
        """Close all files."""
        for machine in self.machines:
            if machine.up:
                machine.replica.close()
                machine.eye.close()
        if self._writer is not None:
            self._writer.close()

    def _storm(self, seconds: float) -> None:
        if self.own and self.rng.random() < 0.5:
            self.releases = self.rng.sample(list(RELEASES), self.rng.randint(1, len(RELEASES)))
        faults = Faults(self)
        until = self.time.now + seconds
        pace = self.rng.choice([0.1, 0.5, 2.0])
        while self.time.now < until:
            self.advance(self.rng.expovariate(1 / pace))
            faults.strike()

    def _heal(self) -> None:
        self.time.note("world", "the storm is over")
        for link in self.links:
            link.unreachable = False
            for connection in link.connections:
                connection.heal()
        for machine in self.machines:
            machine.think = 0.0005
            machine.crash_soon = False
            machine.busy = 0
            if not machine.up:
                machine.restart_in(0.1)
            machine.catch_up()

    def _restart_copies(self) -> bool:
        """Two copies that go on with one id: one that says nothing is noticed only when it greets or sends."""
        ids = [machine.site_id for machine in self.machines]
        copies = [machine for machine in self.machines if ids.count(machine.site_id) > 1]
        for machine in copies:
            machine.write()
            machine.crash(power=False)
            machine.restart_in(0.1)
        return bool(copies)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        until = self.time.now + seconds
        while self.time.step(until):
            if self.time.events > EVENTS:
                raise Failed(f"There is no end of it: {EVENTS} events.")

    def _settle(self) -> None:
        until = self.time.now + CALM
        while not self.settled:
            if not self.time.step(until):
                stuck = ", ".join(link.name for link in self.links if not link.settled)
                raise Failed(f"{CALM:.0f} s after the storm there is still no quiet: {stuck or 'events go on'}.")
            if self.time.events > EVENTS:
                raise Failed(f"There is no end of it: {EVENTS} events.")
        self.time.note("world", "everything is settled")

    @property
    def settled(self) -> bool:
        """Nothing is under way, and every link says that nothing is left."""
        return not self.time.busy and all(link.settled for link in self.links)

    def _compare(self) -> None:
        if not all(self.machines[0].eye.holds(cell) for cell in self._written):
            raise Failed("Something that a machine held after the storm is gone.")
        first, *others = self.machines
        reference = first.eye.digest()
        for machine in others:
            different = truth.difference(reference, machine.eye.digest())
            if different:
                raise Failed(f"{first.name} and {machine.name} differ: {different}")
        for machine in self.machines:
            machine.check(again=True)
            if machine.eye.pending():
                raise Failed(f"{machine.name} has not recorded {machine.eye.pending()[0]}")
            if machine.replica.waiting:
                raise Failed(f"{machine.name} holds rows back that can be sent: {machine.replica.waiting}")
        for link in self.links:
            if link.ends is not None:
                link.check_guest(link.ends[1])

    def _stay_quiet(self) -> None:
        """Echo has died out: greeting again sends no change, and no file moves.

        In the stock dialect only changes move a clock. A fresh session there knows no more what came in over its link,
        and sends what filters by author let through (revivals) once more: the first greeting after the storm may.
        """
        if not self.own:
            self.advance(IDLE)
        sent, clocks = self.sent, [machine.replica.db_version() for machine in self.machines]
        self.advance(IDLE)
        if self.sent != sent:
            raise Failed(f"{self.sent - sent} changes were sent though there was nothing to say.")
        if [machine.replica.db_version() for machine in self.machines] != clocks:
            raise Failed("A file's version rises though nobody writes.")


# Topologies


def _hub(world: World) -> None:
    hub = world.machine("hub")
    for name in "abcde":
        world.link(world.machine(name), hub)


def _chain(world: World) -> None:
    machines = [world.machine(name) for name in "abcde"]
    for one, other in pairwise(machines):
        _either_way(world, one, other)


def _ring(world: World) -> None:
    machines = [world.machine(name) for name in "abcde"]
    one_way = world.rng.random() < 0.25
    for one, other in zip(machines, machines[1:] + machines[:1], strict=True):
        if one_way:  # all in one direction, so that everything still gets everywhere
            world.link(one, other, sends=False)
        else:
            _either_way(world, one, other)


def _mesh(world: World) -> None:
    machines = [world.machine(name) for name in "abcdef"]
    for number, one in enumerate(machines):
        for other in machines[:number]:
            _either_way(world, one, other)


def _stock_hub(world: World) -> None:
    hub = world.machine("hub", named_schema=True)
    for name in "abcd":
        world.link(world.machine(name, named_schema=True), hub, own=False)


def _published_hub(world: World) -> None:
    """A published server, with its defects."""
    hub = world.machine("hub", named_schema=True, published=True)
    for name in "abcd":
        world.link(world.machine(name, named_schema=True), hub, own=False, guest=PublishedServer)


def _mixed_hub(world: World) -> None:
    """Published clients and ours in one room."""
    hub = world.machine("hub", named_schema=True)
    for name in "abcd":
        world.link(world.machine(name, named_schema=True), hub, own=name in "ab")


def _either_way(world: World, one: Machine, other: Machine) -> None:
    """One dials the other; now and then both do, so that they are connected twice."""
    if world.rng.random() < 0.5:
        one, other = other, one
    world.link(one, other)
    if world.rng.random() < 0.1:
        world.link(other, one)


TOPOLOGIES: dict[str, Callable[[World], None]] = {
    "hub": _hub,
    "chain": _chain,
    "ring": _ring,
    "mesh": _mesh,
    "stock hub": _stock_hub,
    "published hub": _published_hub,
    "mixed hub": _mixed_hub,
}


@contextmanager
def small(rng: random.Random) -> Iterator[None]:
    """Make the bounds of batches, windows and slices so small that few changes meet all of them."""
    bounds: list[tuple[ModuleType, str, list[int]]] = [
        (vlcn, "READ_LIMIT", [1, 4, 5_000]),
        (batch_limits, "BATCH_CHANGES", [1, 3, 1_000]),
        (batch_limits, "WINDOW", [1, 2, 8]),
        (execute, "MERGE_SLICE", [1, 2, 5_000]),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in bounds]
    for module, name, choices in bounds:
        setattr(module, name, rng.choice(choices))
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def simulate(topology: str, rng: random.Random) -> tuple[World, Outcome | Failed]:
    """Run one world; what failed is returned, so that its log can be told.

    Its files lie in memory where the system has a folder there: they need to outlive programs, not the machine.
    """
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="world-", dir=memory) as folder, small(rng):
        world = World(Path(folder), rng)
        TOPOLOGIES[topology](world)
        try:
            return world, world.run()
        except Failed as failure:
            return world, failure
