"""Our own dialect, spoken when both ends are Syncline (design.md section 6).

Both sides do the same. Each sends Hello, and on the other's Hello asks with Want for what it does not hold. Wanted
history goes out in Batches: a part of a large version leaves the clock where it is (``until == since``), the last part
moves it. Each Batch is confirmed after its commit, which is what moves the sender's sent clock. Status announces a
rise that a Batch cannot announce yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from engine.change import Change
from engine.crr import ChangeSet
from engine.errors import ProtocolError
from engine.wire import (
    PROTOCOL,
    Batch,
    Confirm,
    Failure,
    FailureCode,
    Hello,
    Message,
    Status,
    Want,
    decode,
    encode,
)
from engine.words import printable

from .actions import Merge, Snapshot
from .base import Session

WINDOW = 8
"""Batches that may be unconfirmed at a time. Below websockets' receive queue, so that two busy ends cannot block."""

SENTENCE = 500
"""Characters of the other side's sentences that are shown."""

BATCH_CHANGES = 1_000
BATCH_BYTES = 256 * 1024
"""Bounds of one Batch, changes and (roughly) bytes. A single larger change still goes, alone."""


class OwnSession(Session):
    """One session in the own dialect; the same on the hub and on the dialling side."""

    confirms = True

    def __init__(
        self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True
    ) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self._filters = True
        self._outbox: deque[Batch] = deque()
        self._unconfirmed = 0
        self._announced = 0
        self._more = False
        self._reached = 0
        self._promised = False
        self._more_coming = False
        self.refusal: Failure | None = None

    def start(self) -> None:
        here = self.here
        self._announced = here.db_version if self.sends else 0
        hello = Hello(
            protocol=PROTOCOL,
            site_id=here.site_id,
            db_version=self._announced,
            schema_name=here.schema_name or "",
            schema_version=here.schema_version,
            tables=here.tables,
        )
        self._send(encode(hello))

    # Frames

    def _on_frame(self, data: bytes) -> None:
        message: Message = decode(data)
        if isinstance(message, Failure):
            self._on_failure(message)
        elif isinstance(message, Hello):
            self._on_hello(message)
        elif not self.greeted:
            raise ProtocolError(f"{type(message).__name__} came before Hello.")
        elif isinstance(message, Want):
            self._on_want(message)
        elif isinstance(message, Batch):
            if not self.receives:
                raise ProtocolError("A batch came on a link that only sends.")
            self._more_coming = message.more
            self._accept(message.changes, since=message.since, until=message.until, stock=False)
        elif isinstance(message, Confirm):
            self._on_confirm(message)
        elif isinstance(message, Status):
            self.peer_version = message.db_version
            self._pump()
        else:
            raise ProtocolError(f"{type(message).__name__} does not belong to this dialect.")

    def _on_hello(self, hello: Hello) -> None:
        if self.greeted:
            raise ProtocolError("A second Hello came.")
        if hello.protocol != PROTOCOL:
            self._refuse(
                FailureCode.VERSION,
                f"The two sides speak versions {hello.protocol} and {PROTOCOL} of the protocol."
                " Update the older Syncline.",
            )
            return
        if hello.site_id == self.here.site_id:
            self._refuse(
                FailureCode.CLONE,
                "Both sides have the same site id: one file is a copy of the other, or a file is linked to itself.",
            )
            return
        if self.here.tables and hello.tables and not set(self.here.tables) & set(hello.tables):
            self._refuse(
                FailureCode.SCHEMA,
                f"The two sides have no table in common: {_names(hello.tables)} on the one,"
                f" {_names(self.here.tables)} on the other.",
            )
            return
        self._meet(hello.site_id)
        self.greeted = True
        self._deadline = None
        self.peer_version = hello.db_version
        if self.receives:
            self._send(encode(Want(since=self.received, resend=False)))

    def ask_again(self) -> None:
        """Ask the peer for its whole history from the start, without filters (to mend a difference)."""
        self._send(encode(Want(since=0, resend=True)))

    def _on_want(self, want: Want) -> None:
        if not self.sends:
            return
        self.asked = True
        self._filters = not want.resend
        if want.since < self.position:
            self._own_versions.clear()
        self._outbox.clear()
        self.position = self.scanned = want.since
        self._reached = max(self._reached, want.since)
        self._confirm_sent(want.since, lower=True)
        if want.since > self.local_version:
            self._read(exclude_site=self.peer)  # a fresh look: newer than we knew, or a restored file
        self._pump()

    def _on_confirm(self, confirm: Confirm) -> None:
        if self._unconfirmed == 0:
            raise ProtocolError("A confirmation came for nothing sent.")
        if confirm.version > self._reached:  # not position: a Want may have set that back meanwhile
            raise ProtocolError("A confirmation came for a version that was never sent.")
        self._unconfirmed -= 1
        if confirm.version > self.confirmed:
            self._confirm_sent(confirm.version)
        self._pump()

    def _on_failure(self, failure: Failure) -> None:
        self.refusal = failure
        super().close(1000, printable(failure.sentence, SENTENCE), retry=failure.retry)

    # Outbound

    def _outgoing(self, result: ChangeSet) -> None:
        """Cut what was read into batches; only the last one of them reaches ``result.until``."""
        self._more = result.more
        parts = _parts(result.changes)
        self._outbox.extend(Batch(self.position, self.position, True, part) for part in parts[:-1])
        self._outbox.extend(Batch(self.position, result.until, result.more, part) for part in parts[-1:])

    def _pump(self) -> None:
        if self.closed or not self.asked:
            return
        while self._outbox and self._unconfirmed < WINDOW:
            self._send_batch(self._outbox.popleft())
        if self._outbox or self._reading:
            self._announce()
        elif self.scanned < self.local_version:
            self._read(exclude_site=self.peer if self._filters else None)
        elif self.position < self.scanned and self._unconfirmed < WINDOW and (self._promised or not self._more_coming):
            # Nothing in there for them, but their clock must pass it. While more of theirs is on its way this waits,
            # for one empty batch later stands for many; whoever has promised more does not wait, or both could.
            self._send_batch(Batch(self.position, self.scanned, False, ()))

    def _send_batch(self, batch: Batch) -> None:
        self.position = batch.until
        self._announced = max(self._announced, batch.until)
        self._reached = max(self._reached, batch.until)
        self._promised = batch.more
        self._unconfirmed += 1
        self._send(encode(batch), batch.changes)

    def _announce(self) -> None:
        """Say how far we are when the batches under way do not say it."""
        if self.local_version > self._announced and (self._outbox or self._more):
            self._announced = self.local_version
            self._send(encode(Status(self.local_version)))

    @property
    def all_sent(self) -> bool:
        if not self.sends:
            return self.greeted
        return self.asked and not self._outbox and not self._reading and self.position >= self.local_version

    @property
    def all_confirmed(self) -> bool:
        return self.all_sent and self._unconfirmed == 0

    # Inbound

    def _merged(self, merge: Merge) -> None:
        self._send(encode(Confirm(merge.until)))

    def _quiet(self) -> None:
        """Nothing: this dialect has no quiet time-out."""

    # Ending

    def close(
        self, code: int, reason: str, *, said: str = "", retry: bool = True, regreet: bool = False
    ) -> None:
        """End the session; unless it ends well, say why first."""
        if self.closed is None and code not in (1000, 1001):
            kind = _KINDS.get(code, FailureCode.PROTOCOL)
            self._say(kind, said or reason, retry)
        super().close(code, reason, said=said, retry=retry, regreet=regreet)

    def _refuse(self, code: FailureCode, sentence: str) -> None:
        self._say(code, sentence, retry=False)
        super().close(1008, sentence, retry=False)

    def _say(self, code: FailureCode, sentence: str, retry: bool) -> None:
        self._send(encode(Failure(code=int(code), sentence=sentence, retry=retry)))


_KINDS = {1008: FailureCode.SCHEMA, 1011: FailureCode.INTERNAL, 4005: FailureCode.CLONE}
"""What kind of failure a close code stands for."""


def _names(tables: Sequence[str]) -> str:
    shown = ", ".join(printable(table, 40) for table in sorted(tables)[:5])
    return shown if len(tables) <= 5 else f"{shown} and {len(tables) - 5} more"


def _parts(changes: Sequence[Change]) -> list[tuple[Change, ...]]:
    """Cut changes into runs within the bounds of a Batch."""
    parts: list[tuple[Change, ...]] = []
    run: list[Change] = []
    size = 0
    for change in changes:
        weight = 64 + len(change.table) + len(change.pk) + len(change.cid)
        if isinstance(change.val, str | bytes):
            weight += len(change.val)
        if run and (len(run) >= BATCH_CHANGES or size + weight > BATCH_BYTES):
            parts.append(tuple(run))
            run, size = [], 0
        run.append(change)
        size += weight
    if run:
        parts.append(tuple(run))
    return parts
