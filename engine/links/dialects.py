"""Chooses the dialect that a link speaks with whoever answered."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from engine.errors import PeerRefused
from engine.session import Session, Snapshot, SynclineSession, VlcnClientSession
from engine.settings import Direction, PeerConfig
from engine.table_shape import Join
from engine.text import t
from engine.transport.connect import Dialled

READING_ONLY = t("The token only allows reading: what is written here stays here.")


@dataclasses.dataclass(frozen=True, slots=True)
class SchemaName:
    """The schema that a link announces to stock servers for a file that has none recorded (cr-sqlite.md 10.7)."""

    name: str
    version: int


def session_with(
    dialled: Dialled,
    here: Snapshot,
    config: PeerConfig,
    *,
    schema: SchemaName | None,
    wary: bool,
    joins: Mapping[str, Join],
    file: str,
    now: Callable[[], float],
) -> Session:
    """Make the session for a connection.

    Args:
        dialled: who answered.
        here: our replica, whose name is ``file``.
        config: the peer.
        schema: for a stock server, if none is recorded in the file.
        wary, joins: as for ``Attempt``.
        now: the session's clock.

    Raises:
        PeerRefused: a stock server answered, and there is no schema to announce.
    """
    direction = config.direction
    sends, receives = direction is not Direction.RECEIVE, direction is not Direction.SEND
    if dialled.own is not None:
        may_send = sends and not dialled.read_only
        session = SynclineSession(here, now=now, sends=may_send, receives=receives, protocol=dialled.own)
        session.wary, session.leads, session.joins = wary, True, joins
        if sends and dialled.read_only:
            session.remark = READING_ONLY
        return session
    if here.schema_name is None:
        if schema is None:
            raise PeerRefused(
                t(
                    "{url} is a published vlcn server, which needs the name of a schema, and {file} has none.",
                    url=config.url,
                    file=file,
                ),
                hint=t("Give the schema file that the server uses: --schema FILE"),
            )
        here = dataclasses.replace(here, schema_name=schema.name, schema_version=schema.version)
    return VlcnClientSession(here, now=now, sends=sends, receives=receives)
