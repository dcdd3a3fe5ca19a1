"""Our own dialect, spoken when both ends are Syncline (``engine/wire/PROTOCOL.md``).

Both sides do the same. Each sends Hello, looks up what it holds of the other, and asks with Want for the rest. Wanted
history comes in Batches; only the last one of a range moves the clock, the others keep the place where a cut range can
go on. Each Batch is confirmed after its commit, which is what moves the sender's sent clock. Status announces a rise
that a Batch cannot announce yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from engine.errors import ProtocolError, RowRefused, SchemaMismatch, SynclineError, TableBroken
from engine.session.common_tables import Comparison, compare
from engine.table_shape import ParkedTable
from engine.tables import Known, MergeResult, Place
from engine.text import Text, printable, sentences, t
from engine.wire import (
    PROTOCOL,
    TYPED,
    Batch,
    Confirm,
    Digest,
    DigestRequest,
    Failure,
    FailureCode,
    Hello,
    Lineage,
    Message,
    Renewal,
    Renewed,
    RowMessage,
    SendAgain,
    Status,
    TablesRequest,
    Want,
    encode,
)

from .actions import CLOSE_MISSING, CLOSE_TOKEN, AskAgain, LookIntoRows, LookUp, Merge, Snapshot
from .digests import DigestSession
from .progress import versions_behind
from .sending import SendingSession

STALL = 30.0
"""Seconds without any movement after which a session with something left to do says why."""

GIVE_UP = 300.0
"""Seconds of it after which the session ends, for a new greeting may help. A large change may take long to come."""

SENTENCE = 500
"""Characters of the other side's sentences that are shown."""


class SynclineSession(SendingSession, DigestSession):
    """One session in the own dialect; the same on the hub and on the dialling side.

    Args:
        here, now, sends, receives: as in ``Session``.
        protocol: the number that both sides speak.
    """

    confirms = True

    def __init__(
        self,
        here: Snapshot,
        *,
        now: Callable[[], float],
        sends: bool = True,
        receives: bool = True,
        protocol: int = PROTOCOL,
    ) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self.protocol = protocol
        self._takers = deque()
        self.digests, self.answers, self._open = {}, {}, {}
        self._unconfirmed = deque()
        self.tables: Comparison | None = None
        self.refusal: Failure | None = None
        self._early: deque[Message] = deque()
        self._asked_for = 0
        self._doubts = False
        self._unanswered: tuple[int, bool] | None = None  # since when, and whether without filters
        self._first_want: tuple[int, tuple[str, ...], Place | None] | None = None
        self._resend = False
        self._covered: tuple[str, ...] = ()
        self._asked_as_covered: tuple[str, ...] = ()
        self._marks: tuple[tuple[str, str], ...] = ()
        self._forgetful = False
        self._next_number = 0
        self._uncovered = False
        self._trouble = ""

    def start(self) -> None:
        here = self.here
        self._announced = here.db_version if self.sends else 0
        hello = Hello(
            protocol=self.protocol,
            site_id=here.site_id,
            db_version=self._announced,
            schema_name=here.schema_name or "",
            schema_version=here.schema_version,
            tables=here.tables,
            parked=here.parked if self.protocol >= TYPED else (),
        )
        self._send(encode(hello))

    @property
    def note(self) -> str:
        tables = self.tables.note if self.tables is not None else ""
        return sentences(self.remark, self._trouble, tables)

    @property
    def parked(self) -> tuple[ParkedTable, ...]:
        return self.tables.parked if self.tables is not None else ()

    @property
    def nothing_left(self) -> bool:
        return bool(self.parked) and not self.common

    # Frames

    def _came(self, message: Message) -> None:
        if self._looking_up:
            self._early.append(message)
        else:
            self._on_message(message)

    def _on_message(self, message: Message) -> None:
        if isinstance(message, Failure):
            self._on_failure(message)
        elif isinstance(message, Hello):
            self._on_hello(message)
        elif isinstance(message, TablesRequest):
            self._actions.append(LookIntoRows(message))
        elif not self.greeted:
            raise ProtocolError(t("{name__} came before Hello.", name__=type(message).__name__))
        elif isinstance(message, Want):
            self._on_want(message)
        elif isinstance(message, Batch):
            self._on_batch(message)
        elif isinstance(message, Confirm):
            self._on_confirm(message)
        elif isinstance(message, Lineage | Renewal | Renewed):
            self._on_lineage(message)
        elif isinstance(message, DigestRequest | Digest):
            self._on_digest(message)
        elif isinstance(message, RowMessage):
            self._on_rows(message)
        elif isinstance(message, SendAgain):
            if self.receives and self._unanswered != (0, True):  # else that very answer is on its way
                self.ask_again()
        elif isinstance(message, Status):
            self.peer_version = message.db_version
            self._driver()
        else:
            raise ProtocolError(t("{name__} does not belong to this dialect.", name__=type(message).__name__))

    def _on_hello(self, hello: Hello) -> None:
        if self.greeted:
            raise ProtocolError(t("A second Hello came."))
        if hello.protocol != self.protocol:
            self._refuse(
                FailureCode.VERSION,
                t(
                    "The two sides speak versions {protocol} and {protocol2} of the protocol. Update the"
                    " older Syncline.",
                    protocol=hello.protocol,
                    protocol2=self.protocol,
                ),
            )
            return
        if hello.site_id == self.here.site_id:
            self._refuse(
                FailureCode.CLONE,
                t(
                    "Both sides have the same site id: one file is a copy of the other, or a file is"
                    " linked to itself. Give a copy a site id of its own (syncline new-id)."
                ),
            )
            return
        self.tables = tables = compare(self.here.tables, hello.tables, self.here.parked, hello.parked)
        if tables.problem:
            self._say(FailureCode.SCHEMA, tables.elsewhere, retry=False)
            super().close(1008, tables.problem, retry=False, parked=True)
            return
        self.common = tables.common
        self.peer, self.peer_version = hello.site_id, hello.db_version
        self._looking_up = True
        self._actions.append(LookUp(hello.site_id, tuple(one.table for one in tables.parked)))

    def known(self, known: Known) -> None:
        """Go on with the greeting: what we hold of the peer says what to ask it for."""
        self._looking_up = False
        self._tokens = known.mine
        if self.closed:
            return
        if self.greeted:
            self._recorded, self.confirmed = known.sent, known.sent or 0  # another connection may have heard more
            self._compare_lineage(known)
            self._take_early()
            return
        self._marks = tuple(mark for mark in known.marks if mark[0] in self.common)
        if len(self._marks) < len(self.common):  # since the greeting was made
            self.close(1001, t("The tables of the file were altered."), regreet=True)
            return
        self.greeted = True
        self._greeted_with = known.mine
        self._send(encode(Lineage(known.mine, tuple(token for _, token in known.seen[-1:]))))
        self._deadline = None
        self.offered = self.received = known.received
        self._recorded, self.confirmed = known.sent, known.sent or 0
        self._covered = tuple(name for name in self.common if name in known.tables)
        self._forgetful = known.forgetful
        if self.receives:
            covered = self._covered
            self._uncovered = covered != self.common and bool(self.peer_version)
            place = known.place
            self._first_want = place.since if place is not None else self.received, covered, place
            if not self.wary:
                self._ask_due()
        self._take_early()

    def _take_early(self) -> None:
        """Deal with what came while we looked something up."""
        try:
            while self._early and not self._looking_up and self.closed is None:
                self._on_message(self._early.popleft())
        except ProtocolError as error:
            self.close(error.code, str(error))

    def ask_again(self, since: int = 0) -> None:
        """Ask the peer for its history above ``since`` once more, without filters (to mend a difference).

        The wish is kept on our disk until it is fulfilled, also by a later session.
        """
        assert self.peer is not None
        self._actions.append(AskAgain(self.peer, since))
        self._resend = True
        self._ask(since, self._covered, None)

    def send_again(self) -> None:
        """Have the peer ask for all of our history once more, without filters."""
        self._send(encode(SendAgain()))

    @property
    def asking_again(self) -> bool:
        """Whether what ``ask_again`` has asked for is not all here."""
        return self._resend

    def _doubt(self) -> None:
        """The peer may hold changes that we once made and hold no more: no filter by author may hide them from us."""
        self._doubts = self.receives and not self._resend
        if not self.wary:
            self._ask_due()

    def _ask_due(self) -> None:
        first, self._first_want = self._first_want, None
        doubts, self._doubts = self._doubts, False
        if doubts:
            self.ask_again(self.received)
        elif first is not None:
            self._ask(*first)

    def _ask(self, since: int, tables: tuple[str, ...], place: Place | None) -> None:
        self._asked_for += 1
        self._unanswered = (since, self._resend) if place is None else None
        self._asked_as_covered = tables
        if place is not None:
            self._resend = place.resend
        until, token = (place.until, place.token) if place is not None else (0, b"")
        self._send(encode(Want(self._asked_for, since, tables, self._resend or self._forgetful, until, token)))

    def _on_failure(self, failure: Failure) -> None:
        self.refusal = failure
        self.copied = failure.code == FailureCode.CLONE
        parked = failure.code == FailureCode.SCHEMA
        super().close(1000, printable(failure.sentence, SENTENCE), retry=failure.retry, parked=parked)

    # Inbound

    def _on_batch(self, batch: Batch) -> None:
        if not self.receives or self.peer is None:
            raise ProtocolError(
                t("Changes came where none are taken: this side only sends, so that you can only read.")
            )
        if batch.number != self._next_number:
            missing = t(
                "Batch {next_number} is missing: {number} came instead.",
                next_number=self._next_number,
                number=batch.number,
            )
            raise ProtocolError(missing, code=CLOSE_MISSING)
        if not 0 < batch.want <= self._asked_for:
            raise ProtocolError(t("A batch came that was never asked for."))
        if not self.kin:
            raise ProtocolError(t("A batch came before Lineage."))
        self._next_number += 1
        self._more_coming = batch.more
        place = None
        if batch.place:
            place = Place(self.peer, batch.since, batch.until, batch.place, self._resend, self._marks)
            behind = versions_behind(batch.changes, self.common, batch.since, batch.until)
            self._behind_in = max(self._behind_in, behind)
        current = batch.want == self._asked_for
        if current:
            self._unanswered = None
        self._accept(
            batch.changes,
            since=batch.since,
            until=batch.until,
            place=place,
            tables=self.common,
            keep=current,
            resend=self._resend,
            covered=self._asked_as_covered,
            marks=self._marks,
        )
        if current and place is None:
            self._asked_as_covered = self.common  # what follows goes on from there

    def _merged(self, merge: Merge) -> None:
        if merge.received is not None:
            self._behind_in = 0
            self._uncovered = False
            self._covered = self.common
            self._resend = self._resend and not merge.received.resend
        self._send(encode(Confirm(merge.until)))

    @property
    def to_receive(self) -> int:
        """How many versions are left; parts of a range count, though the clock moves at its end."""
        left = super().to_receive
        return max(1, left - self._behind_in) if left else 0

    @property
    def all_received(self) -> bool:
        """Whether everything that the peer announced is on our disk, of every table that both have."""
        return super().all_received and self.kin and not self._uncovered

    # The watchdog

    def receive(self, data: bytes | Message) -> None:
        super().receive(data)
        self._stir()

    def local_changed(self, version: int) -> None:
        super().local_changed(version)
        if self._deadline is None:
            self._stir()

    def merge_done(self, results: Sequence[MergeResult]) -> None:
        super().merge_done(results)
        self._stir()

    def carried(self) -> None:
        self._stir()

    def _stir(self) -> None:
        """Note that something moved: the watchdog begins to count anew, unless there is nothing left to do."""
        self._trouble = ""
        if self.greeted:
            self._deadline = None if self.in_sync else self.now() + STALL

    def _quiet(self) -> None:
        """Say why nothing moves; greet anew where that can help."""
        if self.in_sync:
            return
        ending = bool(self._trouble)
        seconds = GIVE_UP if ending else STALL

        def why(side: Text) -> Text:
            if self._unconfirmed:
                return t("{side} has not confirmed what was sent for {seconds:.0f} s.", side=side, seconds=seconds)
            if not self.all_received:
                return t(
                    "{side} has announced more changes, but sent none for {seconds:.0f} s.", side=side, seconds=seconds
                )
            return t("{side} waits for {seconds:.0f} s for changes that do not leave.", side=side, seconds=seconds)

        if not self._unconfirmed and self.sends and not self.asked and self.all_received:
            self._trouble = t("The other side has not asked for our changes: it may be set to send only.")
            return
        self._trouble = why(t("The other side"))
        self._deadline = self.now() + GIVE_UP - STALL
        if ending:
            self.close(1011, self._trouble, said=why(t("This side")))

    # Ending

    def close(
        self,
        code: int,
        reason: str,
        *,
        said: str = "",
        retry: bool = True,
        regreet: bool = False,
        parked: bool = False,
    ) -> None:
        """End the session; unless it ends well, say why first."""
        if self.closed is None and code not in (1000, 1001):
            kind = _KINDS.get(code, FailureCode.PROTOCOL)
            self._say(kind, said or reason, retry)
        super().close(code, reason, said=said, retry=retry, regreet=regreet, parked=parked)

    def failed(self, error: SynclineError) -> None:
        altered = isinstance(error, SchemaMismatch) and not isinstance(error, RowRefused)
        if isinstance(error, TableBroken) or altered:  # since the greeting: the other tables go on without it
            super().close(1001, str(error), said=t("The tables of the file were altered."), regreet=True)
        else:
            super().failed(error)

    def _refuse(self, code: FailureCode, sentence: str) -> None:
        self.copied = code is FailureCode.CLONE
        self._say(code, sentence, retry=False)
        super().close(1008, sentence, retry=False)

    def _say(self, code: FailureCode, sentence: str, retry: bool) -> None:
        self._send(encode(Failure(code=int(code), sentence=sentence, retry=retry)))


_KINDS = {
    CLOSE_TOKEN: FailureCode.TOKEN,
    1008: FailureCode.SCHEMA,
    1009: FailureCode.TOO_LARGE,
    1011: FailureCode.INTERNAL,
    4005: FailureCode.CLONE,
}
"""What kind of failure a close code stands for."""
