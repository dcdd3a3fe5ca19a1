"""Gives a room the tables and columns that a peer's file has and the room lacks, so that other peers can get them.

Only what cannot lose anything is done: nothing is ever dropped, and what a room has does not change. A peer's SQL is
never run: what is added is built from the peer's description of its tables, under the same rules as a room that is
created from a peer's plan.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from engine.errors import SynclineError, UsageError
from engine.hub.counters import Counters
from engine.hub.limits import MB, Limits
from engine.hub.rate_limit import size_of
from engine.replica import Replica
from engine.session.table_differences import difference
from engine.storage.backup import Backups
from engine.storage.replica_host import ReplicaHost
from engine.table_plan import MAX_TABLES, ColumnPlan, TablePlan, check_plans, in_order
from engine.table_shape import ColumnType, Shape
from engine.tables import Addition
from engine.text import printable, t

log = logging.getLogger(__name__)

FRESH = 3600.0
"""Seconds for which one backup of a room serves several additions, as none of them drops anything."""


DIGEST = 16
"""Bytes of the digest that stands for a long default in a shape."""


class _Followed(NamedTuple):
    """What was added, and why other tables of the peer were left out, one sentence each."""

    additions: Sequence[Addition] = ()
    refused: Sequence[str] = ()


class RoomFollower:
    """Lets the rooms of one hub follow their peers.

    Args:
        backups: where a room is backed up to first.
        limits: how large a room may be.
        counters: counts what was added.
        follow: whether rooms without a schema of the hub's follow; None: those that were created from a peer's tables
            do.
    """

    def __init__(self, backups: Backups, limits: Limits, counters: Counters, *, follow: bool | None) -> None:
        self._backups = backups
        self._limits = limits
        self._counters = counters
        self._follow = follow
        self._may: WeakKeyDictionary[ReplicaHost, bool] = WeakKeyDictionary()
        self._logged: dict[str, str] = {}  # why what a peer has was last left out, by room

    async def may_follow(self, host: ReplicaHost) -> bool:
        """Return whether a room follows its peers.

        Raises:
            ReplicaError: its file cannot be read.
        """
        if self._follow is False:
            return False
        if host not in self._may:
            self._may[host] = await host.run(_may_follow, self._follow)
        return self._may[host]

    async def follow(self, host: ReplicaHost, tables: Sequence[Shape]) -> None:
        """Add to a room what only a peer's tables have, if the room follows. The peer may write to the room.

        Unless the hub's owner has told the rooms to follow, the two must have a table in common: a peer without one is
        most likely in the wrong room.

        If nothing can be added, the room stays as it is, the log says why, and both continue with what they have in
        common.
        """
        room = host.path.name
        try:
            names = {shape.name for shape in host.shapes}
            if self._follow is None and names.isdisjoint(shape.name for shape in tables):
                return
            if not _may_have_more(host.shapes, tables) or not await self.may_follow(host):
                return
            added, refused = await host.run(self._add, tables)
            if added:
                columns = sum(bool(one.column) for one in added)
                self._counters.followed["tables"] += len(added) - columns
                self._counters.followed["columns"] += columns
                shown = ", ".join(printable(".".join(filter(None, one)), 80) for one in added[:5])
                facts = {"room": room, "tables": len(added) - columns, "columns": columns}
                log.info("The room was given what a peer has: %s", shown, extra=facts)
                await host.refresh()  # running sessions greet again
            why = " ".join(refused[:3])
        except SynclineError as error:
            why = str(error)
        if why and self._logged.get(room) != why:
            log.warning("The room was not given all that a peer has: %s", why, extra={"room": room})
            self._logged[room] = why

    def _add(self, replica: Replica, tables: Sequence[Shape]) -> _Followed:
        """Add it, on the replica's thread."""
        here = {plan.name: plan for plan in replica.plans()}
        plans, refused = plans_to_add(here, {one.name: one for one in replica.shapes()}, tables)
        if not replica.possible_additions(plans):
            return _Followed((), refused)
        limit = self._limits.room_size
        if limit and size_of(replica.path) > limit:
            raise UsageError(t("This room is full: the hub's limit is {limit:,.0f} MB.", limit=limit / MB))
        self._backups.ensure(replica.path, within=FRESH)
        return _Followed(replica.add_missing(plans), refused)


def _may_follow(replica: Replica, follow: bool | None) -> bool:
    return replica.schema_identity()[0] is None and (bool(follow) or replica.made_from_peer())


def _may_have_more(here: Sequence[Shape], there: Sequence[Shape]) -> bool:
    """Return whether one side's tables may have something that the other's lack: a quick check, for every greeting."""
    known = {shape.name: {*shape.key, *shape.columns} for shape in here}
    return any(shape.name not in known or not known[shape.name].issuperset(shape.columns) for shape in there)


def plans_to_add(
    here: Mapping[str, TablePlan], shapes: Mapping[str, Shape], tables: Sequence[Shape]
) -> tuple[list[TablePlan], list[str]]:
    """Plan a room's tables as they would be with what only another side's have.

    Args:
        here: the plans of the room's tables.
        shapes: those that can be synced, as announced to peers.
        tables: what the other side tells about its own.

    Returns:
        the plans of tables that are new or get columns; and why others are left out, one sentence each.
    """
    known, apart = {name.lower() for name in here}, here.keys() ^ {shape.name for shape in tables}
    wanted: dict[str, TablePlan] = {}
    for shape in tables:
        if shape.types and shape.name.lower() not in wanted:
            if shape.name in shapes:
                more = _missing(shapes[shape.name], shape, apart)
                if more:
                    plan = here[shape.name]
                    wanted[shape.name.lower()] = plan._replace(columns=(*plan.columns, *more))
            elif shape.name.lower() not in known:
                wanted[shape.name.lower()] = TablePlan(shape.name, tuple(_columns(shape)), shape.strict, shape.rowid)
    return _checked(here, in_order(wanted.values()))


def _checked(here: Mapping[str, TablePlan], wanted: Sequence[TablePlan]) -> tuple[list[TablePlan], list[str]]:
    """Separate the tables that can be made in this way from those that cannot, and those that refer to them."""
    refused: list[str] = []
    left = {plan.name: plan for plan in wanted}
    count = len(here)
    for plan in wanted:
        count += plan.name not in here
        parents = ({**here, **left}.get(name) for name in {*plan.refers.values()} - {plan.name})
        try:
            check_plans((plan, *(parent for parent in parents if parent is not None)))
            if count > MAX_TABLES:
                raise UsageError(t("A room can have 1 to {limit} tables, not {count}.", limit=MAX_TABLES, count=count))
        except UsageError as error:
            refused.append(str(error))
            count -= plan.name not in here
            del left[plan.name]
    return _with_parents(here, left), refused


def _with_parents(here: Mapping[str, TablePlan], left: dict[str, TablePlan]) -> list[TablePlan]:
    """Return those all of whose parents exist, or are among them."""
    while True:
        lost = [name for name, plan in left.items() if not {*plan.refers.values()} <= here.keys() | left.keys()]
        if not lost:
            return list(left.values())
        for name in lost:
            del left[name]


def _missing(here: Shape, there: Shape, apart: Collection[str]) -> list[ColumnPlan]:
    """Return the columns of a table that only the other side has; none if it could not be synced even with them."""
    known = {name.lower() for name in (*here.key, *here.columns)}
    keys, told = there.types[: len(there.key)], [*zip(there.columns, there.types[len(there.key) :], strict=True)]
    common = [(name, one) for name, one in told if name in here.columns]
    alike = there._replace(columns=tuple(name for name, _ in common), types=(*keys, *(one for _, one in common)))
    if difference(here, alike, partly=True, apart=apart):
        return []
    return [_column(name, one) for name, one in told if name.lower() not in known]


def _columns(shape: Shape) -> Iterator[ColumnPlan]:
    for place, (name, one) in enumerate(zip((*shape.key, *shape.columns), shape.types, strict=True)):
        yield _column(name, one, key=place + 1 if place < len(shape.key) else 0)


def _column(name: str, told: ColumnType, key: int = 0) -> ColumnPlan:
    """Return a column as it was described, but without NOT NULL, which only keys get here."""
    default = None if key or told.refers or told.expression else told.default
    if isinstance(default, bytes) and len(default) == DIGEST:  # it may stand for a long text
        default = None
    if isinstance(default, str) and "\0" in default:
        default = None
    return ColumnPlan(name, told.kind, told.collation, key, default, told.refers)
