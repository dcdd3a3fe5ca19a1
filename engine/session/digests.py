"""Comparing the two sides' tables by digests, when somebody asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from engine.errors import ProtocolError
from engine.tables import TableDigest
from engine.text import t
from engine.wire import (
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

from .actions import LookIntoRows, TakeDigests
from .base import Session
from .row_queries import Answer, Question


class Verdict(StrEnum):
    """How a table of one side compares with that of the other."""

    IDENTICAL = "identical"
    HISTORY = "same rows, different history"
    DIFFERENT = "different"


ANSWERS: dict[type[Question], type[Answer]] = {RangeRequest: Ranges, RowsRequest: Rows, ValuesRequest: Values}


class DigestSession(Session):
    """What a session of the own dialect knows of digests.

    ``verdicts`` is the outcome of the latest ``verify``, by table; None until both sides' digests are there, and
    ``digests`` has ours and theirs. ``answers`` has what the peer said to each ``ask``, by its number.
    """

    common: tuple[str, ...] = ()
    verdicts: dict[str, Verdict] | None = None
    digests: dict[str, tuple[TableDigest, TableDigest]]
    answers: dict[int, Answer]

    _compared = 0
    _questions = 0
    _open: dict[int, type[Answer]]
    _mine: dict[str, TableDigest] | None = None
    _theirs: dict[str, TableDigest] | None = None
    # for whom the digests under way are: the number of a peer's request, or None for ourselves
    _takers: deque[int | None]

    def verify(self) -> None:
        """Compare all tables that both sides have. What is written meanwhile on one side counts as a difference."""
        self._compared += 1
        self.verdicts = self._mine = self._theirs = None
        self._send(encode(DigestRequest(self._compared)))
        self._take(None)

    def ask(self, question: Question) -> int:
        """Ask the peer about the rows of a table that both sides have; returns the number of the answer to come."""
        self._questions += 1
        number = self._questions
        self._open[number] = ANSWERS[type(question)]
        self._send(encode(replace(question, number=number)))
        return number

    def answered(self, answer: Answer | Tables) -> None:
        """Send what a peer asked for."""
        if self.closed is None:
            self._send(encode(answer))

    def _on_rows(self, message: RowMessage) -> None:
        if isinstance(message, Question):
            if message.table not in self.common:
                raise ProtocolError(t("The other side asked for rows of a table that is not on both sides."))
            self._actions.append(LookIntoRows(message))
        elif self._open.pop(message.number, None) is not type(message):
            raise ProtocolError(t("{name__} came that were never asked for.", name__=type(message).__name__))
        else:
            self.answers[message.number] = message

    def digested(self, digests: Sequence[TableDigest]) -> None:
        """Send them to whoever asked, or compare them."""
        taker = self._takers.popleft()
        if self.closed:
            return
        if taker is None:
            self._mine = {one.table: one for one in digests}
            self._compare()
        else:
            self._send(encode(Digest(taker, tuple(digests))))

    def _on_digest(self, message: DigestRequest | Digest) -> None:
        if isinstance(message, DigestRequest):
            self._take(message.number)
        elif not 0 < message.number <= self._compared:
            raise ProtocolError(t("A Digest came that was never asked for."))
        elif message.number == self._compared:
            self._theirs = {one[0]: TableDigest(*one) for one in message.tables}
            self._compare()

    def _take(self, taker: int | None) -> None:
        self._takers.append(taker)
        self._actions.append(TakeDigests(self.common))

    def _compare(self) -> None:
        mine, theirs = self._mine, self._theirs
        if mine is None or theirs is None:
            return
        self.digests = {name: (mine[name], theirs[name]) for name in self.common if name in mine and name in theirs}
        self.verdicts = {name: _judge(mine.get(name), theirs.get(name)) for name in self.common}


def _judge(mine: TableDigest | None, theirs: TableDigest | None) -> Verdict:
    if mine is None or theirs is None or mine.live != theirs.live:
        return Verdict.DIFFERENT
    return Verdict.IDENTICAL if mine.history == theirs.history else Verdict.HISTORY
