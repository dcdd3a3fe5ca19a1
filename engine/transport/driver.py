"""Drives a session: feeds it frames, news and time; performs its actions on the socket and the replica.

One coroutine handles everything in turn, so that a session never sees two things at once. Reading waits until the
frame before is dealt with (merged and on disk), which is the back-pressure towards the peer; writing has its own task,
so that two ends that both have much to say cannot block each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from engine.change import Change
from engine.errors import NoSuchFile, ProtocolError, SynclineError, WireError
from engine.replica import Replica, table_digests
from engine.session import (
    Action,
    AskAgain,
    Close,
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
    SessionFacts,
    TakeDigests,
    answer,
)
from engine.session.close_codes import CloseCode
from engine.session.traffic import Traffic
from engine.sqlite.steps import Left, unless
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Parked, Shape
from engine.tables import Applied
from engine.text import t
from engine.transport import gc_pause
from engine.transport.close_codes import GONE, how_it_ended, shortened
from engine.transport.deadline import Deadline
from engine.transport.keepalive import silence, taken, while_connected
from engine.transport.limits import PeerLimits
from engine.transport.outbox import Outbox
from engine.wire import MAX_SMALL, decode

log = logging.getLogger(__name__)

T = TypeVar("T")

PINGS = 2_000
"""Bytes that may be nothing but signs of life; more is part of a message."""

LARGE = 256 * 1024
"""Bytes of a message that is read on a thread of its own."""

GOODBYE = 2.0
"""Seconds that the last frames have to leave; the closing handshake has twice as many."""


class Driver:
    """One session on one open connection.

    Args:
        socket: an open websockets connection (either side's).
        session: a session that has not been started.
        host: the replica it speaks for.
        guard: asked before a message or changes are taken.
        on_state: called after every step with the session's facts, which may have changed.
        on_in: called with changes that were merged, and what they overwrote; None where nobody wants to know.
        on_out: called with changes that were sent.
    """

    def __init__(
        self,
        socket: Connection,
        session: Session,
        host: ReplicaHost,
        *,
        guard: PeerLimits | None = None,
        on_state: Callable[[SessionFacts], None] = lambda _: None,
        on_in: Callable[[Sequence[Applied]], None] | None = None,
        on_out: Callable[[tuple[Change, ...]], None] = lambda _: None,
    ) -> None:
        self.socket = socket
        self.session = session
        self.host = host
        self.traffic = Traffic()
        self._guard = guard or PeerLimits()
        self._take_up_to(min(MAX_SMALL, self._guard.largest) if session.greets_first else self._guard.largest)
        self._on_state = on_state
        self._on_in = on_in
        self._on_out = on_out
        # work for the main coroutine, and what wakes it
        self._wake = asyncio.Event()
        self._calls: deque[Callable[[], None]] = deque()
        self._deadline = Deadline(self._wake.set)
        # the reader: the frame that has come, until it is taken
        self._frame: bytes | None = None
        self._frame_taken = asyncio.Event()
        self._reader_waits = False
        # the writer
        self._outbox = Outbox(socket, self.traffic)
        # signs of life: pings under way and answered; bytes that had come and left when the session heard of it
        self._pings: set[asyncio.Task[None]] = set()
        self._ponged = False
        self._carried = (0, 0)
        # the end: the connection is gone; what still comes is let go;
        # nobody hears our answers any more; nothing more is taken from the peer
        self._lost = False
        self._finishing = False
        self._unheard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unwelcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> Close:
        """Run the session to its end and close the socket.

        Returns:
            why it ended; for a connection that was cut, a Close with code 1006 that may be retried.
        """
        stop_listening = self.host.listen(self)
        reader = asyncio.create_task(self._read_frames())
        writer = asyncio.create_task(self._write_frames())
        heartbeat = asyncio.create_task(self._listen_for_life())
        try:
            self.session.start()
            await self._perform()
            self.version_moved(self.host.version)
            self.schema_changed(self.host.shapes, self.host.parked)  # they may have been altered while we dialled
            while self.session.closed is None and not self._lost:
                await self._wake.wait()
                self._wake.clear()
                await self._step()
            return self.session.closed or how_it_ended(self.socket)
        finally:
            stop_listening()
            self._deadline.cancel()
            await self._finish(reader, writer, heartbeat)

    # From outside

    @property
    def waiting(self) -> int:
        """How many bytes wait for the peer to take them."""
        return self._outbox.waiting

    @property
    def departed(self) -> int:
        """How many bytes have left for the peer, about: it rises while the peer takes any."""
        return self._outbox.departed

    def version_moved(self, version: int) -> None:
        """``ReplicaHost`` listener: the file's clock rose."""
        self.call(lambda: self.session.local_changed(version))

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        """``ReplicaHost`` listener: the tables are others now, or look otherwise."""
        self.call(lambda: self.session.schema_changed(tables, parked))

    def replaced(self) -> None:
        """``ReplicaHost`` listener: another file has taken the place of ours; begin anew with what it holds."""
        self.call(lambda: self.session.close(CloseCode.GOING_AWAY, t("The file was replaced."), regreet=True))

    def troubled(self, error: SynclineError | None) -> None:
        """``ReplicaHost`` listener: the file cannot be used; one that has gone holds nothing any more to be synced."""
        if isinstance(error, NoSuchFile):
            self.call(lambda: self.session.failed(error))

    def call(self, step: Callable[[], None]) -> None:
        """Have the main coroutine call ``step`` (which feeds the session) in its turn."""
        self._calls.append(step)
        self._wake.set()

    def hang_up(
        self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "", *, retry: bool = True, at_once: bool = False
    ) -> None:
        """End the session in good order, after what is under way.

        With another code than 1000 the peer is not waited for: what it has asked is left. ``at_once`` leaves a merge,
        too, after the transaction that it is in.
        """
        self.call(lambda: self.session.close(code, reason, retry=retry))
        if code != CloseCode.NORMAL_CLOSURE:
            _set(self._unheard)
        if at_once:
            _set(self._unwelcome)

    # The main coroutine

    async def _step(self) -> None:
        """Feed everything that has come, then perform what the session wants."""
        while self._calls:
            self._calls.popleft()()
            await self._perform()
        if self._frame is not None:
            self.traffic.bytes_in += len(self._frame)
            with gc_pause.at_work() if len(self._frame) >= LARGE else contextlib.nullcontext():
                await self._receive()
                await self._perform()
            self._frame_taken.set()
        if self._ponged and self._reader_waits:  # and so everything before the pong has been received
            self._ponged = False
            self.session.ponged()
        if self._carries():
            self.session.carried()
        self.session.tick()
        await self._perform()

    async def _receive(self) -> None:
        """Feed the frame that has come, if the guard lets it pass."""
        assert self._frame is not None
        frame, self._frame = self._frame, None  # a large one need not lie in memory beside what it held
        try:
            self._guard.frame(frame)
            if len(frame) < LARGE:
                self.session.receive(frame)
            else:  # others on this loop need not wait for it
                with gc_pause.reading():
                    message = await asyncio.to_thread(decode, frame)
                del frame
                self.session.receive(message)
        except ProtocolError as error:
            self.session.close(error.code, str(error))
        except WireError as error:
            self.session.misread(error)

    def _carries(self) -> bool:
        """Whether more than a few pings have come or left since this was last so."""
        now = taken(self.socket) or 0, self.departed
        if max(now[0] - self._carried[0], now[1] - self._carried[1]) < PINGS:
            return False
        self._carried = now
        return True

    async def _perform(self) -> None:
        """Perform actions until the session has none left."""
        while actions := self.session.take():
            if self.session.greeted:  # before the answer leaves: nothing larger can have come yet
                self._take_up_to(self._guard.largest)
            for action in actions:
                try:
                    await self._do(action)
                except Left:
                    pass  # the session is about to close, or the connection is gone
                except SynclineError as error:
                    log.info("%s: %s", self.host.path.name, error)
                    self.session.failed(error)
        self._deadline.set(self.session.deadline(), self.session.now())
        self._on_state(self.session.facts())

    def _take_up_to(self, size: int) -> None:
        """Refuse larger messages by what they say of their size, before they have come."""
        self.socket.protocol.max_message_size = size

    async def _do(self, action: Action) -> None:
        generation = self.session.here.generation
        match action:
            case Send(data, changes):
                self._outbox.put(data)
                if changes:
                    self._on_out(changes)
            case Read():
                self.session.read_done(await self.host.read(action, generation))
            case ReadPart():
                self.session.read_done(await self.host.read_part(action, generation))
            case LookUp():
                self.session.known(await self.host.known(action, generation))
            case Renew(site_id, confirmed):
                self.session.renewed(await self.host.run_on(generation, Replica.renew_lineage, site_id, confirmed))
            case Keep(site_id, token, after):
                known = await self.host.run_on(generation, Replica.keep_lineage, site_id, token, after)
                self.session.kept(token, known)
            case AskAgain(site_id, since):
                await self.host.run_on(generation, Replica.ask_again, site_id, since)
            case TakeDigests(tables):
                self.session.digested(await self._while_heard(self.host.survey(table_digests.tables, tables)))
            case QueryRows(question):
                self.session.answered(await self._while_heard(self.host.survey(answer, question)))
            case Merge():
                self._guard.merge(action)
                merge = self.host.merge(action, generation, report_applied=self._on_in is not None)
                results = await unless(self._unwelcome, merge)
                self.session.merge_done(results)
                for result in results:
                    if result.applied and self._on_in is not None:
                        self._on_in(result.applied)
            case RecordSent(site_id, version):
                self.host.sent_clocks.note(site_id, version, generation)
            case Ping():
                ping = asyncio.create_task(self._ping())
                self._pings.add(ping)
                ping.add_done_callback(self._pings.discard)
            case Close():
                pass

    def _while_heard(self, work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Do what an answer takes, as long as somebody waits for it. Raises Left."""
        return while_connected(self.socket, unless(self._unheard, work))

    # The socket

    async def _read_frames(self) -> None:
        try:
            while True:
                self._reader_waits = True
                if self._ponged:
                    self._wake.set()
                frame = await self.socket.recv()
                self._reader_waits = False
                if self._finishing:
                    continue
                if isinstance(frame, str):
                    self.call(
                        lambda: self.session.close(
                            CloseCode.UNSUPPORTED_DATA, t("A text frame came; only binary frames are accepted.")
                        )
                    )
                    continue
                self._frame = frame
                del frame
                self._frame_taken.clear()
                self._wake.set()
                await self._frame_taken.wait()
        except ConnectionClosed:
            pass  # the main coroutine finds out why
        finally:
            self._lose()

    async def _write_frames(self) -> None:
        try:
            await self._outbox.run(lambda: self.call(self.session.flushed))
        except ConnectionClosed:
            return  # the reader ends too, behind what has come: the last of it may say why
        except GONE:
            pass
        self._lost = True  # a session whose frames do not leave is over
        self._wake.set()

    def _lose(self) -> None:
        self._lost = True
        _set(self._unheard)
        self._wake.set()

    async def _ping(self) -> None:
        with contextlib.suppress(*GONE):
            await (await self.socket.ping())
            self._ponged = True
            self._wake.set()

    async def _listen_for_life(self) -> None:
        try:
            seconds = await silence(self.socket)
        except GONE:
            return
        here = t("Nothing was heard from the other side for {seconds:.0f} s.", seconds=seconds)
        _set(self._unheard)
        # Some lines die by halves, so this may still arrive.
        there = t("The other side heard nothing from here for {seconds:.0f} s.", seconds=seconds)
        self.call(lambda: self.session.close(CloseCode.GOING_AWAY, here, peer_reason=there))

    async def _finish(self, reader: asyncio.Task[Any], writer: asyncio.Task[Any], heartbeat: asyncio.Task[Any]) -> None:
        """Send what is left (a reason, say), close the socket, end the tasks.

        What still comes is read and let go: a socket that is closed with something unread cuts the goodbye off.
        """
        self._finishing = True
        self._frame_taken.set()
        closed = self.session.closed
        for task in (writer, heartbeat, *self._pings):
            task.cancel()
        await asyncio.gather(writer, heartbeat, *self._pings, return_exceptions=True)
        try:
            if closed is not None:
                await self._outbox.flush(GOODBYE)
            with contextlib.suppress(*GONE, TimeoutError):  # a peer that takes nothing takes no goodbye either
                async with asyncio.timeout(2 * GOODBYE):
                    await self.socket.close(
                        closed.code if closed else CloseCode.GOING_AWAY, shortened(closed.peer_reason) if closed else ""
                    )
        finally:
            with contextlib.suppress(*GONE):
                self.socket.transport.abort()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await self.host.sent_clocks.flush()


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
