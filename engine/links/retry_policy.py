"""What it means that a try came to nothing: what to tell the person, what they can begin with, when to try again.

Nothing ends the tries for good. Most of what looks like a person's mistake passes by itself: a proxy that is
restarted, a login page, a clock that is set, a token that its owner puts back. So each kind of error has a policy,
and a link goes on, slower and slower, until it is paused or removed.

That holds for a copied or restored file and for tables that differ, too: a look does no harm. Who the two sides are
and how their tables look is compared before anything else is said. What each has seen of the other's file is compared
before a change of theirs is taken, and after a refusal also before one is asked for or sent
(``LineageSession.wary``). So a look that is refused again has moved no change and no clock, and nobody need tell the
link that it was mended, here or over there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.errors import (
    CertificateChanged,
    CopiedFile,
    JoinNeeded,
    MergeError,
    NoSuchFile,
    NothingToSync,
    PeerRefused,
    PeerUnreachable,
    ReadOnlyFile,
    RoomMissing,
    SchemasDiffer,
    StorageFailed,
    SynclineError,
    TableBroken,
    TablesParked,
    TableSuspended,
    TokenLost,
    TokenRefused,
    TokenStoreError,
    TooLarge,
    UnsupportedFile,
    UsageError,
    WrongServer,
)
from engine.links.backoff import RetryPolicy
from engine.peer_state import Remedy
from engine.session.common_tables import together
from engine.table_shape import ParkedTable, Where
from engine.text import sentences, t

Policies = Mapping[type[SynclineError], RetryPolicy]
"""The policy of each kind of error, or of a kind above it in the tree."""

REFUSED = RetryPolicy(needs_you=True)
"""Somebody said no."""

REFUSED_AS_IT_IS = replace(REFUSED, wakes=True)
"""Likewise, and our file may be why."""

DENIED = RetryPolicy(first=5.0, longest=120.0, needs_you=True)
"""A token was refused. What guards a server against guessing counts these, and locks out who is too quick."""

AWAY = RetryPolicy(wakes=True)
"""Our file is not there; who brings it back needs nothing else."""

LOOK = RetryPolicy(first=60.0, longest=60.0, jitter=(1.0, 1.05), needs_you=True, wakes=True)
"""Only somebody's doing can mend it, or each try costs much: a look now and then."""

POLICIES: Policies = {
    SynclineError: RetryPolicy(),
    UsageError: REFUSED,
    PeerRefused: REFUSED,
    TokenRefused: DENIED,
    SchemasDiffer: LOOK,
    RoomMissing: REFUSED_AS_IT_IS,
    CopiedFile: LOOK,
    TooLarge: LOOK,
    MergeError: REFUSED_AS_IT_IS,
    NoSuchFile: AWAY,
    NothingToSync: REFUSED_AS_IT_IS,
    ReadOnlyFile: REFUSED,
    StorageFailed: LOOK,
    TableBroken: REFUSED_AS_IT_IS,
    TokenStoreError: LOOK,
    UnsupportedFile: REFUSED_AS_IT_IS,
}

REMEDIES = {
    TableSuspended: Remedy.ANSWER,
    TableBroken: Remedy.REPAIR,
    JoinNeeded: Remedy.JOIN,
    SchemasDiffer: Remedy.COMPARE_TABLES,
    CopiedFile: Remedy.NEW_ID,
    PeerRefused: Remedy.EDIT,
    TokenLost: Remedy.EDIT,
    UsageError: Remedy.EDIT,
}
"""What a person can begin with, likewise."""


MENDING = {
    Where.JOIN: Remedy.JOIN,
    Where.SUSPENDED: Remedy.ANSWER,
    Where.HERE: Remedy.REPAIR,
    Where.BETWEEN: Remedy.COMPARE_TABLES,
}
"""And what where some tables are parked; the first that fits."""

LEFT = t("Everything else is synced; this follows as soon as it is fixed.")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the last try came to nothing.

    Attributes:
        sentence, hint: of the error.
        policy: when to try again.
        remedy: what a person can begin with, if they are needed and that is known.
        copied: whether one of the two files was found to be a copy, or a restored one.
        lost: whether nobody answered at the peer's address, or somebody else.
        retry_after: the least seconds to wait, as the other side wishes.
    """

    sentence: str
    hint: str
    policy: RetryPolicy
    remedy: Remedy | None
    copied: bool
    lost: bool
    retry_after: float

    @classmethod
    def of(cls, error: SynclineError, policies: Policies, *, paired: bool) -> Trouble:
        """Return what an error means. ``paired``: nobody knows the peer's token but the other side."""
        kinds = type(error).__mro__
        remedy = next((REMEDIES[kind] for kind in kinds if kind in REMEDIES), None)
        if remedy is Remedy.EDIT and paired and not isinstance(error, RoomMissing | WrongServer):
            remedy = Remedy.PAIR
        return cls(
            error.sentence,
            error.hint,
            next(policies[kind] for kind in kinds if kind in policies),
            remedy,
            isinstance(error, CopiedFile),
            isinstance(error, PeerUnreachable | CertificateChanged | WrongServer),
            error.retry_after,
        )

    @classmethod
    def of_parked(cls, parked: Sequence[ParkedTable], policies: Policies) -> Trouble:
        """Return what it means that some tables are parked, where all else is synced."""
        found = cls.of(TablesParked(together(parked), hint=LEFT), policies, paired=False)
        places = {one.where for one in parked}
        remedy = next((MENDING[where] for where in MENDING if where in places), None)
        if remedy is None and any(one.found is not None for one in parked):
            remedy = Remedy.JOIN  # the other side asks its person; ours may answer as well, by a connection of our own
        return replace(found, remedy=remedy)

    @property
    def kind(self) -> str:
        """What is the same for troubles that differ in numbers only: a person need not be called for each."""
        return re.sub(r"\d+", "", self.reason)

    @property
    def reason(self) -> str:
        """What to show: with the hint, where a person is needed."""
        return sentences(self.sentence, self.hint) if self.policy.needs_you else self.sentence
