"""The faults. Each one is something that happens to real machines and real networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.session import SynclineSession

if TYPE_CHECKING:
    from .machine import Machine
    from .world import World


class Faults:
    """Blows over a world: now and then something breaks, and much of it mends by itself."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = world.rng
        self._kinds: list[tuple[Callable[[], None], int]] = [
            (self._write, 24),
            (self._cut, 4),
            (self._stall_one_way, 3),
            (self._half_open, 2),
            (self._slip, 0 if self._world.published else 2),  # those lose what comes after a gap (cr-sqlite.md 10.8)
            (self._slow_reader, 2),
            (self._crash, 2),
            (self._crash_in_merge, 3),
            (self._clock_jump, 1),
            (self._dial_twice, 2),
            (self._unreachable, 2),
            (self._back_up, 1),
            (self._restore, 1),
            (self._set_back, 2),
            (self._copy, 1),
            (self._alter, 2),
            (self._make_anew, 2 if self._world.own else 0),  # no published peer sends us what we wrote and lost
            (self._upset, 2),
            (self._busy, 8),
            (self._park, 2 if self._world.own else 0),  # the stock dialect knows nothing of that
            (self._spoil, 3),
            (self._forget, 1),
            (self._ask_again, 1),
        ]
        # each world has a climate of its own: some faults often, some never
        self._weights = [weight * self._rng.choice([0, 1, 1, 3]) for _, weight in self._kinds]
        self._weights[0] = 24
        self._crowd = len(world.machines) + 1

    def strike(self) -> None:
        """Let one thing happen."""
        self._rng.choices([act for act, _ in self._kinds], self._weights)[0]()

    def _machine(self) -> Machine | None:
        running = [machine for machine in self._world.machines if machine.up]
        return self._rng.choice(running) if running else None

    def _write(self) -> None:
        machine = self._machine()
        if machine is not None:
            machine.write()

    def _cut(self) -> None:
        connection = self._world.some_connection()
        if connection is not None:
            self._world.time.note("network", f"cuts {connection.ends[0].name}")
            connection.cut()

    def _stall(self, *sides: int) -> None:
        connection = self._world.some_connection()
        if connection is not None:
            who = " and ".join(connection.ends[side].name for side in sides)
            self._world.time.note("network", f"nothing from {who} comes through")
            connection.stall(*sides)
            self._world.time.after(self._rng.choice([0.5, 10.0, 60.0]), connection.heal)

    def _stall_one_way(self) -> None:
        self._stall(self._rng.randrange(2))

    def _half_open(self) -> None:
        self._stall(0, 1)

    def _slip(self) -> None:
        connection = self._world.some_connection()
        if connection is not None:
            end, times = self._rng.choice(connection.ends), self._rng.choice([0, 2])
            self._world.time.note("network", f"{'loses' if not times else 'doubles'} the next frame of {end.name}")
            end.out.slip = times

    def _slow_reader(self) -> None:
        machine = self._machine()
        if machine is not None:
            machine.note("becomes slow")
            machine.think = self._rng.choice([0.1, 1.0, 5.0])
            self._world.time.after(self._rng.uniform(1, 30), lambda: setattr(machine, "think", 0.0005))

    def _crash(self) -> None:
        machine = self._machine()
        if machine is not None:
            machine.crash(power=self._rng.random() < 0.5)
            machine.restart_in(self._rng.uniform(0.1, 20))

    def _crash_in_merge(self) -> None:
        machine = self._machine()
        if machine is not None:
            machine.crash_soon = True

    def _clock_jump(self) -> None:
        machine = self._machine()
        if machine is not None:
            machine.offset += self._rng.choice([-5.0, 5.0, 60.0, 3600.0])
            machine.note(f"its clock jumps, now off by {machine.offset:.0f} s")
            for driver in machine.drivers:
                driver.wake()

    def _dial_twice(self) -> None:
        link = self._rng.choice(self._world.links)
        link.dial()

    def _unreachable(self) -> None:
        link = self._rng.choice(self._world.links)
        link.unreachable = True
        self._world.time.note("network", f"{link.name} cannot be dialled")
        self._world.time.after(self._rng.uniform(1, 30), lambda: setattr(link, "unreachable", False))

    def _back_up(self) -> None:
        machine = self._machine()
        if machine is not None:
            machine.back_up()

    def _restore(self, *, new_id: bool = True) -> None:
        machine = self._machine()
        if machine is not None and machine.path.with_suffix(".backup").exists():
            machine.crash(power=False)
            machine.restore(new_id=new_id)
            machine.restart_in(self._rng.uniform(0.1, 5))

    def _set_back(self) -> None:
        """A backup is restored and nobody gives it a new id. The stock dialect has nothing to tell it by."""
        if self._world.own:
            self._restore(new_id=False)

    def _copy(self) -> None:
        """A file is copied and run beside the original, which dials the same peers."""
        machine = self._machine()
        if machine is not None and self._world.own and len(self._world.machines) < self._crowd:
            self._world.copy(machine)

    def _alter(self) -> None:
        """The app's next release comes to one machine."""
        machine = self._machine()
        if machine is not None:
            machine.alter()

    def _make_anew(self) -> None:
        """An app, or a program that knows nothing of sync, makes a table anew, and some of its rows go."""
        machine = self._machine()
        if machine is not None:
            machine.make_anew(foreign=self._rng.random() < 0.5)

    def _upset(self) -> None:
        """An app that knows nothing of sync makes a table anew at its start, drops triggers, or tidies up."""
        machine = self._machine()
        if machine is not None:
            machine.upset()

    def _busy(self) -> None:
        """An app writes several times while the program is at work."""
        machine = self._machine()
        if machine is not None and machine.eye.ordinary:
            machine.busy = self._rng.choice([3, 10])
            machine.note("its app is busy")

    def _park(self) -> None:
        """A table is parked on one machine."""
        machine = self._machine()
        if machine is not None:
            machine.park()

    def _spoil(self) -> None:
        """A row cannot be sent for a while. (A published server would send it all the same.)"""
        machine = self._machine()
        if machine is not None and not self._world.runs_published(machine):
            machine.spoil()

    def _forget(self) -> None:
        """Somebody drops a clock from the file, so that the peer has to begin anew."""
        machine = self._machine()
        if machine is not None:
            machine.forget()

    def _ask_again(self) -> None:
        """Somebody presses "Send again from the start"."""
        machine = self._machine()
        for driver in machine.drivers if machine is not None else ():
            if isinstance(driver.session, SynclineSession) and driver.session.greeted and driver.session.receives:
                driver.call(driver.session.ask_again)
