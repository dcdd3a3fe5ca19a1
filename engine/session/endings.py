"""How sessions end, and what each side is told: turns what went wrong into a ``Close``."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import FileReplaced, LimitExceeded, MergeError, SchemaMismatch, SynclineError, TooLarge, WireError
from engine.session.common_tables import together
from engine.table_shape import ParkedTable
from engine.text import sentences, t
from engine.wire import MAX_FRAME

from .actions import Close
from .close_codes import CloseCode, OwnCloseCode

ALTERED = Close(CloseCode.GOING_AWAY, t("The tables of the file were altered."), regreet=True)
"""The tables changed: both sides must greet again to know which they have in common."""

JOINED = Close(CloseCode.GOING_AWAY, t("The rows of both sides were joined."), regreet=True)
"""Rows were joined: tables that were left out until then are exchanged as well."""

TO_JOIN = Close(CloseCode.GOING_AWAY, t("The rows of both sides are to be joined."), regreet=True)
"""A person on our side has said how to join rows since the two greeted."""

REPLACED = Close(CloseCode.GOING_AWAY, t("The file was replaced."), regreet=True)
"""Another file has taken the place of ours: start over with what it holds."""


def _copied() -> Close:
    what = t("It does not continue where it was when the two sides last met.")
    cure = t("Give it a new site id (syncline new-id), or restore its latest state.")
    reason = t("The file on the other side was copied, or restored from an older copy.")
    peer_reason = t("This file was copied, or restored from an older copy.")
    return Close(OwnCloseCode.COPIED, sentences(reason, what, cure), sentences(peer_reason, what, cure), retry=False)


COPIED = _copied()
"""The peer's file shows none of the tokens that it should show."""


def not_joined(apart: Sequence[ParkedTable]) -> Close:
    """Close, as no table can be exchanged before a person has said how these are joined."""
    waiting = t("No table is synced until somebody on the other side has chosen how to join the rows.")
    return Close(CloseCode.POLICY_VIOLATION, together(apart), waiting, retry=False, parked=True)


def set_back(seen: int, now: int) -> Close:
    """Close, as the peer has seen version ``seen`` of our file, which is at ``now``: it was restored from an older
    copy."""
    reason = t(
        "The other side has seen version {seen} of this file, which is now at {now}: the file seems to have been"
        " restored from an older copy.",
        seen=seen,
        now=now,
    )
    peer_reason = t(
        "This side has seen version {seen} of the other side's file, which is now at {now}: the file seems to have"
        " been restored from an older copy.",
        seen=seen,
        now=now,
    )
    return Close(OwnCloseCode.COPIED, reason, peer_reason, retry=False)


def misread(error: WireError) -> Close:
    """Close, as a frame from the peer was not a message."""
    return Close(
        CloseCode.INVALID_DATA,
        t("The other side sent an invalid message: {reason}", reason=error),
        t("The other side could not read a message: {reason}", reason=error),
    )


def failed(error: SynclineError, *, shapes_compared: bool) -> Close:
    """Close, as a read or merge of our file failed.

    Args:
        error: why.
        shapes_compared: whether the two sides compare their tables when they greet. Then a table that does not fit was
            altered since, and trying now and then is enough.
    """
    if isinstance(error, FileReplaced):  # perhaps before the news of it: nothing is wrong with the peer
        return Close(CloseCode.GOING_AWAY, str(error), REPLACED.reason, regreet=True)
    if isinstance(error, MergeError):
        elsewhere = error.elsewhere if isinstance(error, SchemaMismatch) else str(error)
        code = CloseCode.MESSAGE_TOO_BIG if isinstance(error, LimitExceeded) else CloseCode.POLICY_VIOLATION
        parked = shapes_compared and isinstance(error, SchemaMismatch)
        return Close(code, str(error), elsewhere, retry=False, parked=parked)
    return Close(CloseCode.INTERNAL_ERROR, str(error), t("The other side could not read or write its file."))


def too_large(size: int, where: str) -> tuple[TooLarge, Close]:
    """Close, as a frame that is due has ``size`` bytes, more than the other side accepts."""
    problem = t(
        "{size:.0f} MB in {where}, but a message can be at most {limit} MB.",
        size=size / 2**20,
        where=where,
        limit=MAX_FRAME >> 20,
    )
    reason = t("Too large for this peer: {problem}", problem=problem)
    peer_reason = t("The other side has a change that is too large to send: {problem}", problem=problem)
    error = TooLarge(reason, hint=t("Make the value smaller or delete it, then sync again."))
    return error, Close(CloseCode.MESSAGE_TOO_BIG, reason, peer_reason, retry=False)
