"""Connections as TCP gives them: in order, whole, or cut. Trouble is delay, silence in one direction, and cuts.

Worse than TCP: a frame may come twice, or be lost while what follows it comes (as by a broken proxy).
"""

from __future__ import annotations

import random
from collections import deque
from typing import Protocol

from .timeline import Timeline

HEARTBEAT = 40.0
"""Seconds of silence on the wire after which an end gives the connection up (ping interval and time-out)."""

CUT = 1006
"""The close code of a connection that just broke."""


class Reader(Protocol):
    """What sits on an end of a connection."""

    def frame_came(self) -> None:
        """A frame lies in the socket."""

    def room_made(self) -> None:
        """The socket takes frames again."""

    def pong_came(self) -> None:
        """The answer to a ping is here, after all that was sent before it."""

    def lost(self) -> None:
        """The connection is over; ``Socket.code`` says why. What lies in the socket may still be read."""


class Socket:
    """One end of a connection.

    Attributes:
        inbox: frames that have arrived and were not read yet.
        code: the close code once it is over on this end, else 0.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self.name = name
        self.inbox: deque[bytes] = deque()
        self.code = 0
        self.reader: Reader | None = None
        self.out: Pipe
        self.connection = connection

    def send(self, frame: bytes) -> bool:
        """Put a frame on the wire; False when it takes none now (then ``room_made`` follows)."""
        return self.code != 0 or self.out.put(frame)

    def ping(self) -> None:
        self.out.pass_on("ping")

    def read(self) -> bytes:
        frame = self.inbox.popleft()
        self.connection.other(self).out.drain()
        return frame

    def close(self, code: int) -> None:
        """Close in good order: the other end learns it after everything sent before."""
        if not self.code:
            self.code = code
            self.out.pass_on(code)

    def over(self, code: int, *, forget: bool) -> None:
        """Learn that the connection is gone."""
        if self.code:
            return
        self.code = code
        if forget:
            self.inbox.clear()
        if code == CUT:
            self.connection.given_up_by(self)
        if self.reader is not None:
            self.reader.lost()


class Pipe:
    """One direction. ``stalled``: nothing comes through, and nobody is told. ``slip``: how often the next one comes."""

    def __init__(self, connection: Connection, target: Socket, rng: random.Random) -> None:
        self.stalled = False
        self.slip = 1
        self.connection = connection
        self._target = target
        self._rng = rng
        self._delay = rng.choice([0.001, 0.01, 0.1, 1.0])
        self._room = rng.choice([1, 2, 8, 64])
        self._wire: deque[tuple[float, bytes | str | int]] = deque()
        self._frames = 0
        self._full = False
        self._moving = False

    def put(self, frame: bytes) -> bool:
        if self._frames + len(self._target.inbox) >= self._room:
            self._full = True
            return False
        self._frames += 1
        self.pass_on(frame)
        return True

    def pass_on(self, item: bytes | str | int) -> None:
        """Send a frame, "ping", "pong", or a close code."""
        ready = self.connection.timeline.now + self._delay * self._rng.uniform(0.5, 2)
        self._wire.append((ready, item))
        self.move()

    def move(self) -> None:
        """Plan the arrival of what is next."""
        if self._wire and not self._moving and not self.stalled and not self.connection.broken:
            self._moving = True
            wait = max(0.0, self._wire[0][0] - self.connection.timeline.now)
            self.connection.timeline.after(wait, self._arrive)

    def drain(self) -> None:
        """Tell the sender when there is room again."""
        if self._full and self._frames + len(self._target.inbox) < self._room:
            self._full = False
            reader = self.connection.other(self._target).reader
            if reader is not None:
                reader.room_made()

    def _arrive(self) -> None:
        self._moving = False
        if self.stalled or self.connection.broken:
            return
        _, item = self._wire.popleft()
        target = self._target
        if isinstance(item, bytes):
            self._frames -= 1
            times, self.slip = self.slip, 1
            for _ in range(times):
                if not target.code:
                    target.inbox.append(item)
                    if target.reader is not None:
                        target.reader.frame_came()
        elif isinstance(item, int):
            target.over(item, forget=False)
        elif item == "ping":
            target.out.pass_on("pong")
        elif target.reader is not None:
            target.reader.pong_came()
        self.move()


class Connection:
    """Two sockets and the two directions between them."""

    def __init__(self, timeline: Timeline, rng: random.Random, names: tuple[str, str]) -> None:
        self.timeline = timeline
        self.rng = rng
        self.broken = False
        self.ends = (Socket(self, names[0]), Socket(self, names[1]))
        one, other = self.ends
        one.out, other.out = Pipe(self, other, rng), Pipe(self, one, rng)

    def other(self, socket: Socket) -> Socket:
        """The end that is not ``socket``."""
        return self.ends[1] if socket is self.ends[0] else self.ends[0]

    @property
    def open(self) -> bool:
        """Whether any end still believes in it."""
        return any(not end.code for end in self.ends)

    def stall(self, *sides: int) -> None:
        """Let nothing leave these ends any more. If it lasts, the heartbeat finds out, each end in its own time."""
        for side in sides:
            self.ends[side].out.stalled = True
        for end in self.ends:
            self._later(self.rng.uniform(HEARTBEAT / 2, HEARTBEAT), end, while_stalled=True)

    def heal(self) -> None:
        """Let everything through again, in order and late."""
        for end in self.ends:
            end.out.stalled = False
            end.out.slip = 1  # what is lost without anything behind it is noticed by nobody
            end.out.move()

    def cut(self, *, silent: int | None = None) -> None:
        """Break it: each end learns it in its own time; the end ``silent`` is dead already, and says nothing."""
        self.broken = True
        for number, end in enumerate(self.ends):
            if silent is None:
                self._later(self.rng.choice([0.0, 0.01, 1.0, HEARTBEAT]), end)
            elif number != silent:
                self._later(HEARTBEAT, end)

    def given_up_by(self, end: Socket) -> None:
        """One end has noticed: nothing passes any more, and the other will notice too."""
        self.broken = True
        self._later(self.rng.choice([0.01, HEARTBEAT]), self.other(end))

    def _later(self, delay: float, end: Socket, *, while_stalled: bool = False) -> None:
        forget = self.rng.random() < 0.5

        def act() -> None:
            if not while_stalled or any(one.out.stalled for one in self.ends):
                end.over(CUT, forget=forget)

        self.timeline.after(delay, act)
