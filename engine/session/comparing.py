"""Comparing the two sides' tables by digests, when somebody asks (design.md section 6)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import StrEnum

from engine.crr import TableDigest
from engine.errors import ProtocolError
from engine.wire import Digest, DigestRequest, encode

from .actions import TakeDigests
from .base import Session


class Verdict(StrEnum):
    """How a table of one side compares with that of the other."""

    IDENTICAL = "identical"
    HISTORY = "same rows, different history"
    DIFFERENT = "different"


class ComparingSession(Session):
    """What a session of the own dialect knows of digests.

    ``verdicts`` is the outcome of the latest ``verify``, by table; None until both sides' digests are there.
    """

    common: tuple[str, ...] = ()
    verdicts: dict[str, Verdict] | None = None

    _compared = 0
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
            raise ProtocolError("A Digest came that was never asked for.")
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
        self.verdicts = {name: _judge(mine.get(name), theirs.get(name)) for name in self.common}


def _judge(mine: TableDigest | None, theirs: TableDigest | None) -> Verdict:
    if mine is None or theirs is None or mine.live != theirs.live:
        return Verdict.DIFFERENT
    return Verdict.IDENTICAL if mine.history == theirs.history else Verdict.HISTORY
