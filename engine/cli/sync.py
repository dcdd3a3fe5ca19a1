"""``syncline sync DB URL``: syncs one database with one peer; without an address, with the peers in the settings."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from dataclasses import replace
from pathlib import Path

from engine.api import Engine
from engine.checks.schema_diff import NoTables, ask_tables
from engine.cli.cautions import print_unsynced, warn_of
from engine.cli.options import add_bandwidth, add_certificate, add_database, add_token_file, limited
from engine.cli.output import terminal
from engine.cli.sync_output import JsonLines, Lines
from engine.errors import (
    FileBusy,
    NoSuchFile,
    PeerUnreachable,
    ReadOnlyFile,
    StorageFailed,
    SynclineError,
    TablesParked,
    UsageError,
)
from engine.events import PeerChanged
from engine.history import unsynced
from engine.history.event_stream import EventStream
from engine.ids import DatabaseId
from engine.links.backoff import Backoff
from engine.links.dialects import SchemaName
from engine.links.retry_policy import POLICIES
from engine.pairing.bootstrap import check_place, make_file
from engine.peer_state import PeerStatus
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings, SettingsFile, check_url, data_dir, journal_path
from engine.settings.credentials import KeepsTokens, TokenStore
from engine.sqlite.paths import resolved
from engine.storage.backup import Backups
from engine.table_shape import Join
from engine.text import t
from engine.wire.handshake import ROOMS, check_token
from engine.wire.room_address import room_of
from engine.wire.schema_hash import cryb64


async def run(arguments: argparse.Namespace) -> int:
    """Sync once, or keep running; return the exit status."""
    stay = arguments.watch or arguments.every is not None
    if arguments.every is not None and arguments.every < 1:
        raise UsageError(t("--every needs a number of minutes, 1 or more."))
    schema = _read_schema(arguments.schema) if arguments.schema else None
    wanted: list[tuple[PeerConfig, str | None]]
    store: KeepsTokens | None
    if arguments.url is not None:
        wanted, store = named(arguments), _NamedFile(arguments.token_file) if arguments.token_file else None
    else:  # the store is read at each attempt, as it may be locked now
        wanted, store = [(peer, None) for peer in kept_peers(arguments)], TokenStore()
    recorder = _UnsyncedRecorder(journal_path()) if arguments.url is None else None
    show = JsonLines() if arguments.json else Lines(cells=arguments.verbose, stay=stay)
    backups = Backups(data_dir() / "backups")
    warn_of(arguments.database)
    if arguments.url is not None and not arguments.database.exists():
        waiting = show if stay else None
        show.created(*await _make_from_room(arguments.database, *wanted[0], waiting, extension=arguments.extension))
        backups.waive(resolved(arguments.database))
    settings = limited(_kept_limit(arguments), arguments.bandwidth)
    async with Engine(settings, backups=backups, schema=schema, token_store=store) as engine:
        database = await _add_database(engine, arguments.database, show if stay else None)
        mode = Mode.LIVE if arguments.watch else Mode.EVERY if arguments.every else Mode.MANUAL
        with engine.subscribe(whole=True) as events:
            for peer, token in wanted:
                here = replace(peer, database=database.id, mode=mode, minutes=arguments.every or 1, paused=None)
                await engine.peers.add(here, token=token)
                if arguments.join is not None:
                    await engine.peers.join(peer.id, Join(arguments.join))
            telling = asyncio.create_task(_print_events(events, show, recorder))
            if stay:
                await telling
                return 0
            outcomes = await engine.peers.sync_now()
            events.close()
            await telling
        for status in engine.peers.statuses():
            if outcomes[status.peer] is None or isinstance(outcomes[status.peer], TablesParked):
                show.done(status)
        for outcome in outcomes.values():
            if outcome is not None:
                raise outcome
    if terminal() and not arguments.json:  # a job that syncs each hour need not hear it each time
        print_unsynced(arguments.database)
    return 0


async def _make_from_room(
    path: Path, peer: PeerConfig, token: str | None, waiting: Lines | JsonLines | None, *, extension: bool
) -> tuple[Path, str, list[str], tuple[str, ...]]:
    """Create the database with the tables of the room, or nothing at all.

    Args:
        waiting: where to report that the peer cannot be reached, for a command that keeps running; None to raise
            instead.

    Returns:
        the database, the room, its tables, and those that are only for programs with cr-sqlite.

    Raises:
        NoSuchFile: the room cannot say which tables it has.
        SynclineError: as in ``make_file``.
    """
    await asyncio.to_thread(check_place, path)
    backoff, said = Backoff(random.Random()), ""
    while True:
        try:
            tables = await ask_tables(peer, token)
            break
        except PeerUnreachable as error:
            if waiting is None:
                raise NoSuchFile(
                    t("“{path}” does not exist. {reason}", path=path, reason=error), hint=error.hint
                ) from None
            if str(error) != said:
                said = str(error)
                waiting.waits(error)
        except NoTables as error:
            hint = t("Create it with its tables first: then the first sync creates the room from these.")
            raise NoSuchFile(t("“{path}” does not exist. {reason}", path=path, reason=error), hint=hint) from None
        await asyncio.sleep(backoff.next(POLICIES[SynclineError]))
    by_extension = await asyncio.to_thread(make_file, path, tables, extension=extension)
    return path, peer.room, [plan.name for plan in tables.plans], by_extension


async def _add_database(engine: Engine, path: Path, waiting: Lines | JsonLines | None) -> DatabaseConfig:
    """Add the database to the engine.

    Args:
        waiting: where to report that it cannot be used at the moment, for a command that keeps running; None to raise.
    """
    backoff, said = Backoff(random.Random()), ""
    while True:
        try:
            return await engine.databases.add(path)
        except (FileBusy, ReadOnlyFile, StorageFailed) as error:
            if waiting is None:
                raise
            if str(error) != said:
                said = str(error)
                waiting.waits(error)
        await asyncio.sleep(backoff.next(POLICIES[SynclineError]))


def named(arguments: argparse.Namespace) -> list[tuple[PeerConfig, str | None]]:
    """Return the peer that the command line names, and its token."""
    url = check_url(arguments.url, path=ROOMS)
    room = arguments.room or room_of(url) or arguments.database.name
    token = read_token(arguments.token_file, "SYNCLINE_TOKEN")
    trusted = arguments.certificate.replace(":", "").lower()  # as openssl prints it
    return [(PeerConfig.new(DatabaseId(""), url, room=room, trusted=trusted), token)]


class _NamedFile:
    """The token in the file that the command line names, which may be replaced while the command runs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def where(self) -> str:
        """Return a sentence that says where it is kept."""
        return t("Tokens are stored in {path}, which only you can read.", path=self._path)

    async def get(self, _: str) -> str | None:
        """Return the token that the file holds now.

        Raises:
            UsageError: as in ``read_token``.
        """
        return await asyncio.to_thread(read_token, self._path, "")

    async def set(self, peer: str, token: str) -> None:
        """Do nothing: the file is the person's own."""

    async def delete(self, peer: str) -> None:
        """Do nothing: the file is the person's own."""


async def kept(arguments: argparse.Namespace) -> list[tuple[PeerConfig, str | None]]:
    """Return the peers that the settings have for this database, and their tokens.

    Raises:
        TokenStoreError: a token cannot be read at the moment.
    """
    store = TokenStore()
    return [(peer, await store.get(peer.id)) for peer in kept_peers(arguments)]


def _kept_limit(arguments: argparse.Namespace) -> Settings:
    """Return settings with the stored bandwidth limit, if the peers are those of the settings; else without one."""
    return Settings(bandwidth_limit=0 if arguments.url is not None else SettingsFile().load().bandwidth_limit)


def kept_peers(arguments: argparse.Namespace) -> list[PeerConfig]:
    """Return the peers that the settings have for this database, added in the window or by pairing."""
    settings = SettingsFile().load()
    path = resolved(arguments.database)
    known = {database.id for database in settings.databases if database.path == path}
    peers = [peer for peer in settings.peers if peer.database in known]
    if not peers:
        raise UsageError(
            t("No peer is configured for {database}.", database=arguments.database.name),
            hint=t("Give its URL: syncline sync DB URL. Or pair with another machine: syncline pair LINK DB"),
        )
    return peers


async def _print_events(events: EventStream, show: Lines | JsonLines, recorder: _UnsyncedRecorder | None) -> None:
    async for event in events:
        show.event(event)
        if recorder is not None and isinstance(event, PeerChanged):
            await recorder.note(event.status)


class _UnsyncedRecorder:
    """Records what is not synced with the peers in the settings, as no journal is open here.

    Args:
        file: the journal's; created when needed.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._written: dict[str, unsynced.Unsynced] = {}

    async def note(self, status: PeerStatus) -> None:
        """Record what a peer's row says, if it was connected and something has changed."""
        found = unsynced.Unsynced.of(status)
        if status.site_id is not None and self._written.get(status.peer) != found:
            self._written[status.peer] = found
            await asyncio.to_thread(unsynced.record, self._file, status.peer, found)


def _read_schema(path: Path) -> SchemaName:
    try:
        return SchemaName(path.name, cryb64(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(t("The schema file {path} cannot be read: {reason}.", path=path, reason=error)) from None


def read_token(path: Path | None, variable: str) -> str | None:
    """Read a token from its file, or else from an environment variable, as everybody can see a command line.

    Raises:
        UsageError: the file cannot be read, or contains no token.
    """
    if path is None:
        return os.environ.get(variable) or None
    try:
        return check_token(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(t("The token file {path} cannot be read: {reason}.", path=path, reason=error)) from None


def sync_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``sync`` to ``parser``."""
    parser.set_defaults(run=run, endless=lambda arguments: bool(arguments.watch or arguments.every))
    add_database(parser)
    text = t("the peer's URL, such as wss://host/sync/ROOM (default: the configured peers)")
    parser.add_argument("url", metavar="URL", nargs="?", help=text)
    parser.add_argument(
        "--room", help=t("the database's name there, where the URL does not say it (default: the file's name)")
    )
    text = t("if DB is made from the room: for programs that load cr-sqlite, as by make-syncable --extension")
    parser.add_argument("--extension", action="store_true", help=text)
    parser.add_argument("--schema", metavar="FILE", type=Path, help=t("the schema file of a published vlcn server"))
    text = t(
        "how to join rows of both sides that never met: keep all of both, and where they differ the larger value "
        "(both) or the peer's (same); or keep only the peer's (replace)"
    )
    parser.add_argument("--join", choices=[one.value for one in Join], help=text)
    add_token_file(parser)
    add_certificate(parser)
    add_bandwidth(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help=t("sync once, until both sides are caught up (default)"))
    how.add_argument("--watch", action="store_true", help=t("stay connected and send every write at once"))
    how.add_argument("--every", metavar="MINUTES", type=int, help=t("sync at this interval"))
    text = t("show each change, not only how many rows of each table were sent and received")
    parser.add_argument("--verbose", action="store_true", help=text)
    parser.add_argument("--json", action="store_true", help=t("print one JSON object per line"))
