"""Migrates a room to a newer schema file of the hub once a peer connects that has it already (cr-sqlite.md 10.7).

This does not happen when the file changes: until the first such peer connects, those with the version before are
served.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from engine.errors import ReplicaError, UsageError
from engine.hub.create_room import RoomRequest
from engine.hub.schemas import Schema, Schemas
from engine.replica import Replica
from engine.session.common_tables import compare
from engine.session.table_texts import names
from engine.storage.backup import Backups
from engine.storage.replica_host import ReplicaHost
from engine.table_shape import Shape
from engine.tables import Migration
from engine.text import sentences, t

log = logging.getLogger(__name__)


class RoomMigrator:
    """Migrates the rooms of one hub.

    Args:
        schemas: the hub's own schema files.
        backups: where a room is backed up to first.
        allow_drop: whether tables and columns that hold rows may be dropped.
    """

    def __init__(self, schemas: Schemas, backups: Backups, *, allow_drop: bool) -> None:
        self._schemas = schemas
        self._backups = backups
        self._allow_drop = allow_drop

    async def upgrade(self, host: ReplicaHost, wish: RoomRequest) -> None:
        """Migrate a room if this peer has the newer schema.

        Raises:
            UsageError: rows would be lost, with which ones, for the peer.
            ReplicaError: the schema file cannot be applied; the room has not changed.
        """
        name, version = await host.run(Replica.schema_identity)
        schema = self._schemas.find(name) if name is not None else None
        if schema is None or schema.version == version:
            return
        tables: Sequence[Shape] | None = None
        if wish.name == name:
            wanted = wish.version == schema.version
        else:  # a Syncline whose file records no schema: what counts is whether its tables fit
            tables = wish.tables
            found = compare(await host.run(Replica.shapes), tables)
            wanted = bool(tables) and bool(found.parked or found.problem or found.only_there)
        if wanted and await host.run(_upgrade, schema, self._backups, allow_drop=self._allow_drop, tables=tables):
            log.info("Upgraded a room", extra={"room": host.path.name, "schema": schema.name})
            await host.refresh()  # running sessions greet again, and this one knows the new tables


def _upgrade(
    replica: Replica, schema: Schema, backups: Backups, *, allow_drop: bool, tables: Sequence[Shape] | None
) -> bool:
    """Migrate on the replica's thread; return False if somebody else was faster, or a peer's ``tables`` do not call for
    it."""
    identity = (schema.name, schema.version)
    if replica.schema_identity() == identity:
        return False
    try:
        planned = replica.plan_migration(schema.text)
        if tables is not None and not _fits(planned, tables):
            return False
        if planned.loses and not allow_drop:
            raise _Loss(planned)
        backups.make(replica.path)
        replica.migrate(schema.text, lose=allow_drop, identity=identity)
    except _Loss:
        raise
    except (UsageError, ReplicaError) as error:  # about the hub's own file, which is none of the peer's business
        hint = t("Write CREATE TABLE IF NOT EXISTS for each table in it.") if "already exists" in str(error) else ""
        sentence = t("The schema file {file}: {reason}", file=schema.name, reason=error)
        raise ReplicaError(sentences(sentence, hint), hint=error.hint) from None
    return True


def _fits(planned: Migration, tables: Sequence[Shape]) -> bool:
    """Return whether these tables have something that would be added, or lack a column that would be dropped."""
    columns = {shape.name: {*shape.key, *shape.columns} for shape in tables}
    return (
        not columns.keys().isdisjoint(planned.created)
        or any(column in columns.get(table, ()) for table, column in planned.added)
        or any(one.table in columns and one.column not in columns[one.table] for one in planned.removed)
    )


class _Loss(UsageError):
    """Something that may not be lost would be lost."""

    def __init__(self, planned: Migration) -> None:
        lost = [one for one in (*planned.dropped, *planned.removed) if one.rows]
        tables = names({one.table for one in lost})
        super().__init__(
            t(
                "The hub's new schema would drop {count:,} values or rows of {tables}, so it was not "
                "applied. The hub's owner must allow that.",
                tables=tables,
                count=sum(one.rows for one in lost),
            )
        )
