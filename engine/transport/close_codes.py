"""Why a connection ended, in words, and whether trying again can help."""

from __future__ import annotations

from pathlib import Path

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from engine.errors import (
    CopiedFile,
    JoinNeeded,
    PeerRefused,
    PeerUnreachable,
    RoomMissing,
    SchemasDiffer,
    SynclineError,
    TableBroken,
    TableSuspended,
    TokenRefused,
    TooLarge,
)
from engine.peer_text import for_peer, from_peer
from engine.session import Close, Session, SynclineSession
from engine.session.close_codes import CloseCode, OwnCloseCode
from engine.table_shape import Parked, Where
from engine.text import sentences, t
from engine.wire import FailureCode

REFUSALS = (CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_DATA, CloseCode.POLICY_VIOLATION, CloseCode.MESSAGE_TOO_BIG)
"""Close codes that are refusals; so are those from 4000 to 4999, except one."""

COPIED = t("If this file is the copy, give it a new id: “New id…” in the peer's menu.")

REASON_BYTES = 123
"""Bytes that a close frame has for the reason (RFC 6455, 5.5.1)."""

GONE = (ConnectionClosed, AttributeError)
"""What a connection raises once it is over. asyncio's abort(), which websockets calls, fails with an AttributeError if
the transport was closed while bytes waited in it, and these have left since or the other side has hung up."""


def how_it_ended(socket: Connection) -> Close:
    """Return why a connection ended that our session did not close: it was cut, or closed by the other side."""
    code, reason = socket.close_code, from_peer(socket.close_reason) if socket.close_reason else ""
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
    """Return the error that kept two sides from syncing.

    Args:
        closed: how the session ended.
        path: our file.
    """
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
    if Where.JOIN in places:
        return JoinNeeded(closed.reason)
    for where in (Where.SUSPENDED, Where.HERE):
        if where in places:
            return broken(next(one for one in session.here.parked if one.name == places[where]), path)
    if places.keys() == {Where.THERE}:
        return SchemasDiffer(closed.reason, hint=t("Syncline resumes automatically once this is fixed."))
    return SchemasDiffer(
        closed.reason, hint=t("Make the tables the same on both sides; Syncline then resumes automatically.")
    )


def broken(parked: Parked, path: Path) -> TableBroken:
    """Return the error for a table of our file that cannot be synced, with what to do about it."""
    if parked.suspended:
        return TableSuspended(parked.name, parked.reason)
    return TableBroken(parked.name, parked.reason, hint=t("To repair it: syncline check --repair {path}", path=path))


def may_help(code: int) -> bool:
    """Return whether dialling again soon can help, as this close code is not a refusal."""
    return code == OwnCloseCode.MISSING or (code not in REFUSALS and not 4000 <= code < 5000)


def for_close_frame(reason: str, *, templates: bool) -> str:
    """Return a reason in a form that fits a close frame.

    Args:
        templates: whether the other side reads templates with arguments. If the template is too long, the English text
            is sent; if that is too long as well, it is cut, after a whole sentence if possible.
    """
    for sent in (for_peer(reason, templates=templates), str.__str__(reason)):
        if len(sent.encode()) <= REASON_BYTES:
            return sent
    sentences, stop, _ = (reason.encode()[:REASON_BYTES].decode(errors="ignore") + " ").rpartition(". ")
    return sentences + "." if stop else reason.encode()[: REASON_BYTES - 3].decode(errors="ignore") + "…"
