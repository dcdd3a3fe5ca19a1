"""Commands that look at a file, or at everything that is configured: tables, status.

They open files read-only and create nothing in them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from engine.cli.options import add_database
from engine.cli.output import print_json, print_line, rows, short_site, waiting_json
from engine.errors import ReplicaError
from engine.history import unsynced
from engine.ids import SiteId
from engine.replica import Replica
from engine.settings import Settings, SettingsFile, journal_path
from engine.table_shape import Where
from engine.tables import Waiting
from engine.text import counted, layout, t


async def tables(arguments: argparse.Namespace) -> int:
    """Run ``syncline tables DB [--json]``; return the exit status."""
    with Replica.open(arguments.database, readonly=True) as replica:
        found, deleted = replica.tables(), replica.count_deleted()
    for table in found:
        gone = deleted.get(table.name, 0)
        if arguments.json:
            print_json(
                {
                    "table": table.name,
                    "syncable": table.syncable,
                    "kind": table.kind,
                    "eligible": table.eligible,
                    "reasons": list(table.reasons),
                    "cautions": list(table.cautions),
                    "not_proposed": table.not_proposed or None,
                    "without_triggers": table.without_triggers or None,
                    "likely_references": [
                        {"column": one.column, "parent": one.parent, "values": one.values}
                        for one in table.likely_references
                    ],
                    "rows": table.rows,
                    "deleted": gone if table.syncable else None,
                    "key": list(table.key),
                    "columns": list(table.columns),
                }
            )
            continue
        can = t("can be made syncable") if table.eligible else t("cannot be synced")
        state = t("syncable") if table.syncable else can
        print_line(layout("{table}: {state}, {rows}", table=table.name, state=state, rows=rows(table.rows)))
        likely = [one.sentence for one in table.likely_references]
        for sentence in (table.not_proposed, *table.reasons, table.without_triggers, *table.cautions, *likely):
            if sentence:
                print_line(sentence, indent=4)
        if gone:
            one = t("1 deleted row is remembered, so that no other machine brings it back.")
            more = t("{count:,} deleted rows are remembered, so that no other machine brings them back.", count=gone)
            print_line(counted(gone, one, more), indent=4)
    if not found and not arguments.json:
        print_line(t("{path} has no tables.", path=arguments.database))
    return 0


async def status(arguments: argparse.Namespace) -> int:
    """Run ``syncline status [--json]``; return the exit status."""
    settings = SettingsFile().load()
    left_out = unsynced.read(journal_path())
    databases = [_database_status(settings, database.id, left_out) for database in settings.databases]
    if arguments.json:
        described = [database | {"waiting": waiting_json(database["waiting"])} for database in databases]
        print_json({"auto_sync": settings.auto_sync, "databases": described})
        return 0
    if not databases:
        print_line(t("No database is configured. To sync one: syncline sync DB URL"))
    for database in databases:
        print_line(f"{database['name']}  {database['path']}")
        if database["problem"]:
            print_line(database["problem"], indent=4)
            continue
        site_id, version = database["site_id"][:8], database["db_version"]
        print_line(t("site {site_id}, version {version}", site_id=site_id, version=version), indent=4)
        for one in database["parked"]:
            table, reason = one["table"], one["reason"]
            print_line(t("The table “{table}” cannot be synced: {reason}.", table=table, reason=reason), indent=4)
        if database["parked"]:
            print_line(t("To repair it: syncline check --repair {path}", path=database["path"]), indent=4)
        if database["waiting"]:
            print_line(database["waiting"].sentence, indent=4)
        if database["hidden"]:
            count, path = database["hidden"], database["path"]
            one = t("1 row is hidden; to see it: syncline conflicts {path}", path=path)
            more = t("{count:,} rows are hidden; to see them: syncline conflicts {path}", count=count, path=path)
            print_line(counted(count, one, more), indent=4)
        for peer in database["peers"]:
            print_line(t("peer {name}  {url}  room {room}  {mode}", **peer), indent=4)
            for sentence in (*(peer["parked"] or ()), *(peer["one_sided"] or ())):
                print_line(t("When last connected: {sentence}", sentence=sentence), indent=8)
        for clock in database["clocks"]:
            received, sent = (clock[key] if clock[key] is not None else "–" for key in ("received", "sent"))
            print_line(
                t(
                    "{site_id}: received {received}, confirmed {confirmed}",
                    site_id=short_site(SiteId(bytes.fromhex(clock["site_id"]))),
                    received=received,
                    confirmed=sent,
                ),
                indent=4,
            )
    return 0


OURS = (Where.HERE, Where.SUSPENDED)


def _parked_between(found: unsynced.Unsynced | None) -> list[str] | None:
    """Return why tables were not synced with a peer, beside what the file says; None if it was never connected."""
    return None if found is None else [one.sentence for one in found.parked if one.where not in OURS]


def _database_status(settings: Settings, database_id: str, left_out: Mapping[str, unsynced.Unsynced]) -> dict[str, Any]:
    database = next(known for known in settings.databases if known.id == database_id)
    described: dict[str, Any] = {
        "name": database.name,
        "path": str(database.path),
        "problem": "",
        "waiting": Waiting(),
        "hidden": 0,
        "peers": [
            {
                "name": peer.name,
                "url": peer.url,
                "room": peer.room,
                "mode": peer.mode.value,
                "parked": _parked_between(left_out.get(peer.id)),
                "one_sided": list(left_out[peer.id].one_sided) if peer.id in left_out else None,
            }
            for peer in settings.peers
            if peer.database == database_id
        ],
    }
    try:
        with Replica.open(database.path, readonly=True) as replica:
            described["site_id"] = replica.site_id.hex()
            described["db_version"] = replica.db_version()
            described["parked"] = [{"table": name, "reason": why} for name, why, _ in replica.parked()]
            replica.refresh()
            described["waiting"] = replica.waiting
            described["hidden"] = replica.count_hidden()
            described["clocks"] = [
                {"site_id": peer.site_id.hex(), "received": peer.received, "sent": peer.sent}
                for peer in replica.tracked_peers()
            ]
    except ReplicaError as error:
        described["problem"] = error.sentence
    return described


def tables_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``tables`` to ``parser``."""
    parser.set_defaults(run=tables)
    add_database(parser)
    parser.add_argument("--json", action="store_true", help=t("print one JSON object per line"))


def status_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``status`` to ``parser``."""
    parser.set_defaults(run=status)
    parser.add_argument("--json", action="store_true", help=t("print one JSON object"))
