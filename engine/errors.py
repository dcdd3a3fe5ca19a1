"""Every error a person can meet, as one tree.

SynclineError                 a sentence (what, where) and a hint (what to try)
├── UsageError                used wrongly: a bad argument, address or setting (exit status 2)
│   └── ReferencesUndecided   nobody has said whether columns refer to rows of other tables
├── ReplicaError              something about a database file
│   ├── NoSuchFile            the file or its folder is not there
│   ├── NotADatabase          not a SQLite file, or a damaged one
│   ├── ReadOnlyFile          it cannot be written, and that is needed
│   ├── UnfinishedTransaction        a crash left it half written, and who only reads cannot take that back
│   ├── FileBusy              another program kept it locked for too long
│   ├── UnsupportedFile       made by another generation of cr-sqlite (0.15, the 0.17 fork)
│   ├── NotEligible           a table cannot be made syncable; says why
│   ├── NothingToSync         no table is syncable yet
│   ├── TableBroken           a table is parked: its sync records do not fit it any more, say
│   ├── FileReplaced          it is not the file it was: replaced, restored, its clock went back
│   └── StorageFailed         disk full, I/O error, damaged page
├── MergeError                changes that cannot be merged; nothing of the batch was kept
│   ├── LimitExceeded           more than this side takes: too many at once, or the file is full
│   ├── InvalidChange         a change that no well-behaved peer sends
│   └── SchemaMismatch        a table or column that this file does not have
│       └── RowRefused        a row that its constraints do not take
├── WireError                 bytes that are no message
├── ProtocolError             a message that may not come now; carries the close code
├── TokenStoreError           the keyring, or the file of tokens, cannot be read or written: locked, damaged ...
│   └── TokenLost             the keyring has a token no more
├── PeerUnreachable           not there, timed out, cut
└── PeerRefused               the peer said no, or something else answers in its place
    ├── WrongServer           something else: a proxy, a login page, another server
    │   └── CertificateUntrusted  its certificate is one that no authority known here vouches for
    ├── TokenRefused          the token is wrong, expired, revoked, or for another room
    ├── SchemasDiffer         until one side has altered its tables
    │   └── TablesParked      some of them only; all else is synced
    ├── RoomMissing           the hub has no such room, or cannot make it; until it has one
    ├── TooLarge              what is to be sent is larger than the other side takes
    ├── CopiedFile            one of the two files was copied, or restored from a backup
    └── CertificateChanged    it shows another certificate than the one that was paired or trusted

What follows from each for a link stands in ``engine.links.retry_policy``.
"""

from __future__ import annotations

from typing import Self

from engine.text import Text, printable, sentences, t

LONGEST = 2_000
"""Characters of a sentence."""


class SynclineError(Exception):
    """The root. ``str(error)`` is one sentence for a person: what happened, and to which file or peer.

    Names in it may be a peer's: what cannot be shown as it is, is made visible here.

    Args:
        message: the sentence.
        hint: what to try, as a sentence; may be empty.

    Attributes:
        retry_after: the seconds for which the other side wishes to be left alone, if it said so.
    """

    retry_after = 0.0

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.sentence = printable(message, LONGEST)
        self.hint = hint
        super().__init__(self.sentence)

    def __str__(self) -> str:
        return self.sentence  # as it is: Exception's own would lose the template

    @property
    def advice(self) -> Text:
        """The sentence, and the hint where there is one."""
        return sentences(self.sentence, self.hint)


class UsageError(SynclineError):
    """An argument, an address or a setting is wrong; nothing was tried."""


class ReferencesUndecided(UsageError):
    """Columns look like references, and nobody has said whether they are. Once sent, numbers cannot be translated.

    ``columns`` has each as (table, column).
    """

    def __init__(self, table: str, columns: tuple[tuple[str, str], ...], evidence: str) -> None:
        message = t("Before “{table}” is synced, say whether it refers to other rows.", table=table)
        super().__init__(sentences(message, evidence), hint=t("What was sent as a plain number stays one."))
        self.columns = columns


# Files


class ReplicaError(SynclineError):
    """Something about a database file."""


class NoSuchFile(ReplicaError):
    """The file, or the folder it should be in, does not exist."""


class NotADatabase(ReplicaError):
    """The file is not a SQLite database."""


class ReadOnlyFile(ReplicaError):
    """The file (or its folder) cannot be written."""


class UnfinishedTransaction(ReplicaError):
    """A program that crashed left a transaction half written; opening the file to write takes that back."""


class FileBusy(ReplicaError):
    """Another program held the file's lock for longer than the busy timeout."""


class UnsupportedFile(ReplicaError):
    """Made by a cr-sqlite whose layout is not 0.16's (cr-sqlite.md 2.7 and 13)."""


class NotEligible(ReplicaError):
    """A table cannot be made syncable. ``reasons`` has one sentence for each obstacle."""

    def __init__(self, message: str, *, table: str, reasons: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.table = table
        self.reasons = reasons

    @classmethod
    def because(cls, table: str, reasons: tuple[str, ...]) -> Self:
        """Make the refusal of a table, with every obstacle."""
        return cls(
            t("The table “{table}” cannot be made syncable. {reasons}", table=table, reasons=sentences(*reasons)),
            table=table,
            reasons=reasons,
            hint=t("Change the table, then try again."),
        )


class NothingToSync(ReplicaError):
    """The file has no CRR."""


class TableBroken(ReplicaError):
    """A table is parked: it was changed behind cr-sqlite's back, say, so that its changes cannot be read.

    ``reason`` follows on "cannot be synced:".
    """

    def __init__(self, table: str, reason: str, *, hint: str = "") -> None:
        super().__init__(t("The table “{table}” cannot be synced: {reason}.", table=table, reason=reason), hint=hint)
        self.table = table
        self.reason = reason


class TableSuspended(TableBroken):
    """A person is asked whether most of its rows are meant to be gone (``Replica.suspended_deletions``)."""


class FileReplaced(ReplicaError):
    """The file under the path is another one now, or was set back; what was known of it no longer holds."""


class StorageFailed(ReplicaError):
    """The disk is full, an I/O error, or a damaged page."""


# Changes


class MergeError(SynclineError):
    """A batch could not be merged; the file is as it was before."""


class LimitExceeded(MergeError):
    """More than this side takes: too many changes at once, or the file has grown to its limit."""


class InvalidChange(MergeError):
    """A change that no well-behaved peer sends: undecodable key, wrong count, version out of range ..."""


class SchemaMismatch(MergeError):
    """A change does not fit the schema of this file: no such table or column, or a constraint refuses the row.

    ``column`` is empty when the column is not the point. ``elsewhere`` says the same to the person at the other side.
    """

    def __init__(self, message: str, *, table: str, column: str = "", hint: str = "", elsewhere: str = "") -> None:
        super().__init__(message, hint=hint)
        self.table = table
        self.column = column
        self.elsewhere = printable(elsewhere or message, LONGEST)


# Tokens


class TokenStoreError(SynclineError):
    """The keyring, or the file of tokens, cannot be read or written at the moment."""


class TokenLost(TokenStoreError):
    """The keyring does not hold a token that it was given."""


class RowRefused(SchemaMismatch):
    """A constraint of this file refuses a row."""


# Peers


class WireError(SynclineError):
    """Bytes that are no message of the protocol (cr-sqlite.md 10.2)."""


_PROTOCOL_ERROR = 1002
"""``websockets.frames.CloseCode.PROTOCOL_ERROR``; this module loads nothing of it."""


class ProtocolError(SynclineError):
    """A well-formed message that may not come now. ``code`` is the WebSocket close code to answer with."""

    def __init__(self, message: str, *, code: int = _PROTOCOL_ERROR, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class PeerUnreachable(SynclineError):
    """No connection, or it was cut."""


class PeerRefused(SynclineError):
    """The peer said no (room, schema, version), or something else answers in its place."""


class WrongServer(PeerRefused):
    """Something else answers in the peer's place: a proxy, the login page of a network, another server."""


class CertificateUntrusted(WrongServer):
    """The certificate is signed by itself, or by an authority that is not known here: a person may trust it by its
    fingerprint."""


class TokenRefused(PeerRefused):
    """The token that was shown is not accepted, or no longer."""


class SchemasDiffer(PeerRefused):
    """The two sides' tables do not fit together; syncing resumes when one of them has been altered."""


class JoinNeeded(SchemasDiffer):
    """No table is synced before a person has said how rows that never met are joined."""


class TablesParked(SchemasDiffer):
    """All else is synced, but some tables are parked (``engine.session.common_tables``)."""


class RoomMissing(PeerRefused):
    """The hub has no such room, and creates none from our tables; syncing resumes when there is one."""


class TooLarge(PeerRefused):
    """What is to be sent is larger than the other side takes."""


class CopiedFile(PeerRefused):
    """One of the two files was copied, or restored from an older copy: two files use the same site id."""


class CertificateChanged(PeerRefused):
    """The other side shows another certificate than the one that was paired or trusted: nothing was said to it."""
