"""Our own dialect, spoken when both ends are Syncline (``engine/wire/PROTOCOL.md``).

Both sides do the same. Each sends Hello, looks up what it holds of the other, and asks with Want for the rest. Wanted
history comes in Batches; only the last one of a range moves the clock, the others keep the place where a cut range can
go on. Each Batch is confirmed after its commit, which is what moves the sender's sent clock. Status announces a rise
that a Batch cannot announce yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.errors import ProtocolError, RowRefused, SchemaMismatch, SynclineError, TableBroken
from engine.peer_text import for_peer, from_peer
from engine.session.common_tables import compare
from engine.table_shape import ParkedTable, Shape, Shared, ordinary
from engine.tables import Known, MergeResult
from engine.text import Text, sentences, t
from engine.wire import (
    COLUMNS,
    JOINING,
    PROTOCOL,
    TEMPLATES,
    TYPED,
    Batch,
    Coming,
    Confirm,
    Digest,
    DigestRequest,
    Failure,
    FailureCode,
    Hello,
    Joined,
    Leads,
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

from . import endings
from .actions import Close, LookUp, QueryRows, Snapshot
from .close_codes import CloseCode, OwnCloseCode
from .joining import JoinSession
from .receiving import ReceivingSession
from .sending import SendingSession
from .streams import Phase

STALL = 30.0
"""Seconds without any progress after which a session with something left to do says why."""

GIVE_UP = 300.0
"""Seconds without any progress after which the session ends, as a new greeting may help. A large change may take long
to arrive."""


class SynclineSession(ReceivingSession, SendingSession, JoinSession):
    """A session in our own dialect, which is the same on the hub and on the dialling side.

    Args:
        here, now, sends, receives: as in ``Session``.
        protocol: the number that both sides speak.

    Attributes:
        refusal: what the other side has refused, and why, if it has.
        tables_there: what the other side has told about its tables.
    """

    confirms = True
    paced = False

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
        self.refusal: Failure | None = None
        self.tables_there: tuple[Shape, ...] = ()
        self._early: deque[Message] = deque()
        """Messages that came while something was being looked up."""
        self._stalled = ""
        """Why there is no progress, if there has been none for long."""

    def start(self) -> None:
        here = self.here
        self._window.announced = here.db_version if self.sends else 0
        hello = Hello(
            protocol=self.protocol,
            site_id=here.site_id,
            db_version=self._window.announced,
            schema_name=here.schema_name or "",
            schema_version=here.schema_version,
            tables=here.tables if self.protocol >= TYPED else tuple(one for one in here.tables if not one.refers),
            parked=here.parked if self.protocol >= TYPED else (),
            datasets=tuple(here.datasets[one.name] for one in here.tables) if self.protocol >= JOINING else (),
        )
        self._send(encode(hello))

    @property
    def note(self) -> str:
        tables = self.tables.note if self.tables is not None else ""
        return sentences(self.remark, self._stalled, tables)

    @property
    def parked(self) -> tuple[ParkedTable, ...]:
        if self.tables is None:
            return ()
        return (*self.tables.parked, *self._apart.values()) if self._apart else self.tables.parked

    @property
    def one_sided(self) -> tuple[str, ...]:
        return self.tables.one_sided if self.tables is not None else ()

    @property
    def shared(self) -> Shared | None:
        if self.tables is None:
            return None
        return Shared(len(self.common), len(self.here.tables), len(self.tables_there))

    @property
    def nothing_left(self) -> bool:
        return bool(self.parked) and not self.common and not self.joining

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
            self._actions.append(QueryRows(message))
        elif not self.greeted:
            raise ProtocolError(t("{message} came before Hello.", message=type(message).__name__))
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
        elif isinstance(message, Joined):
            self._on_joined(message)
        elif isinstance(message, Leads):
            self._on_leads()
        elif isinstance(message, SendAgain):
            self._on_send_again()
        elif isinstance(message, Coming):
            self._on_coming(message)
        elif isinstance(message, Status):
            self.inbound.announced = message.db_version
            self._advance()
        else:
            raise ProtocolError(t("{message} is not allowed here.", message=type(message).__name__))

    def _on_hello(self, hello: Hello) -> None:
        if self.greeted:
            raise ProtocolError(t("A second Hello came."))
        if hello.protocol != self.protocol:
            self._refuse(
                FailureCode.VERSION,
                t(
                    "One side speaks version {older} of the protocol, the other version {newer}. Update "
                    "the older Syncline.",
                    older=min(hello.protocol, self.protocol),
                    newer=max(hello.protocol, self.protocol),
                ),
            )
            return
        if hello.site_id == self.here.site_id:
            self._refuse(
                FailureCode.CLONE,
                sentences(
                    t("Both sides have the same site id: one file is a copy of the other, or this is the file itself."),
                    t("Give the copy a new site id: syncline new-id."),
                ),
            )
            return
        self.tables_there = hello.tables
        partly = self.protocol >= COLUMNS
        told = dict(zip((one.name for one in hello.tables), hello.datasets, strict=False))
        both = ordinary(self.here.datasets, told) if partly else ()
        self.tables = tables = compare(
            self.here.tables, hello.tables, self.here.parked, hello.parked, partly=partly, ordinary=both
        )
        if tables.problem:
            self._send_failure(FailureCode.SCHEMA, tables.elsewhere, retry=False)
            super().close(Close(CloseCode.POLICY_VIOLATION, tables.problem, retry=False, parked=True))
            return
        if self.protocol >= JOINING:
            apart = self._meet_rows(told, hello.db_version)
            self.tables = replace(tables, common=tuple(name for name in tables.common if name not in apart))
        self.peer, self.inbound.announced = hello.site_id, hello.db_version
        self.phase = Phase.LOOKING_UP
        self._claim_lead()
        parked = tuple(one.table for one in tables.parked)
        loose = {one.name: one.loose for one in hello.tables if one.loose} if self.receives else {}
        self._actions.append(LookUp(hello.site_id, parked, self.meetings, hello.db_version, loose))

    @property
    def _looking_up(self) -> bool:
        return self.phase in (Phase.LOOKING_UP, Phase.COMPARING)

    def known(self, known: Known) -> None:
        """Continue the greeting: what we hold of the peer's history tells what to ask for."""
        self._tokens.ours = known.mine
        if self.closed:
            return
        outbound = self.outbound
        if self.phase is Phase.COMPARING:
            # another connection may have heard more
            outbound.recorded, outbound.confirmed = known.sent, known.sent or 0
            self._compare_lineage(known)
            self._take_early()
            self._begin_joining(known)
            return
        if known.stale:
            self.close(endings.ALTERED)
            return
        if not self._rest_on(known):  # since the greeting was made
            self.close(endings.ALTERED)
            return
        self.phase = Phase.GREETED
        self._tokens.greeted_with = known.mine
        self._send(encode(Lineage(known.mine, tuple(token for _, token in known.seen[-1:]))))
        self._deadline = None
        outbound.recorded, outbound.confirmed = known.sent, known.sent or 0
        self._begin_receiving(known)
        self._take_early()
        self._pass_on()

    def _take_early(self) -> None:
        """Handle the messages that came while something was being looked up."""
        try:
            while self._early and not self._looking_up and self.closed is None:
                self._on_message(self._early.popleft())
        except ProtocolError as error:
            self.close(Close(error.code, str(error)))

    def trust(self) -> None:
        super().trust()
        self._lead()

    def _on_failure(self, failure: Failure) -> None:
        self.refusal = failure
        self.copied = failure.code == FailureCode.CLONE
        parked = failure.code == FailureCode.SCHEMA
        reason = from_peer(failure.sentence)
        super().close(Close(CloseCode.NORMAL_CLOSURE, reason, retry=failure.retry, parked=parked))

    # The watchdog

    def receive(self, data: bytes | Message) -> None:
        super().receive(data)
        self._reset_watchdog()

    def local_changed(self, version: int) -> None:
        super().local_changed(version)
        if self._deadline is None:
            self._reset_watchdog()

    def merge_done(self, results: Sequence[MergeResult]) -> None:
        super().merge_done(results)
        self._reset_watchdog()

    def carried(self) -> None:
        self._reset_watchdog()

    def _reset_watchdog(self) -> None:
        """Restart the watchdog, as there was progress; stop it if there is nothing left to do."""
        self._stalled = ""
        if self.greeted:
            self._deadline = None if self.in_sync else self.now() + STALL

    def _quiet(self) -> None:
        """Say why there is no progress; greet again if that can help."""
        if self.in_sync:
            return
        ending = bool(self._stalled)
        seconds = GIVE_UP if ending else STALL

        def stalled(side: Text) -> Text:
            if self._window.sizes:
                return t("{side} has not confirmed what was sent for {seconds:.0f} s.", side=side, seconds=seconds)
            if not self.all_received:
                return t(
                    "{side} has announced more changes, but sent none for {seconds:.0f} s.", side=side, seconds=seconds
                )
            return t("{side} has waited {seconds:.0f} s for its changes to be sent.", side=side, seconds=seconds)

        if not self._window.sizes and self.sends and not self.outbound.asked and self.all_received:
            self._stalled = t("The other side has not asked for our changes: it may be set to send only.")
            return
        self._stalled = stalled(t("The other side"))
        self._deadline = self.now() + GIVE_UP - STALL
        if ending:
            self.close(Close(CloseCode.INTERNAL_ERROR, self._stalled, stalled(t("This side"))))

    # Ending

    @property
    def peer_reads_templates(self) -> bool:
        return self.protocol >= TEMPLATES

    def close(self, closed: Close) -> None:
        """End the session, and tell the peer why first unless it ends well."""
        if self.closed is None and closed.code not in (CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY):
            self._send_failure(_KINDS.get(closed.code, FailureCode.PROTOCOL), closed.to_peer, closed.retry)
        super().close(closed)

    def failed(self, error: SynclineError) -> None:
        altered = isinstance(error, SchemaMismatch) and not isinstance(error, RowRefused)
        if isinstance(error, TableBroken) or altered:  # since the greeting: the other tables go on without it
            super().close(replace(endings.ALTERED, reason=str(error), peer_reason=endings.ALTERED.reason))
        else:
            super().failed(error)

    def _refuse(self, code: FailureCode, sentence: str) -> None:
        self.copied = code is FailureCode.CLONE
        self._send_failure(code, sentence, retry=False)
        super().close(Close(CloseCode.POLICY_VIOLATION, sentence, retry=False))

    def _send_failure(self, code: FailureCode, sentence: str, retry: bool) -> None:
        said = for_peer(sentence, templates=self.peer_reads_templates)
        self._send(encode(Failure(code=int(code), sentence=said, retry=retry)))


_KINDS: dict[int, FailureCode] = {
    OwnCloseCode.TOKEN: FailureCode.TOKEN,
    CloseCode.POLICY_VIOLATION: FailureCode.SCHEMA,
    CloseCode.MESSAGE_TOO_BIG: FailureCode.TOO_LARGE,
    CloseCode.INTERNAL_ERROR: FailureCode.INTERNAL,
    OwnCloseCode.COPIED: FailureCode.CLONE,
}
"""The kind of failure that a close code stands for."""
