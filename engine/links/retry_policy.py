"""What a failed attempt means: what to tell the person, what they can do about it, and when to try again.

No failure stops a link for good. Most of what looks like a person's mistake goes away by itself: a proxy that is
restarted, a login page, a clock that is set, a token that its owner puts back. So each kind of error has a policy, and
a link keeps trying, more and more slowly, until it is paused or removed.

That holds for a copied or restored file and for differing tables, too: trying does no harm. The identities and tables
of the two sides are compared before anything else is sent. What each has seen of the other's file is compared before
one of its changes is accepted and, after a refusal, also before one is asked for or sent (``LineageSession.wary``). So
an attempt that is refused again has moved no change and no clock, and nobody has to tell the link that the problem was
fixed, here or over there.
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
"""The other side refused."""

REFUSED_AS_IT_IS = replace(REFUSED, wakes=True)
"""The other side refused, perhaps because of our file."""

DENIED = RetryPolicy(first=5.0, longest=120.0, needs_you=True)
"""A token was refused. A server's protection against guessing counts these attempts, and locks out whoever is too
fast."""

AWAY = RetryPolicy(wakes=True)
"""Our file is not there; putting it back is all that is needed."""

LOOK = RetryPolicy(first=60.0, longest=60.0, jitter=(1.0, 1.05), needs_you=True, wakes=True)
"""Only a person can fix it, or each attempt is costly: try now and then."""

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
"""What a person can do about each kind of error."""


MENDING = {
    Where.JOIN: Remedy.JOIN,
    Where.SUSPENDED: Remedy.ANSWER,
    Where.HERE: Remedy.REPAIR,
    Where.BETWEEN: Remedy.COMPARE_TABLES,
}
"""What a person can do if some tables are parked; the first that fits counts."""

LEFT = t("Everything else is synced; this follows as soon as it is fixed.")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the last attempt failed.

    Attributes:
        sentence, hint: of the error.
        policy: when to try again.
        remedy: what a person can do about it, if one is needed and that is known.
        copied: whether one of the two files was found to be a copy, or restored from one.
        lost: whether nobody answered at the peer's address, or somebody else did.
        retry_after: the least seconds to wait, as the other side asks.
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
        """Return what an error means. ``paired``: only the other side knows the peer's token."""
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
        """Return what it means that some tables are parked while everything else is synced."""
        found = cls.of(TablesParked(together(parked), hint=LEFT), policies, paired=False)
        places = {one.where for one in parked}
        remedy = next((MENDING[where] for where in MENDING if where in places), None)
        if remedy is None and any(one.found is not None for one in parked):
            remedy = Remedy.JOIN  # the other side asks its person; ours may answer as well, by a connection of our own
        return replace(found, remedy=remedy)

    @property
    def kind(self) -> str:
        """What troubles that differ only in numbers have in common, so that a person is not called for each."""
        return re.sub(r"\d+", "", self.reason)

    @property
    def reason(self) -> str:
        """The sentence to show, with the hint if a person is needed."""
        return sentences(self.sentence, self.hint) if self.policy.needs_you else self.sentence
