"""A report for support: versions, settings, states, counts and the log. It holds no token and no value."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import platform
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import apsw

from engine import __version__
from engine.api import Engine
from engine.errors import SynclineError
from engine.ids import DatabaseId
from engine.settings import SETTINGS
from engine.text import layout, t

PACKAGES = (
    "apsw",
    "websockets",
    "PySide6-Essentials",
    "qasync",
    "platformdirs",
    "tomlkit",
    "keyring",
    "cryptography",
    "zeroconf",
)

LOG = 400_000
"""Bytes of the log that are included, from its end."""

HIDDEN = "[token]"


async def report(engine: Engine, logs: Iterable[Path] = (), about: Iterable[str] = ()) -> str:
    """Return the report as text.

    Args:
        engine: a running one.
        logs: the log's files, oldest first.
        about: more lines about the environment.
    """
    lines = [f"Syncline diagnostics, {time.strftime('%Y-%m-%d %H:%M:%S %z')}", "", "# Versions", *_versions(), *about]
    lines += ["", "# Settings", *_settings(engine), "", "# Databases"]
    for database in engine.settings.databases:
        lines += [line async for line in _database(engine, database.id)]
    lines += ["", "# Peers", *_peers(engine), "", "# Activity", *[line async for line in _activity(engine)]]
    lines += ["", "# Log", await asyncio.to_thread(_log, tuple(logs))]
    text = "\n".join(lines) + "\n"
    for secret in _secrets(engine):  # also where an error repeats one
        text = text.replace(secret, HIDDEN)
    return text.replace(str(Path.home()), "~")


async def save(engine: Engine, folder: Path, logs: Iterable[Path] = (), about: Iterable[str] = ()) -> Path:
    """Write the report to a new file in ``folder``, and return its path.

    Raises:
        SynclineError: it cannot be written.
    """
    file = folder / f"syncline-diagnostics-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    text = await report(engine, logs, about)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(file.write_text, text, "utf-8", "replace")
    except OSError as error:
        why = error.strerror or error
        raise SynclineError(
            t("{file} could not be written: {reason}.", file=file, reason=why),
            hint=t("Check that the folder exists, is yours and has free space."),
        ) from None
    return file


def _versions() -> Iterator[str]:
    yield f"syncline {__version__}"
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield f"{package} {importlib.metadata.version(package)}"
    yield f"SQLite {apsw.sqlite_lib_version()}"
    yield f"Python {platform.python_version()} on {platform.platform()}"
    yield f"started as {Path(sys.argv[0]).name}"


def _settings(engine: Engine) -> Iterator[str]:
    for name in SETTINGS:
        yield f"{name} = {getattr(engine.settings, name)!r}"


async def _database(engine: Engine, database: DatabaseId) -> AsyncIterator[str]:
    config = next(known for known in engine.settings.databases if known.id == database)
    yield f"{config.name}: {config.path}"
    try:
        tables = await engine.databases.tables(database)
        clocks = await engine.databases.clocks(database)
    except SynclineError as error:
        yield f"    {error}"
        return
    with contextlib.suppress(OSError):
        yield f"    {config.path.stat().st_size} bytes"
    for table in tables:
        kind = "synced" if table.syncable else "not synced"
        yield f"    {table.name}: {kind}, {table.rows} rows, {len(table.columns)} columns"
    for clock in clocks:
        yield f"    site {clock.site_id.hex()[:8]}: received {clock.received}, sent {clock.sent}"


def _peers(engine: Engine) -> Iterator[str]:
    names = {database.id: database.name for database in engine.settings.databases}
    configs = {peer.id: peer for peer in engine.settings.peers}
    for status in engine.peers.statuses():
        config = configs[status.peer]
        token = "with a token" if engine.peers.tokens.of(status.peer) else "no token in use"
        yield f"{status.name} ({names.get(status.database, '?')}): {_address(status.url)}, room {status.room}, {token}"
        yield f"    {config.mode.value}, {config.direction.value}, paused {config.paused}"
        yield layout("    {state}: {reason}", state=status.state.value, reason=status.sentence())
        skipped = {"peer", "name", "database", "url", "room", "state", "reason", "site_id"}
        facts = (field.name for field in fields(status) if field.name not in skipped)
        yield "    " + ", ".join(f"{name} {getattr(status, name)}" for name in facts)


async def _activity(engine: Engine) -> AsyncIterator[str]:
    if engine.history.journal is None:
        return
    for line in await engine.history.journal.syncs(100):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(line.time))
        moved = f"sent {line.sent}, received {line.received}, {line.bytes_out}+{line.bytes_in} bytes"
        yield f"{when} {line.peer_name}: {moved}, {line.seconds:.1f} s {line.error}".rstrip()


def _address(url: str) -> str:
    """Return an address without anything in it that may be secret."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "…" if parts.query else "", ""))


def _secrets(engine: Engine) -> list[str]:
    tokens = [engine.peers.tokens.of(peer.id) or "" for peer in engine.settings.peers]
    queries = [urlsplit(peer.url).query for peer in engine.settings.peers]
    return sorted({secret for secret in (*tokens, *queries) if secret}, key=len, reverse=True)


def _log(files: tuple[Path, ...]) -> str:
    text = ""
    for file in reversed(files):
        with contextlib.suppress(OSError):
            text = file.read_text("utf-8", "replace") + text
        if len(text) > LOG:
            return "…" + text[-LOG:]
    return text
