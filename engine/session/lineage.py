"""How a session in our own dialect notices a file that was copied, or restored from an older copy.

Each side shows the tokens by which the other may know it (``engine.clocks.lineage``), and compares what it is shown
with what it has seen. A token that was seen replaced means that the file was set back, or that there are two of it.

Being connected twice is never taken for that: the other connection may renew a token while ours carries the old one. So
every token counts that was in force here at any time since this session began; and the other side reads its own only
after our Hello, which was sent later still. A file whose token was renewed over another connection shows that one
first, and then the one that follows it: of two files, the second to renew shows one that does not follow what the first
has shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.change import MAX_VERSION
from engine.clocks import made_at
from engine.errors import ProtocolError
from engine.session.common_tables import Comparison
from engine.tables import Known
from engine.text import t
from engine.wire import PROTOCOL, Lineage, Renewal, Renewed, encode

from . import endings
from .actions import Close, Keep, LookUp, Renew, Snapshot
from .base import Session
from .close_codes import CloseCode
from .streams import Phase

RENEW_EVERY = 10.0
"""Seconds between two new tokens on a busy link. A backup made after the latest token goes unnoticed, which is why a
sender does not believe all that a peer claims to hold (``SendingSession._on_want``)."""


@dataclass(slots=True)
class Tokens:
    """The tokens by which each side can recognize the other's file."""

    ours: tuple[bytes, ...] = ()
    """All of ours for the peer."""
    greeted_with: tuple[bytes, ...] = ()
    """Those of ours that our greeting showed."""
    shown: tuple[bytes, ...] = ()
    """Those of ours that the peer was shown on this connection and keeps."""
    kept: bytes | None = None
    """The one of ours that the peer keeps."""
    renewed_at: float | None = None
    """When ours was renewed last."""
    theirs: tuple[bytes, ...] | None = None
    """Those of theirs that their greeting showed; None before it came."""
    keeping: int = 0
    """How many of theirs are being recorded; changes follow each."""
    theirs_so_far: set[bytes] = field(default_factory=set)
    """Those of theirs that were shown on this connection."""


class LineageSession(Session):
    """The part of a session in our own dialect that knows the two files: their tables, and their lineage.

    Attributes:
        tables: what the two have in common, once the peer has greeted.
        wary: whether the two were refused for a copied or restored file before. Then nothing is asked for before we
            have compared all that there is to compare, and no change leaves before ``trust``, as the other side may
            still refuse. So a try that is refused again has moved nothing, however often it is made.
    """

    protocol: int = PROTOCOL
    """The number that both sides speak."""

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self.tables: Comparison | None = None
        self.wary = False
        self._tokens = Tokens()

    @property
    def kin(self) -> bool:
        return self.phase is Phase.MET

    @property
    def common(self) -> tuple[str, ...]:
        """The tables that both sides have; only these are exchanged."""
        return self.tables.common if self.tables is not None else ()

    @property
    def common_columns(self) -> Mapping[str, frozenset[str]]:
        """The columns that both sides have, for each table that both have, even if it is not exchanged yet."""
        return self.tables.columns if self.tables is not None else {}

    def _arrived(self, version: int) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
        """Return by table the dataset ids of the other side's rows that are all here once its history is held up to a
        version, for one merge to record."""
        return ()

    def _on_lineage(self, message: Lineage | Renewal | Renewed) -> None:
        assert self.peer is not None
        tokens = self._tokens
        theirs = message.tokens if isinstance(message, Lineage) else (message.token,)
        if not isinstance(message, Renewed) and any(made_at(token) >= MAX_VERSION for token in theirs):
            raise ProtocolError(t("A clock from the other side is out of range."), code=CloseCode.POLICY_VIOLATION)
        if isinstance(message, Lineage):
            if tokens.theirs is not None:
                raise ProtocolError(t("A second Lineage came."))
            tokens.theirs = message.tokens
            tokens.theirs_so_far = set(message.tokens)
            # the newest that we showed in our greeting is not kept by that, unless they say so
            mine = tokens.greeted_with
            tokens.shown = tuple(one for one in mine if one in message.seen or one != mine[-1])
            tokens.kept = message.seen[-1] if message.seen else None
            self.phase = Phase.COMPARING
            self._actions.append(LookUp(self.peer))
        elif isinstance(message, Renewed):
            tokens.kept = message.token
            tokens.shown += (message.token,)
        elif not self.kin:
            raise ProtocolError(t("A Renewal came before Lineage."))
        else:
            tokens.keeping += 1
            self._actions.append(Keep(self.peer, message.token, frozenset(tokens.theirs_so_far)))
            tokens.theirs_so_far.add(message.token)

    def kept(self, token: bytes, kin: bool) -> None:
        """Confirm to the peer that its token is on our disk, or refuse a second file that is used beside its own."""
        self._tokens.keeping -= 1
        if self.closed:
            return
        if kin:
            self._send(encode(Renewed(token)))
        else:
            self.close(endings.COPIED)

    def _shown_by_peer(self) -> frozenset[bytes]:
        return frozenset(self._tokens.theirs_so_far)

    def _compare_lineage(self, known: Known) -> None:
        """Refuse a file that shows only tokens that we saw replaced before this session began."""
        before = [token for number, token in known.seen if number <= self.here.lineage_mark]
        since = [token for number, token in known.seen if number > self.here.lineage_mark]
        # where none was in force when we began, the other side may have had none to show
        if before and not {before[-1], *since}.intersection(self._tokens.theirs or ()):
            self.close(endings.COPIED)
        else:
            self.phase = Phase.MET

    def _show(self, tokens: tuple[bytes, ...]) -> None:
        """Show the tokens that we have now, in order.

        Each must follow one that was shown on this connection, as one that nobody confirmed may have been lost. If they
        went on from there on another connection while this one was stuck, they would be taken for a copy's: then greet
        again.
        """
        *before, _ = tokens
        if not {*self._tokens.greeted_with, *self._tokens.shown}.issuperset(before):
            reason = t("Another connection to the same peer has overtaken this one.")
            self.close(Close(CloseCode.GOING_AWAY, reason, regreet=True))
            return
        for token in tokens:
            if token not in self._tokens.shown:
                self._send(encode(Renewal(token)))
        self._tokens.ours = tokens

    def _renewal_due(self) -> bool:
        renewed_at = self._tokens.renewed_at
        return renewed_at is None or self.now() - renewed_at >= RENEW_EVERY

    def _shared_up_to(self) -> int:
        """Return the version up to which our history is certainly the one that the peer knows: that of the token it
        keeps."""
        kept = self._tokens.kept
        return made_at(kept) if kept is not None and kept in self._tokens.ours else 0

    def _newest_made_at(self) -> int:
        """Return the version of our newest token for the peer, whether that has arrived or not."""
        ours = self._tokens.ours
        return made_at(ours[-1]) if ours else 0

    def _renew(self) -> None:
        assert self.peer is not None
        self._tokens.renewed_at = self.now()
        self._actions.append(Renew(self.peer, self._tokens.kept))
