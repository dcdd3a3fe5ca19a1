"""``syncline pair DB`` here, ``syncline pair LINK DB`` on the other machine; ``syncline share DB...`` from then on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.api import Engine
from engine.cli.output import print_line, terminal
from engine.cli.settings_owner import window_is_open
from engine.cli.states import COLOURS, StateLines
from engine.errors import NothingToSync, UsageError
from engine.events import Paired, PeerChanged, SharingChanged
from engine.history.event_stream import EventStream
from engine.pairing.bootstrap import is_new
from engine.pairing.pairing_link import PairingLink, is_link, parse, qr_on_terminal
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings, SettingsFile, data_dir
from engine.settings.credentials import TokenStore
from engine.sqlite.paths import whole
from engine.storage.backup import Backups
from engine.table_shape import Join
from engine.text import t

PORT = 8786
"""The port where the command line shares: always the same, so that paired machines find it again."""


async def share(arguments: argparse.Namespace) -> int:
    """Run ``syncline share DB...``: serve paired machines until stopped."""
    async with _engine() as engine:
        with engine.subscribe() as events:
            await _share(engine, arguments.databases, arguments, join=arguments.join)
            await _print_events(events)
    return 0


async def pair(arguments: argparse.Namespace) -> int:
    """Run ``syncline pair DB`` or ``syncline pair LINK DB``; return the exit status."""
    if is_link(arguments.what):
        return await _use(parse(arguments.what), arguments)
    if arguments.database is not None:
        raise UsageError(
            t("“{text}” is not a pairing link.", text=arguments.what),
            hint=t("Use: syncline pair DB, or: syncline pair LINK DB"),
        )
    async with _engine() as engine:
        with engine.subscribe() as events:
            [database] = await _share(engine, [Path(arguments.what)], arguments)
            link = engine.sharing.invite(database.id)
            print_line(t("Open this link on the other machine within ten minutes. It works once; keep it to yourself:"))
            print_line(link.text())
            if terminal():
                print_line(qr_on_terminal(link.text()))
            print_line(t("Both sides show these words: {words}", words=" ".join(link.words)))
            print_line(t("On the other machine, run: syncline pair LINK DB"))
            print_line(t("To stop here, press Ctrl-C. To continue later: syncline share {path}", path=arguments.what))
            await _print_events(events)
    return 0


async def _use(link: PairingLink, arguments: argparse.Namespace) -> int:
    """Redeem the link on the other machine, add the peer to the settings, and sync with it."""
    if arguments.database is None:
        raise UsageError(t("Which database should be synced with it?"), hint=t("Use: syncline pair LINK DB"))
    if window_is_open():
        raise UsageError(
            t("Syncline's window is open and manages the peers."), hint=t("Paste the link there, under “Add peer”.")
        )
    file, store = SettingsFile(), TokenStore()
    settings = file.load()
    async with _engine(token_store=store) as engine:
        with engine.subscribe() as events:
            mode = Mode.LIVE if arguments.watch else Mode.MANUAL
            if is_new(whole(arguments.database)):
                peer = await engine.pairing.pair_new(link, arguments.database, mode=mode)
                print_line(t("Created {path} with the tables of the other side.", path=arguments.database))
            else:
                database = await engine.databases.add(arguments.database)
                peer = await engine.pairing.pair(link, database.id, mode=mode)
            for gone in _keep(file, settings, engine.settings.databases[0], peer):
                await engine.peers.tokens.drop(gone.id)
            print_line(
                t("Paired with {url}. Both sides show these words: {words}", url=peer.url, words=" ".join(link.words))
            )
            print_line(await store.where())
            if arguments.watch:
                await _print_events(events)
                return 0
        [outcome] = (await engine.peers.sync_now()).values()
        if outcome is not None:
            raise outcome
        print_line(
            t(
                "Both sides have the same data. To keep them the same, open the window, or run: syncline sync {path} "
                "--watch",
                path=arguments.database,
            )
        )
    return 0


def _keep(file: SettingsFile, settings: Settings, database: DatabaseConfig, peer: PeerConfig) -> list[PeerConfig]:
    """Add a database and its peer to the settings; return the peers that it replaces."""
    databases = settings.databases
    known = next((known for known in databases if known.path == database.path), None)
    if known is None:
        databases = (*databases, known := database)
    peer = replace(peer, database=known.id, mode=Mode.LIVE)
    same = [old for old in settings.peers if _paired_with(old) == _paired_with(peer)]
    if same:  # the person's changes to it stay
        peer = replace(same[-1], id=peer.id, url=peer.url, paused=None)
    others = (old for old in settings.peers if old not in same)
    file.save(replace(settings, databases=databases, peers=(*others, peer)))
    return same


def _paired_with(peer: PeerConfig) -> tuple[str, str, str]:
    return peer.database, peer.room, peer.fingerprint


def _engine(token_store: TokenStore | None = None) -> Engine:
    return Engine(Settings(), backups=Backups(data_dir() / "backups"), token_store=token_store)


async def _share(
    engine: Engine, paths: Sequence[Path], arguments: argparse.Namespace, *, join: str | None = None
) -> list[DatabaseConfig]:
    if not 0 <= arguments.port <= 65535:
        raise UsageError(t("{port} is not a valid port.", port=arguments.port), hint=t("Use a number from 0 to 65535."))
    databases = [await engine.databases.add(path) for path in paths]
    for database in databases:
        if not (await engine.databases.coverage(database.id)).synced:
            raise NothingToSync(
                t("{file} has no syncable table.", file=database.path.name),
                hint=t("Make its tables syncable first: syncline make-syncable {path} --all", path=database.path),
            )
    if join is not None:
        for database in databases:
            await engine.sharing.join(database.id, Join(join))
    await engine.sharing.start([database.id for database in databases], lan=not arguments.local, port=arguments.port)
    assert engine.sharing.server is not None
    rooms, port = ", ".join(engine.sharing.server.rooms), engine.sharing.server.port
    if arguments.local:
        print_line(t("Sharing {rooms} on this machine only, at port {port}.", rooms=rooms, port=port))
    else:
        print_line(t("Sharing {rooms} in the local network, at port {port}.", rooms=rooms, port=port))
    return databases


async def _print_events(events: EventStream) -> None:
    here: set[str] = set()
    states = StateLines()
    async for event in events:
        match event:
            case Paired(name, words):
                print_line(t("Paired with {name}: {words}", name=name, words=" ".join(words)))
            case SharingChanged(guests=guests):
                now = {guest.name for guest in guests if guest.connected}
                for name in sorted(now ^ here):
                    if name in now:
                        print_line(t("{name} connected.", name=name))
                    else:
                        print_line(t("{name} disconnected.", name=name))
                here = now
            case PeerChanged(status) if line := states.line(status):
                print_line(line, colour=COLOURS.get(status.state))
            case _:
                pass


def share_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``share`` to ``parser``."""
    parser.set_defaults(run=share, endless=lambda _: True)
    parser.add_argument("databases", metavar="DB", type=Path, nargs="+", help=t("a SQLite database"))
    text = t("how to join rows with those of whoever connects, if they never met; as with “sync --join”")
    parser.add_argument("--join", choices=[one.value for one in Join], help=text)
    _add_where(parser)


def pair_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``pair`` to ``parser``."""
    parser.set_defaults(run=pair, endless=lambda arguments: arguments.database is None or bool(arguments.watch))
    parser.add_argument(
        "what", metavar="DB|LINK", help=t("the database to share, or the link that the other side shows")
    )
    parser.add_argument(
        "database",
        metavar="DB",
        type=Path,
        nargs="?",
        help=t("with a link: the database to sync, created if it does not exist"),
    )
    parser.add_argument(
        "--watch", action="store_true", help=t("with a link: stay connected and send every write at once")
    )
    _add_where(parser)


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--local", action="store_true", help=t("serve this machine only, not the local network"))
    text = t("the port to listen on (default: {port}; 0 picks a free one)", port=PORT)
    parser.add_argument("--port", type=int, default=PORT, help=text)
