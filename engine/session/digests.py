"""Comparing the two sides' tables by digests, when somebody asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from engine.errors import ProtocolError
from engine.tables import TableDigest
from engine.text import t
from engine.wire import (
    Deleted,
    DeletedRequest,
    Digest,
    DigestRequest,
    RangeRequest,
    Ranges,
    RowMessage,
    Rows,
    RowsRequest,
    Tables,
    Values,
    ValuesRequest,
    encode,
)

from .actions import QueryRows, Snapshot, TakeDigests
from .lineage import LineageSession
from .row_queries import Answer, Question


class Verdict(StrEnum):
    """How a table on one side compares with that on the other."""

    IDENTICAL = "identical"
    HISTORY = "same rows, different history"
    DIFFERENT = "different"


ANSWERS: dict[type[Question], type[Answer]] = {
    RangeRequest: Ranges,
    RowsRequest: Rows,
    ValuesRequest: Values,
    DeletedRequest: Deleted,
}


@dataclass(slots=True)
class DigestCheck:
    """What was found out about both sides' tables when somebody asked.

    Attributes:
        verdicts: the outcome of the latest ``verify``, by table; None until both sides' digests are there.
        digests: ours and theirs then.
        answers: what the peer said to each ``ask``, by its number.
    """

    verdicts: dict[str, Verdict] | None = None
    digests: dict[str, tuple[TableDigest, TableDigest]] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)
    rounds: int = 0
    """How often ``verify`` was called; the number of our latest request."""
    ours: dict[str, TableDigest] | None = None
    theirs: dict[str, TableDigest] | None = None
    """Digests for the latest ``verify``, as far as they are there."""
    takers: deque[int | None] = field(default_factory=deque)
    """Who the current digests are for: the number of a peer's request, or None for ourselves."""
    questions: int = 0
    """The number of our latest question about rows."""
    unanswered: dict[int, type[Answer]] = field(default_factory=dict)
    """The answer that is to come to each question."""


class DigestSession(LineageSession):
    """The part of a session in our own dialect that exchanges digests.

    Attributes:
        check: what was found out.
    """

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self.check = DigestCheck()

    def verify(self) -> None:
        """Compare all tables that both sides have. What is written on one side meanwhile counts as a difference."""
        found = self.check
        found.rounds += 1
        found.verdicts = found.ours = found.theirs = None
        self._send(encode(DigestRequest(found.rounds)))
        self._take(None)

    def ask(self, question: Question) -> int:
        """Ask the peer about the rows of a table that both sides have, and return the number of the answer to come."""
        self.check.questions += 1
        number = self.check.questions
        self.check.unanswered[number] = ANSWERS[type(question)]
        self._send(encode(replace(question, number=number)))
        return number

    def answered(self, answer: Answer | Tables) -> None:
        """Send what a peer asked for."""
        if self.closed is None:
            self._send(encode(answer))

    def _on_rows(self, message: RowMessage) -> None:
        if isinstance(message, Question):
            if message.table not in self.common:
                raise ProtocolError(t("The other side asked for rows of a table that only one side has."))
            self._answer(message)
        elif self.check.unanswered.pop(message.number, None) is not type(message):
            raise ProtocolError(t("{message} came that was never asked for.", message=type(message).__name__))
        else:
            self.check.answers[message.number] = message

    def _answer(self, question: Question) -> None:
        self._actions.append(QueryRows(question, self.common_columns.get(question.table)))

    def digested(self, digests: Sequence[TableDigest]) -> None:
        """Send the digests to whoever asked for them, or compare them."""
        taker = self.check.takers.popleft()
        if self.closed:
            return
        if taker is None:
            self.check.ours = {one.table: one for one in digests}
            self._compare()
        else:
            self._send(encode(Digest(taker, tuple(digests))))

    def _on_digest(self, message: DigestRequest | Digest) -> None:
        rounds = self.check.rounds
        if isinstance(message, DigestRequest):
            self._take(message.number)
        elif not 0 < message.number <= rounds:
            raise ProtocolError(t("A Digest came that was never asked for."))
        elif message.number == rounds:
            self.check.theirs = {one[0]: TableDigest(*one) for one in message.tables}
            self._compare()

    def _take(self, taker: int | None) -> None:
        self.check.takers.append(taker)
        self._actions.append(TakeDigests(self.common, self.common_columns))

    def _compare(self) -> None:
        found = self.check
        ours, theirs = found.ours, found.theirs
        if ours is None or theirs is None:
            return
        found.digests = {name: (ours[name], theirs[name]) for name in self.common if name in ours and name in theirs}
        found.verdicts = {name: _judge(ours.get(name), theirs.get(name)) for name in self.common}


def _judge(mine: TableDigest | None, theirs: TableDigest | None) -> Verdict:
    if mine is None or theirs is None or mine.live != theirs.live:
        return Verdict.DIFFERENT
    return Verdict.IDENTICAL if mine.history == theirs.history else Verdict.HISTORY
