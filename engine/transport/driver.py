"""Drives a session: feeds it frames, news and time; performs its actions on the socket and the replica.

A session never sees two things at once. Whoever brings something steps it on the spot if it is idle and nothing has to
be awaited; otherwise the main coroutine does, in its turn. (A hub makes thousands of such steps a second, and waking a
task costs as much as the step.) The next frame is read only after the one before is dealt with. What the peer does not
take at once has a task of its own, so that two ends that both have much to send cannot block each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from engine.change import Change
from engine.errors import ProtocolError, SynclineError, WireError
from engine.session import Action, Close, Ping, ReadPart, RecordSent, Send, Session
from engine.session.close_codes import CloseCode
from engine.session.traffic import Traffic
from engine.sqlite.steps import Left
from engine.storage.replica_host import ReplicaHost
from engine.tables import Applied
from engine.text import t
from engine.transport import gc_pause
from engine.transport.close_codes import GONE, how_it_ended
from engine.transport.deadline import Deadline
from engine.transport.file_listener import FileListener
from engine.transport.frame_reader import FrameReader
from engine.transport.goodbye import say_goodbye
from engine.transport.keepalive import Heartbeat
from engine.transport.life_signs import LifeSigns
from engine.transport.limits import PeerLimits
from engine.transport.outbox import Outbox
from engine.transport.performer import Performer
from engine.transport.shared_reading import LONG, SharedReading
from engine.wire import MAX_SMALL, decode

log = logging.getLogger(__name__)

LARGE = 256 * 1024
"""Bytes from which a message is decoded on a thread of its own."""

TEXT_FRAME = Close(CloseCode.UNSUPPORTED_DATA, t("A text frame came; only binary frames are accepted."))


class Driver:
    """One session on one open connection.

    Args:
        socket: an open websockets connection, of either side.
        session: a session that has not been started.
        host: the replica it speaks for.
        guard: asked before a message or changes are taken.
        on_state: called with the session when its facts may have changed: after every step, and during one that takes
            long (``busy``).
        on_in: called with changes that were merged, and what they overwrote; None if nobody wants to know.
        on_out: called with changes that were sent.
    """

    def __init__(
        self,
        socket: Connection,
        session: Session,
        host: ReplicaHost,
        *,
        guard: PeerLimits | None = None,
        on_state: Callable[[Session], None] = lambda _: None,
        on_in: Callable[[Sequence[Applied]], None] | None = None,
        on_out: Callable[[tuple[Change, ...]], None] = lambda _: None,
    ) -> None:
        self.socket = socket
        self.session = session
        self.host = host
        self.traffic = Traffic()
        self._guard = guard or PeerLimits()
        self._greeted = False
        self._take_up_to(min(MAX_SMALL, self._guard.largest) if session.greets_first else self._guard.largest)
        self._on_state = on_state
        self._on_out = on_out
        # what to feed to the session, and what it wants; whether somebody is at it
        self._calls: deque[Callable[[], None]] = deque()
        self._actions = session.actions
        self._at_work = True
        self._received = False
        # what wakes the main coroutine, and what has failed outside it
        self._wake = asyncio.Event()
        self._failed: Exception | None = None
        self._deadline = Deadline(self._pump)
        self._frames = FrameReader(
            socket,
            on_frame=self._pump,
            on_text=lambda: self.call(lambda: session.close(TEXT_FRAME)),
            on_idle=self._all_came,
        )
        self._outbox = Outbox(socket, self.traffic, self._write_frames)
        self._heartbeat = Heartbeat(socket, self._heard_nothing)
        self._life = LifeSigns(socket, self._pump)
        self._reads = SharedReading(host, on_done=self._pump, on_late=self._tell)
        # the end: the connection is gone; this is over
        self._lost = self._over = False
        self._performer = Performer(socket, session, host, self._guard, on_in)

    async def run(self) -> Close:
        """Run the session to its end and close the socket.

        Returns:
            why it ended; if the connection was cut, a Close with code 1006 that may be retried.
        """
        news = FileListener(self.session, self.call, self._tell, lambda: self.host.is_open)
        stop_listening = self.host.listen(news)
        reader = asyncio.create_task(self._read_frames())
        try:
            self.session.start()
            self._at_work = False
            self._pump()
            self._heartbeat.start()
            news.version_moved(self.host.version)
            news.schema_changed(self.host.shapes, self.host.parked)  # they may have been altered while we dialled
            news.datasets_changed(self.host.datasets)
            while not self._lost and (self.session.closed is None or self._actions):
                await self._wake.wait()
                self._wake.clear()
                await self._work()
            return self.session.closed or how_it_ended(self.socket)
        finally:
            stop_listening()
            self._over = True
            self._deadline.cancel()
            self._reads.close()
            await self._finish(reader)

    # From outside

    @property
    def waiting(self) -> int:
        """How many bytes wait for the peer to take them."""
        return self._outbox.waiting

    @property
    def busy(self) -> bool:
        """Whether the session may not yet know of everything that has happened."""
        return bool(self._actions or self._calls)

    @property
    def departed(self) -> int:
        """About how many bytes have left for the peer: it rises as long as the peer takes any."""
        return self._outbox.departed

    def call(self, step: Callable[[], None]) -> None:
        """Call ``step``, which feeds the session, in its turn."""
        self._calls.append(step)
        self._pump()

    def hang_up(
        self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "", *, retry: bool = True, at_once: bool = False
    ) -> None:
        """End the session cleanly, after what is in progress.

        With another code than 1000 the peer's requests are left unanswered. ``at_once`` also leaves a merge, after the
        transaction that it is in.
        """
        self.call(lambda: self.session.close(Close(code, reason, retry=retry)))
        if code != CloseCode.NORMAL_CLOSURE:
            self._performer.unheard()
        if at_once:
            self._performer.unwelcome()

    # Feeding the session, and performing what it wants

    def _pump(self) -> None:
        """Feed what has arrived and perform the actions, unless somebody is at it, as far as nothing is awaited."""
        if self._at_work or self._reads.under_way or self._over:
            return
        self._at_work = True
        try:
            waits = self._go_on()
        except Exception as error:  # it belongs to the session, not to whoever brought something
            self._failed, waits = error, True
        finally:
            self._at_work = False
        if waits or self.session.closed is not None:
            self._wake.set()

    async def _work(self) -> None:
        """Go on where something has to be awaited."""
        if self._failed is not None:
            raise self._failed
        if self._reads.under_way:
            return
        self._at_work = True
        try:
            while self._go_on():
                if self._actions:
                    await self._perform_next()
                    continue
                with gc_pause.at_work():
                    await self._receive_large()
                    while not self._perform_ready() and not self._reads.under_way:
                        await self._perform_next()
        finally:
            self._at_work = False

    def _go_on(self) -> bool:
        """Feed the session and perform its actions until nothing is left.

        Returns:
            Whether the next thing, an action or a large frame, has to be awaited by the main coroutine.
        """
        while not self._actions or self._perform_ready():
            if self._received:
                self._received = False
                self._frames.go_on()
            elif self._calls:
                self._calls.popleft()()
            elif self._frames.frame is not None:
                if len(self._frames.frame) >= LARGE:
                    return True
                self._receive()
            elif not self._feed_rest():
                self._tell()
                if not self._calls:  # whoever was told may have added a call
                    return False
        return not self._reads.under_way

    def _feed_rest(self) -> bool:
        """Feed the session the connection's own events, and the time; return whether anything came of it."""
        if self._outbox.emptied:
            self._outbox.emptied = False
            if self.session.paced:
                self.session.flushed()
                return True
        if self._life.ponged and self._frames.idle:  # so everything before the pong has been received
            self._life.ponged = False
            self.session.ponged()
        elif self._life.carries(self._outbox.departed):
            self.session.carried()
        else:
            return self._tick()
        return True

    def _tick(self) -> bool:
        """Let time-outs act; return whether anything came of it."""
        session = self.session
        due = session.deadline()
        if due is None:
            return False
        if due <= session.now():
            session.tick()
            due = session.deadline()
        self._deadline.set(due, session.now())
        return bool(self._actions)

    def _receive(self) -> None:
        """Feed the frame that has arrived, if the guard lets it pass."""
        frame = self._take_frame()
        if frame is not None:
            self.session.receive(frame)

    async def _receive_large(self) -> None:
        """Feed a frame that takes long to decode, without making others on this loop wait."""
        frame = self._take_frame()
        if frame is None:
            return
        try:
            with gc_pause.reading():
                message = await asyncio.to_thread(decode, frame)
            del frame
            self.session.receive(message)
        except WireError as error:
            self.session.misread(error)

    def _take_frame(self) -> bytes | None:
        frame = self._frames.take()
        self._received = True
        self.traffic.bytes_in += len(frame)
        try:
            self._guard.frame(frame)
        except ProtocolError as error:
            self.session.close(Close(error.code, str(error)))
            return None
        return frame

    def _tell(self) -> None:
        """Report that the session's facts may have changed."""
        self._on_state(self.session)

    def _take_up_to(self, size: int) -> None:
        """Refuse larger messages by their announced size, before they have arrived."""
        self.socket.protocol.max_message_size = size

    # Actions

    def _perform_ready(self) -> bool:
        """Perform the session's actions as far as none has to be awaited; return whether that was all of them."""
        while self._actions:
            if not self._greeted and self.session.greeted:  # before the answer leaves, so nothing larger has come yet
                self._greeted = True
                self._take_up_to(self._guard.largest)
            try:
                if not self._perform_now(self._actions[0]):
                    return False
            except SynclineError as error:
                self._fail(error)
            self._actions.popleft()
        return True

    def _perform_now(self, action: Action) -> bool:
        """Perform an action that need not be awaited; return False if it must be."""
        match action:
            case Send(data, changes):
                self._outbox.put(data)
                if changes:
                    self._on_out(changes)
            case ReadPart():
                part = self._reads.read(action, self.session.here.generation)
                if part is None:
                    return False
                self.session.read_done(part)
            case RecordSent(site_id, version):
                self.host.sent_clocks.note(site_id, version, self.session.here.generation)
            case Ping():
                self._life.ping()
            case Close():
                pass
            case _:
                return False
        return True

    def _fail(self, error: SynclineError) -> None:
        log.info("%s: %s", self.host.path.name, error)
        self.session.failed(error)

    async def _perform_next(self) -> None:
        """Perform an action that has to be awaited."""
        late = asyncio.get_running_loop().call_later(LONG, self._tell)
        try:
            await self._performer.perform(self._actions[0])
        except Left:
            pass  # the session is about to close, or the connection is gone
        except SynclineError as error:
            self._fail(error)
        finally:
            late.cancel()
        self._reads.read_alone()
        self._actions.popleft()

    # The socket

    async def _read_frames(self) -> None:
        try:
            await self._frames.run()
        finally:
            self._lose()  # the main coroutine finds out the reason

    def _all_came(self) -> None:
        """Hear that everything that had arrived was dealt with, and so was whatever came before a pong."""
        if self._life.ponged:
            self._pump()

    async def _write_frames(self) -> None:
        try:
            await self._outbox.send_all()
        except ConnectionClosed:
            return  # the reader ends too, after what has arrived: the last of it may say why
        except GONE:
            self._lost = True  # a session that cannot send is over
            self._wake.set()
        else:
            self.call(self.session.flushed)

    def _lose(self) -> None:
        self._lost = True
        self._performer.unheard()
        self._wake.set()

    def _heard_nothing(self, seconds: float) -> None:
        here = t("Nothing was heard from the other side for {seconds:.0f} s.", seconds=seconds)
        self._performer.unheard()
        # A line may be dead in one direction only, so this may still arrive.
        there = t("The other side heard nothing from here for {seconds:.0f} s.", seconds=seconds)
        self.call(lambda: self.session.close(Close(CloseCode.GOING_AWAY, here, there)))

    async def _finish(self, reader: asyncio.Task[Any]) -> None:
        """End the tasks and close the socket."""
        self._frames.discard()
        self._heartbeat.stop()
        await asyncio.gather(self._outbox.end(), self._life.end(), return_exceptions=True)
        try:
            await say_goodbye(self.socket, self.session, self._outbox, reader)
        finally:
            await self.host.sent_clocks.flush()
