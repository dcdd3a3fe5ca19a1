"""What it means that a connection is over: why it ended, in words, and whether trying again can help."""

from __future__ import annotations

from pathlib import Path

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from engine.errors import (
    CopiedFile,
    PeerRefused,
    PeerUnreachable,
    RoomMissing,
    SchemasDiffer,
    SynclineError,
    TableBroken,
    TokenRefused,
    TooLarge,
)
from engine.session import Close, Session, SynclineSession
from engine.session.close_codes import CloseCode, OwnCloseCode
from engine.table_shape import Where
from engine.text import printable, sentences, t
from engine.wire import FailureCode

REFUSALS = (CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_DATA, CloseCode.POLICY_VIOLATION, CloseCode.MESSAGE_TOO_BIG)
"""Close codes that say no; so do those from 4000 to 4999, but for one."""

COPIED = t("If this file is the copy, give it a new id: “New id…” in the peer's menu.")

GONE = (ConnectionClosed, AttributeError)
"""What a connection raises that is over. asyncio's abort(), which websockets calls, trips with an AttributeError over a
transport that was closed while bytes waited in it, once these have left or the other side has hung up."""


def how_it_ended(socket: Connection) -> Close:
    """Return why a connection ended that our session has not closed: cut, or closed by the other side."""
    code, reason = socket.close_code, printable(socket.close_reason or "", 200)
    ours, answers = socket.protocol.close_sent, socket.protocol.close_rcvd_then_sent
    if ours is not None and ours.code == CloseCode.MESSAGE_TOO_BIG and not answers:
        code = CloseCode.MESSAGE_TOO_BIG
        limit = socket.protocol.max_message_size or 0
        size = t("{size} MB", size=limit >> 20) if limit >> 20 else t("{size:,} bytes", size=limit)
        reason = t("The other side sent a message larger than {limit}, which is too large to receive.", limit=size)
    elif code == CloseCode.MESSAGE_TOO_BIG:
        reason = t("Too large for this peer: it does not accept messages of this size.")
    if code in (None, CloseCode.ABNORMAL_CLOSURE):
        return Close(CloseCode.ABNORMAL_CLOSURE, t("The connection was lost."), "")
    if code in (CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY):
        return Close(code or CloseCode.NORMAL_CLOSURE, reason or t("The other side closed the connection."), "")
    return Close(
        code, reason or t("The other side closed the connection with code {code}.", code=code), "", may_help(code)
    )


def error_of(session: Session, closed: Close, path: Path) -> SynclineError:
    """Return what kept two sides from syncing, given how their session ended; ``path`` is our file."""
    refused = session.refusal.code if isinstance(session, SynclineSession) and session.refusal is not None else None
    if session.copied or closed.code == OwnCloseCode.COPIED:
        return CopiedFile(closed.reason, hint=sentences(COPIED, t("Or: syncline new-id {path}", path=path)))
    if closed.parked:
        return _tables(session, closed, path)
    if closed.retry:
        return PeerUnreachable(closed.reason)
    if refused == FailureCode.ROOM:
        return RoomMissing(closed.reason, hint=t("Syncline resumes automatically once this changes at the hub."))
    if refused == FailureCode.TOKEN or closed.code == OwnCloseCode.TOKEN:
        return TokenRefused(closed.reason, hint=t("Enter the token that the hub's owner gave you."))
    if refused == FailureCode.TOO_LARGE or closed.code == CloseCode.MESSAGE_TOO_BIG:
        return TooLarge(closed.reason)
    return PeerRefused(closed.reason)


def _tables(session: Session, closed: Close, path: Path) -> SynclineError:
    places = {one.where: one.table for one in session.parked} if session.nothing_left else {}
    if Where.HERE in places:
        table = places[Where.HERE]
        repair = t("To repair it: syncline check --repair {path}", path=path)
        return TableBroken(table, dict(session.here.parked)[table], hint=repair)
    if places.keys() == {Where.THERE}:
        return SchemasDiffer(closed.reason, hint=t("Syncline resumes automatically once this is fixed."))
    return SchemasDiffer(
        closed.reason, hint=t("Make the tables the same on both sides; Syncline then resumes automatically.")
    )


def may_help(code: int) -> bool:
    """Whether the other side, which closed with this code, did not refuse: to dial again soon can help."""
    return code == OwnCloseCode.MISSING or (code not in REFUSALS and not 4000 <= code < 5000)


def shortened(reason: str) -> str:
    """Return a reason as a close frame can carry it: at most 123 bytes (RFC 6455, 5.5.1), whole sentences if it can."""
    data = reason.encode()
    if len(data) <= 123:
        return reason
    sentences, stop, _ = (data[:123].decode(errors="ignore") + " ").rpartition(". ")
    return sentences + "." if stop else data[:120].decode(errors="ignore") + "…"
