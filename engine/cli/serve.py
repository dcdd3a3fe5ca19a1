"""``syncline serve DIR``: a hub on this machine."""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.api import Engine
from engine.cli.logs import log_json
from engine.cli.options import add_bandwidth, limited
from engine.cli.output import print_line
from engine.cli.sync import read_token
from engine.errors import UsageError
from engine.events import HubChanged
from engine.hub import HubOptions, Tls, limits
from engine.settings import Settings, check_url, data_dir
from engine.settings.typed_address import HUB_PORT
from engine.storage.backup import Backups
from engine.text import t
from engine.wire.handshake import ROOMS
from engine.wire.room_address import room_of, without_room

MANY_FILES = 65_536
"""How many open files are enough for any hub."""


TURN = 0.0005
"""Seconds after which a thread lets another one run. Otherwise busy rooms would hold up the loop, which serves all the
others, for five milliseconds at each of its system calls."""

PORT = HUB_PORT
"""Where a hub listens by default."""

SHOWN = 5
"""How many rooms are named when somebody comes or goes."""


async def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped; return the exit status."""
    if not 0 <= arguments.port <= 65535:
        raise UsageError(t("{port} is not a valid port.", port=arguments.port), hint=t("Use a number from 0 to 65535."))
    options = _options(arguments)
    if arguments.log_json:
        log_json()
    allow_many_files()
    sys.setswitchinterval(TURN)
    async with Engine(limited(Settings(), arguments.bandwidth), backups=Backups(data_dir() / "backups")) as engine:
        with engine.subscribe() as events:
            hub = await engine.serving.start(
                arguments.folder, host=arguments.host, port=arguments.port, options=options
            )
            url = f"{hub.url}/"  # a room follows
            print_line(t("Serving {folder} at {url}; press Ctrl-C to stop.", folder=arguments.folder, url=url))
            if options.tls is not None and (fingerprint := options.tls.fingerprint()):
                print_line(t("Its certificate's fingerprint (SHA-256): {fingerprint}", fingerprint=fingerprint))
            async for event in events:
                if isinstance(event, HubChanged) and event.url:
                    print_line(t("Connected: {rooms}", rooms=_crowd(event.rooms)))
    return 0


def _crowd(rooms: Sequence[tuple[str, int]]) -> str:
    """Return who is connected, in a line that stays short."""
    if not rooms:
        return t("nobody")
    shown, more = ", ".join(f"{room}: {guests}" for room, guests in rooms[:SHOWN]), rooms[SHOWN:]
    if not more:
        return shown
    guests = sum(guests for _, guests in more)
    return t("{rooms}, and {guests} in {count} more rooms", rooms=shown, guests=guests, count=len(more))


def allow_many_files() -> None:
    """Raise the limit on open files as far as allowed, as a room takes a few of them and each peer one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(MANY_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _options(arguments: argparse.Namespace) -> HubOptions:
    certificate, key = arguments.tls_cert, arguments.tls_key
    if (certificate is None) != (key is None):
        raise UsageError(
            t("TLS needs both a certificate and its key."), hint=t("Pass --tls-cert FILE and --tls-key FILE.")
        )
    return HubOptions(
        tokens=arguments.tokens,
        tls=Tls(certificate, key) if certificate is not None else None,
        insecure=arguments.insecure,
        schemas=arguments.schemas,
        allow_create=arguments.allow_create,
        follow_schema=arguments.follow_schema,
        allow_drop=arguments.allow_drop,
        limits=limits.parse(arguments.limit),
        upstreams=tuple(map(_check_hub, arguments.peer)),
        upstream_token=read_token(arguments.peer_token_file, "SYNCLINE_PEER_TOKEN") if arguments.peer else None,
    )


def _check_hub(url: str) -> str:
    """Return the checked address of another hub. With ``/sync/``, each room is added to the path when it is dialled."""
    url = check_url(url, path=ROOMS)
    if room_of(url):
        all_rooms = without_room(url) + "/"
        raise UsageError(
            t("{address} is the address of one room, and the hub syncs all of them.", address=url),
            hint=t("Use {address}.", address=all_rooms),
        )
    return url


def serve_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``serve`` to ``parser``."""
    parser.set_defaults(run=run, endless=lambda _: True)
    folder: dict[str, Any] = {"metavar": "DIR", "type": Path}
    file: dict[str, Any] = {"metavar": "FILE", "type": Path}
    parser.add_argument("folder", metavar="DIR", type=Path, help=t("the folder whose databases are the rooms"))
    parser.add_argument("--host", default="127.0.0.1", help=t("the address to listen on (default: this machine only)"))
    text = t("the port to listen on (default: {port}; 0 picks a free one)", port=PORT)
    parser.add_argument("--port", type=int, default=PORT, help=text)
    parser.add_argument("--schemas", **folder, help=t("create rooms from these schema files, and keep them up to date"))
    text = t("create a missing room from the first peer's tables")
    parser.add_argument("--allow-create", action="store_true", help=text)
    text = t(
        "add to rooms without a schema file what only a peer's tables have; rooms made from a peer's tables do so"
        " anyway"
    )
    parser.add_argument("--follow-schema", action="store_const", const=True, help=text)
    text = t("never add to a room what only a peer's tables have")
    parser.add_argument("--no-follow-schema", dest="follow_schema", action="store_const", const=False, help=text)
    text = t("let a newer schema file drop tables and columns that hold rows")
    parser.add_argument("--allow-drop", action="store_true", help=text)
    parser.add_argument("--tokens", **file, help=t("admit only peers with a token from this file: syncline token"))
    parser.add_argument("--tls-cert", **file, help=t("the certificate (PEM), with its intermediate certificates"))
    parser.add_argument("--tls-key", **file, help=t("its key (PEM)"))
    text = t("another hub with the same rooms to sync with, such as wss://host/sync/; can be repeated")
    parser.add_argument("--peer", metavar="URL", action="append", default=[], help=text)
    text = t("a file that holds the token for those hubs (or set SYNCLINE_PEER_TOKEN)")
    parser.add_argument("--peer-token-file", **file, help=text)
    text = t("listen beyond this machine even without tokens or TLS")
    parser.add_argument("--insecure", action="store_true", help=text)
    parser.add_argument("--log-json", action="store_true", help=t("log to stderr, one JSON object per line"))
    add_bandwidth(parser)
    text = t("a limit, such as room-size=2g; can be repeated. Limits: {names}", names=", ".join(limits.NAMES))
    parser.add_argument("--limit", metavar="NAME=AMOUNT", action="append", default=[], help=text)
