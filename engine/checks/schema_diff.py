"""How the tables of a file differ from a peer's, line by line, and which of it can simply be added here.

The peer is asked before anything is announced, so this works even when the difference keeps the two from syncing.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed

from engine.change import SQLiteValue
from engine.errors import PeerRefused, PeerUnreachable, ProtocolError, UsageError
from engine.peer_text import from_peer
from engine.replica import Replica
from engine.session.table_differences import stores_alike
from engine.settings import PeerConfig
from engine.table_plan import Collation, ColumnPlan, Kind, TablePlan, check_plans
from engine.tables import Addition
from engine.text import counted, joined, printable, t
from engine.transport.close_codes import how_it_ended
from engine.transport.connect import dial
from engine.wire import Failure, Hello, Tables, TablesRequest, decode, encode

PATIENCE = 20.0
"""Seconds for the other side to answer, as it may have to open a large file first."""


class NoTables(UsageError):
    """A peer that cannot say which tables it has: it is a published server, or does not have the room yet."""


class Cure(enum.Enum):
    """What can be done about a difference, with its words for a person as the value."""

    ADD_HERE = t("can be added here")
    ADD_THERE = t("can be added there, on that side")
    MAKE_SYNCABLE = t("exists here, but is not syncable")
    BY_HAND = t("must be changed on one side")
    TYPE = t("not synced until it is the same on both sides, as values would change in transit")
    COLLATION = t(
        "not synced until it is the same on both sides, as some keys are one row on one side and two on the other"
    )
    DEFAULT = t("synced, but rows older than the column may differ")
    REFUSED = t("synced, but stops at a value that only one side accepts")
    NONE = t("nothing to do: both sides store the same values")

    @property
    def stops(self) -> bool:
        """Whether the difference keeps something from being synced."""
        return self not in (Cure.DEFAULT, Cure.REFUSED, Cure.NONE)


@dataclass(frozen=True, slots=True)
class SchemaLine:
    """One difference; ``column`` is '' if it concerns the whole table."""

    table: str
    column: str
    here: str
    there: str
    cure: Cure

    @property
    def addable(self) -> bool:
        """Whether it can be added here."""
        return self.cure is Cure.ADD_HERE


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a file's tables differ from a peer's.

    Attributes:
        there: the peer's tables.
        lines: one for each difference.
        added: what was added to the file before, and can be removed again while it is not in use.
    """

    there: tuple[TablePlan, ...]
    lines: tuple[SchemaLine, ...]
    added: tuple[Addition, ...]


def compare(replica: Replica, there: tuple[TablePlan, ...]) -> Comparison:
    """Compare a file's tables with a peer's. Changes nothing."""
    lines = differences(replica.plans(), there, replica.possible_additions(there))
    return Comparison(there, lines, tuple(replica.added()))


async def ask_plans(peer: PeerConfig, token: str | None) -> tuple[TablePlan, ...]:
    """Ask a peer for the plans of its tables, like ``ask_tables``, but return only these."""
    return (await ask_tables(peer, token)).plans


async def ask_tables(peer: PeerConfig, token: str | None) -> Tables:
    """Ask a peer for its tables, and hang up.

    Raises:
        PeerUnreachable, PeerRefused: it does not answer, or does not let us in.
        NoTables: it is a published server, or does not have the room yet.
        UsageError: its tables cannot be created.
    """
    dialled = await dial(peer.url, peer.room, token=token, fingerprint=peer.pin)
    try:
        if dialled.own is None:
            raise NoTables(t("{peer} is not a Syncline, so it cannot be asked what it holds.", peer=peer.name))
        if dialled.new_room:
            raise NoTables(
                t(
                    "{peer} does not have this room yet; the first sync creates it from this side's tables.",
                    peer=peer.name,
                )
            )
        with suppress(ConnectionClosed):  # what it sent before closing says why
            await dialled.socket.send(encode(TablesRequest()))
        async with asyncio.timeout(PATIENCE):
            while True:
                message = decode(await dialled.socket.recv())  # type: ignore[arg-type]
                if isinstance(message, Tables):
                    check_plans(message.plans)
                    return message
                if isinstance(message, Failure):
                    raise PeerRefused(from_peer(message.sentence))
                if not isinstance(message, Hello):
                    raise ProtocolError(t("{message} came instead of the tables.", message=type(message).__name__))
    except ConnectionClosed:
        ended = how_it_ended(dialled.socket)
        raise (PeerUnreachable if ended.retry else PeerRefused)(ended.reason) from None
    except (TimeoutError, OSError):
        raise PeerUnreachable(
            t("{peer} did not describe its tables within {seconds:.0f} s.", peer=peer.name, seconds=PATIENCE)
        ) from None
    finally:
        await dialled.socket.close()


def differences(
    here: Sequence[TablePlan], there: Sequence[TablePlan], addable: Collection[Addition]
) -> tuple[SchemaLine, ...]:
    """Compare plans, in the way that a session compares greetings (``engine.session.common_tables``).

    Args:
        addable: what can be added here (``Replica.possible_additions``).
    """
    mine, theirs = ({plan.name: plan for plan in plans} for plans in (here, there))
    addable = frozenset(addable)
    lines: list[SchemaLine] = []
    for name in sorted(mine.keys() | theirs.keys()):
        one, other = mine.get(name), theirs.get(name)
        if one is None or other is None:
            cure = Cure.ADD_HERE if Addition(name) in addable else Cure.ADD_THERE if one else Cure.MAKE_SYNCABLE
            lines.append(SchemaLine(name, "", _table(one), _table(other), cure))
        else:
            lines += _limits(one, other)
            lines += _columns(one, other, addable)
    return tuple(lines)


def _limits(one: TablePlan, other: TablePlan) -> Iterator[SchemaLine]:
    """Yield what a table as a whole accepts on one side only."""
    if one.strict is not other.strict:
        here, there = ("STRICT" if plan.strict else t("not STRICT") for plan in (one, other))
        yield SchemaLine(one.name, "", here, there, Cure.REFUSED)
    if _numbered(one) is not _numbered(other) and _names(one) == _names(other):
        words = t("integer keys only"), t("any number as key")
        here, there = (words[0] if _numbered(plan) else words[1] for plan in (one, other))
        yield SchemaLine(one.name, "", here, there, Cure.REFUSED)


def _key(plan: TablePlan) -> list[ColumnPlan]:
    return sorted((column for column in plan.columns if column.key), key=lambda column: column.key)


def _names(plan: TablePlan) -> list[str]:
    return [column.name for column in _key(plan)]


def _numbered(plan: TablePlan) -> bool:
    """Return whether the key is the rowid."""
    return plan.rowid and [column.kind for column in _key(plan)] == [Kind.INTEGER]


def _columns(one: TablePlan, other: TablePlan, addable: Collection[Addition]) -> Iterator[SchemaLine]:
    keys = [", ".join(_names(plan)) for plan in (one, other)]
    if keys[0] != keys[1]:
        yield SchemaLine(
            one.name, "", t("key ({columns})", columns=keys[0]), t("key ({columns})", columns=keys[1]), Cure.BY_HAND
        )
    mine, theirs = ({column.name: column for column in plan.columns} for plan in (one, other))
    for name in dict.fromkeys([*mine, *theirs]):
        here, there = mine.get(name), theirs.get(name)
        if here is None:
            cure = Cure.ADD_HERE if Addition(one.name, name) in addable else Cure.BY_HAND
        elif there is None:
            cure = Cure.ADD_THERE if keys[0] == keys[1] else Cure.BY_HAND
        elif here._replace(key=0) == there._replace(key=0) and repr(here.default) == repr(there.default):
            continue
        else:
            cure = _judged(here, there)
        yield SchemaLine(one.name, name, _column(here), _column(there), cure)


def _judged(here: ColumnPlan, there: ColumnPlan) -> Cure:
    """Return what the difference between two columns means."""
    if not stores_alike(here.kind, there.kind):
        return Cure.TYPE
    if here.key and there.key and here.collation is not there.collation:
        return Cure.COLLATION
    if here.key == there.key == 0 and repr(here.default) != repr(there.default):
        return Cure.DEFAULT
    return Cure.NONE


def _table(plan: TablePlan | None) -> str:
    if plan is None:
        return "–"
    return counted(len(plan.columns), t("1 column"), t("{count} columns", count=len(plan.columns)))


def _column(column: ColumnPlan | None) -> str:
    if column is None:
        return "–"
    words: list[str] = [column.kind.name]
    if column.collation is not Collation.BINARY:
        words.append(column.collation.name)
    if column.default is not None:
        words.append(t("default {value}", value=_shown(column.default)))
    return joined(" ", words)


def _shown(value: SQLiteValue) -> str:
    if isinstance(value, bytes):
        return counted(len(value), t("<1 byte>"), t("<{count:,} bytes>", count=len(value)))
    return printable(str(value), 40)
