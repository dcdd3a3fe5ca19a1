"""Creates rooms: from a schema file of the hub, or from plans of the first peer's tables. A peer's SQL is never run.

A room's file gets its name only when it is complete. A room that is refused or abandoned leaves nothing behind. All
rooms are created on one thread, taking turns table by table, so that one with many tables does not keep the others
waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from weakref import WeakValueDictionary

import apsw

from engine.crr import connect, create_tables
from engine.errors import NotEligible, ReplicaError, SynclineError, UsageError
from engine.hub.limits import Limits
from engine.hub.schemas import Schema, Schemas
from engine.replica import Replica, record_made_from_peer, record_schema
from engine.sqlite.steps import Steps, in_turns
from engine.storage.backup import Backups
from engine.table_plan import TablePlan, check_plans
from engine.table_shape import Shape
from engine.text import printable, t
from engine.wire import AnnouncePresence, Hello, Message, Tables

log = logging.getLogger(__name__)


class RoomRequest(NamedTuple):
    """What a peer says about its tables when it greets: its schema's name ('' for none) and version, and the tables."""

    name: str
    version: int
    plans: tuple[TablePlan, ...] = ()
    tables: tuple[Shape, ...] = ()
    equal_values: bool = False

    @classmethod
    def of(cls, message: Message) -> RoomRequest | None:
        """Return what a greeting says; None if it is not a greeting."""
        if isinstance(message, Tables):
            return cls(message.schema_name, message.schema_version, message.plans, equal_values=message.equal_values)
        if isinstance(message, Hello):
            return cls(message.schema_name, message.schema_version, tables=message.tables)
        if isinstance(message, AnnouncePresence):
            return cls(message.schema_name, message.schema_version)
        return None


class RoomCreator:
    """Creates the rooms of one folder.

    Args:
        schemas: the hub's own schema files.
        from_peers: whether a room may be created from the first peer's tables.
        limits: how many rooms there may be.
        backups: is told that a room needs no backup before it is first written to; may be None.
    """

    def __init__(self, schemas: Schemas, *, from_peers: bool, limits: Limits, backups: Backups | None) -> None:
        self.schemas = schemas
        self.from_peers = from_peers
        self._limits = limits
        self._backups = backups
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rooms")
        self._locks: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()

    async def make(self, path: Path, wish: RoomRequest) -> None:
        """Create the room ``path`` unless it exists. Cancelling this ends it.

        Raises:
            UsageError: it cannot be created from what this peer says, with the reason, for the peer.
            ReplicaError: it could not be created here.
        """
        lock = self._locks.setdefault(path, asyncio.Lock())
        async with lock:
            if not path.exists():
                await in_turns(self._make(path, wish), self._thread)

    def close(self) -> None:
        """End the thread once nothing is left to do."""
        self._thread.shutdown(wait=False)

    def _make(self, path: Path, wish: RoomRequest) -> Steps[None]:
        schema = self.schemas.find(wish.name)
        if schema is not None:
            if wish.name and wish.version != schema.version:
                raise UsageError(
                    t(
                        "This hub has version {here} of the schema {schema}, the other side version {there}.",
                        schema=printable(wish.name, 40),
                        here=schema.version,
                        there=wish.version,
                    )
                )
        elif self.from_peers and wish.plans:
            check_plans(wish.plans)
        elif wish.name and self.schemas.folder is not None:
            raise UsageError(
                t(
                    "This hub has no schema {schema}, and no room “{room}” yet.",
                    schema=printable(wish.name, 40),
                    room=path.name,
                )
            )
        else:
            raise UsageError(t("This hub has no room “{room}”.", room=path.name))
        yield from self._build(path, wish, schema)
        log.info("Made a room", extra={"room": path.name, "schema": schema.name if schema else None})

    def _build(self, path: Path, wish: RoomRequest, schema: Schema | None) -> Steps[None]:
        with os.scandir(path.parent) as entries:
            if sum(1 for _ in entries) >= self._limits.rooms:
                raise UsageError(t("This hub's limit of rooms is reached: {limit:,}.", limit=self._limits.rooms))
        unfinished = path.with_name(f".{path.name}.unfinished")  # no room can be called so
        try:
            _remove(unfinished)
            db = connect(unfinished, create=True)
            try:
                db.execute("PRAGMA journal_mode = WAL").fetchall()
                with db:
                    if schema is not None:
                        yield from _apply(db, schema)
                    else:
                        plain = [plan for plan in wish.plans if not plan.refers]
                        yield from create_tables(db, plain, equal_values=wish.equal_values)
                        record_made_from_peer(db)
            finally:
                db.close()
            numbered = [plan for plan in wish.plans if plan.refers]
            if schema is None and numbered:  # cr-sqlite knows nothing of rows that have other numbers elsewhere
                yield
                with Replica.open(unfinished) as replica:
                    replica.create_tables(numbered, equal_values=wish.equal_values)
            os.link(unfinished, path)  # unlike a rename, it never takes the place of another file
            _sync(path.parent)
            if self._backups is not None:
                self._backups.waive(path)
        except (apsw.Error, NotEligible) as error:
            raise UsageError(t("The tables cannot be created: {reason}.", reason=printable(str(error), 200))) from None
        except OSError as error:
            raise ReplicaError(
                t("The room {path} could not be created: {reason}.", path=path, reason=error.strerror or error)
            ) from None
        finally:
            with contextlib.suppress(OSError):
                _remove(unfinished)


def _apply(db: apsw.Connection, schema: Schema) -> Steps[None]:
    try:
        for _ in db.execute(schema.text):  # a row for each crsql_as_crr in it
            yield
    except (apsw.Error, SynclineError) as error:
        raise ReplicaError(
            t("The schema file {file} cannot be applied: {reason}.", file=schema.name, reason=error)
        ) from None
    record_schema(db, schema.name, schema.version)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make a new file name durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
