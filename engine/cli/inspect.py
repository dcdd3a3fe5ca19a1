"""Commands that look at one file, or at what is configured: status, activity, tables, make-syncable, changes.

Those that only read open the file read-only and create nothing in it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.backup import Backups
from engine.cli.output import change_json, change_line, count, say, say_json, short_site
from engine.crr import Replica
from engine.crr.tables.create import not_eligible
from engine.errors import ReplicaError, UsageError
from engine.flow import flow_of
from engine.journal_export import read_syncs, write_csv, write_json
from engine.settings import Settings, SettingsFile, data_dir, journal_path
from engine.watch import FileWatch

READ_LIMIT = 10_000
"""Changes read at a time."""


async def tables(arguments: argparse.Namespace) -> int:
    """``syncline tables DB``"""
    with Replica.open(arguments.database, readonly=True) as replica:
        found = replica.tables()
    for table in found:
        if arguments.json:
            say_json(
                {
                    "table": table.name,
                    "syncable": table.syncable,
                    "eligible": table.eligible,
                    "reasons": list(table.reasons),
                    "cautions": list(table.cautions),
                    "rows": table.rows,
                    "key": list(table.key),
                    "columns": list(table.columns),
                }
            )
            continue
        can = "can be made syncable" if table.eligible else "cannot be synced"
        word = "syncable" if table.syncable else can
        say(f"{table.name}: {word}, {count(table.rows, 'row')}")
        for sentence in table.reasons + table.cautions:
            say(f"    {sentence}")
    if not found and not arguments.json:
        say(f"{arguments.database} has no tables.")
    return 0


async def make_syncable(arguments: argparse.Namespace) -> int:
    """``syncline make-syncable DB TABLE [--undo]``"""
    path: Path = arguments.database
    with Replica.open(path, readonly=True, recover=True) as replica:
        found = {table.name: table for table in replica.tables()}
    table = found.get(arguments.table)
    if table is None:
        known = ", ".join(sorted(found)) or "none"
        raise UsageError(f"{path} has no table “{arguments.table}”.", hint=f"Its tables: {known}.")
    if table.syncable is not arguments.undo:
        say(f"{table.name} is {'syncable already' if table.syncable else 'not syncable'}.")
        return 0
    if arguments.undo:
        backup = Backups(data_dir() / "backups").make(path)
        with Replica.open(path) as replica:
            replica.make_plain(table.name)
        say(f"{table.name} is not synced any more ({count(table.rows, 'row')}). The backup of before: {backup}")
        return 0
    if not table.eligible:
        raise not_eligible(table.name, table.reasons)
    backup = Backups(data_dir() / "backups").make(path)
    with Replica.open(path) as replica:
        replica.make_crr(table.name)
    for caution in table.cautions:
        say(caution)
    say(f"{table.name} is syncable now ({count(table.rows, 'row')}). The backup of before: {backup}")
    say("Programs that write to this file must now load cr-sqlite, or write through engine.crr.")
    return 0


async def changes(arguments: argparse.Namespace) -> int:
    """``syncline changes DB [--since V] [--follow] [--json]``"""
    since: int = arguments.since
    if since < 0:
        raise UsageError("--since takes a version, 0 or more.")
    with Replica.open(arguments.database, readonly=True) as replica:
        since = _print_changes(replica, since, arguments.json)
        if arguments.follow:
            moved = asyncio.Event()
            async with FileWatch(arguments.database, moved.set):
                while True:
                    since = _print_changes(replica, since, arguments.json)
                    await moved.wait()
                    moved.clear()
    return 0


def _print_changes(replica: Replica, since: int, as_json: bool) -> int:
    """Print what is above ``since``; return the version reached."""
    while True:
        found = replica.changes(since, limit=READ_LIMIT)
        for line in flow_of(found.changes):
            if as_json:
                say_json(change_json(line))
            else:
                say(change_line(line))
        since = max(since, found.until)
        if not found.more:
            return since


async def activity(arguments: argparse.Namespace) -> int:
    """``syncline activity [--json | --csv]``"""
    lines = list(reversed(read_syncs(journal_path())))
    if arguments.json:
        write_json(lines, sys.stdout)
    elif arguments.csv:
        write_csv(lines, sys.stdout)
    else:
        for line in lines:
            when = datetime.fromtimestamp(line.time).strftime("%Y-%m-%d %H:%M:%S")
            moved = f"sent {count(line.sent, 'change')}, received {count(line.received, 'change')}"
            result = f": {line.error}" if line.error else f" in {line.seconds:.1f} s"
            say(f"{when}  {line.peer_name}  {moved}{result}")
        if not lines:
            say("Nothing was synced in the last 30 days.")
    return 0


async def status(arguments: argparse.Namespace) -> int:
    """``syncline status [--json]``"""
    settings = SettingsFile().load()
    databases = [_database_status(settings, database.id) for database in settings.databases]
    if arguments.json:
        say_json({"auto_sync": settings.auto_sync, "databases": databases})
        return 0
    if not databases:
        say("No database yet. Sync one: syncline sync DB URL")
    for database in databases:
        say(f"{database['name']}  {database['path']}")
        if database["problem"]:
            say(f"    {database['problem']}")
            continue
        say(f"    site {database['site_id'][:8]}, version {database['db_version']}")
        for peer in database["peers"]:
            say(f"    peer {peer['name']}  {peer['url']}  room {peer['room']}  {peer['mode']}")
        for clock in database["clocks"]:
            received, sent = (clock[key] if clock[key] is not None else "–" for key in ("received", "sent"))
            say(f"    {short_site(bytes.fromhex(clock['site_id']))}: received {received}, confirmed {sent}")
    return 0


def _database_status(settings: Settings, database_id: str) -> dict[str, Any]:
    database = next(known for known in settings.databases if known.id == database_id)
    told: dict[str, Any] = {
        "name": database.name,
        "path": str(database.path),
        "problem": "",
        "peers": [
            {"name": peer.name, "url": peer.url, "room": peer.room, "mode": peer.mode.value}
            for peer in settings.peers
            if peer.database == database_id
        ],
    }
    try:
        with Replica.open(database.path, readonly=True) as replica:
            told["site_id"] = replica.site_id.hex()
            told["db_version"] = replica.db_version()
            told["clocks"] = [
                {"site_id": peer.site_id.hex(), "received": peer.received, "sent": peer.sent}
                for peer in replica.tracked_peers()
            ]
    except ReplicaError as error:
        told["problem"] = str(error)
    return told
