"""Drives one session: what engine.transport.driver does, one step at a time, on simulated time and sockets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import SynclineError
from engine.session import (
    Action,
    AskAgain,
    Close,
    JoinAction,
    Keep,
    LookUp,
    Merge,
    Ping,
    QueryRows,
    Read,
    ReadPart,
    RecordSent,
    Renew,
    Send,
    Session,
    TakeDigests,
    answer,
    execute,
)
from engine.sqlite.steps import at_once
from engine.transport.close_codes import may_help
from engine.wire import decode

from .machine import Crashed
from .network import CUT, Socket
from .published import PublishedServer
from .timeline import Event

if TYPE_CHECKING:
    from .machine import Machine


class Driver:
    """One session of one machine on one socket.

    Args:
        other: the machine at the other end.
        ended: told why the session is over, once; not when the program crashed.
    """

    def __init__(
        self,
        machine: Machine,
        session: Session | PublishedServer,
        socket: Socket,
        other: Machine,
        ended: Callable[[Close], None],
    ) -> None:
        self.machine = machine
        self.session = session
        self.socket = socket
        self.over = False
        self._source = other.history
        self.sites = {machine.site_id, other.site_id}
        self._ended = ended
        self._calls: deque[Callable[[], None]] = deque()
        self._actions: deque[Action] = deque()
        self._outbox: deque[bytes] = deque()
        self._flushing = False
        self._ponged = False
        self._next: Event | None = None
        self._alarm: Event | None = None
        self._armed_for: tuple[float, float] | None = None
        self._time = machine.world.time
        socket.reader = self
        machine.drivers.append(self)
        self.call(session.start)
        self.call(lambda: session.local_changed(machine.version))
        self.call(lambda: session.schema_changed(machine.replica.shapes(), machine.replica.parked()))

    def call(self, step: Callable[[], None]) -> None:
        """Have ``step`` feed the session in its turn."""
        self._calls.append(step)
        self.wake()

    def wake(self) -> None:
        """Take a step soon."""
        if not self.over and self._next is None:
            self._next = self._time.after(self.machine.think * self.machine.rng.uniform(0.5, 1.5), self._turn)

    # The socket's news

    def frame_came(self) -> None:
        self.wake()

    def room_made(self) -> None:
        self.wake()

    def pong_came(self) -> None:
        self._ponged = True
        self.wake()

    def lost(self) -> None:
        self.wake()

    # Steps

    def _turn(self) -> None:
        self._next = None
        try:
            self._step()
        except Crashed:
            self.machine.crash(power=self.machine.rng.random() < 0.5)
            self.machine.restart_in(self.machine.rng.uniform(0.1, 10))
            return
        if not self.over:
            self._write()
            self._arm()
            if self._actions or self._calls or self.socket.inbox or self._ponged or self._due() or self.socket.code:
                self.wake()

    def _step(self) -> None:
        session = self.session
        if self._actions:
            action = self._actions.popleft()
            self.machine.between_steps()
            try:
                self._do(action)
            except SynclineError as error:
                self._note(f"fails: {error}")
                session.failed(error)
        elif session.closed is not None or self._dead():
            self._finish()
            return
        elif self._calls:
            self._calls.popleft()()
        elif self.socket.inbox:
            frame = self.socket.read()
            self._note(lambda: f"receives {_words(frame)}")
            session.receive(frame)
        elif self._ponged:
            self._ponged = False
            session.ponged()
        else:
            session.tick()
        self._actions.extend(session.take())
        if session.closed is not None and not self._actions:
            self.wake()

    def _do(self, action: Action) -> None:
        session, machine = self.session, self.machine
        match action:
            case Send(data, changes):
                self._note(lambda: f"sends {_words(data)}")
                self._outbox.append(data)
                machine.world.sent += len(changes)
                self._flushing = True
            case Read():
                session.read_done(machine.read(action))
            case ReadPart():
                session.read_done(execute.read_part(machine.replica, action))
            case LookUp():
                session.known(machine.known(action))
            case Renew(site_id, confirmed):
                session.renewed(machine.replica.renew_lineage(site_id, confirmed))
            case Keep(site_id, token, after):
                session.kept(token, machine.replica.keep_lineage(site_id, token, after))
            case AskAgain(site_id, since):
                machine.replica.ask_again(site_id, since)
            case TakeDigests(tables, columns):
                session.digested(machine.replica.digests(tables, columns))
            case QueryRows(question, columns):
                session.answered(at_once(answer(machine.replica, question, columns)))
            case _ if isinstance(action, JoinAction):
                session.joined(at_once(execute.join_step(machine.replica, action)))
            case Merge():
                results = machine.merge(action, self._source)
                self._note(f"merged {len(action.changes)} until {action.until}, own version {machine.version}")
                session.merge_done(results)
            case RecordSent(site_id, version):
                machine.confirmed(self._source.machine, site_id, version)
            case Ping():
                self.socket.ping()
            case Close():
                self._note(f"closes with {action.code}: {action.reason}")

    def _write(self) -> None:
        while self._outbox and self.socket.send(self._outbox[0]):
            self._outbox.popleft()
        if self._flushing and not self._outbox:
            self._flushing = False
            self.call(self.session.flushed)

    # Time

    def _due(self) -> bool:
        deadline = self.session.deadline()
        return deadline is not None and deadline <= self.machine.now()

    def _arm(self) -> None:
        """Keep one alarm for the session's deadline."""
        deadline = self.session.deadline()
        wanted = None if deadline is None else (deadline, self.machine.offset)
        if self._alarm is not None:
            if wanted == self._armed_for and not self._alarm.cancelled:
                return
            self._time.cancel(self._alarm)
        self._armed_for = wanted
        wait = max(0.0, deadline - self.machine.now()) if deadline is not None else 0.0
        self._alarm = self._time.after(wait + 1e-6, self.wake, idle=True) if deadline is not None else None

    # Endings

    def _dead(self) -> bool:
        return self.socket.code != 0 and not self.socket.inbox

    def _finish(self) -> None:
        closed = self.session.closed
        if closed is not None:
            while self._outbox and self.socket.send(self._outbox[0]):  # a reason, say; what does not fit is lost
                self._outbox.popleft()
        self.machine.record_confirmed()
        code = self.socket.code
        self.socket.close(closed.code if closed is not None else 1001)
        self._leave()
        self._ended(closed or _why(code))

    def die(self, *, silently: bool) -> None:
        """Be gone with the program."""
        self._leave()
        connection = self.socket.connection
        connection.cut(silent=connection.ends.index(self.socket) if silently else None)

    def _leave(self) -> None:
        self.over = True
        self.socket.reader = None
        for event in (self._next, self._alarm):
            if event is not None:
                self._time.cancel(event)
        if self in self.machine.drivers:
            self.machine.drivers.remove(self)

    def _note(self, what: str | Callable[[], str]) -> None:
        self._time.note(self.socket.name, what)


def _why(code: int) -> Close:
    """What a close code means for dialling again, as engine.transport.driver reads it."""
    if code == CUT:
        return Close(code, "The connection was lost.", "")
    return Close(code, f"The other side closed the connection with code {code}.", "", may_help(code))


def _words(frame: bytes) -> str:
    """A frame in one line of the log: what random bytes it holds does not matter there."""
    try:
        message = decode(frame)
    except SynclineError:
        return f"{len(frame)} bytes that are no message"
    parts = []
    for name in message.__slots__:
        value = getattr(message, name)
        if name == "changes" and not isinstance(value, int):
            parts.append(f"{len(value)} changes")
        elif name == "token":
            continue  # random, and the only thing that does not come from the seed
        elif isinstance(value, bytes):
            parts.append(f"{name} {value.hex()[:6]}")
        elif isinstance(value, int | str):
            parts.append(f"{name} {value}")
        elif name == "since":
            parts.append(f"since {value.version}")
    return f"{type(message).__name__}({', '.join(parts)})"
