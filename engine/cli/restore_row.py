"""``syncline conflicts DB --restore TABLE KEY``: undoes what others did to one row."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.change import SQLiteValue
from engine.cli.output import as_json, print_json, print_line, shown
from engine.errors import UsageError
from engine.history.journal import Journal, OverwrittenLine
from engine.replica import KeptRow, Replica, find_deleted, is_certain, keys_in, restore_row, row_in
from engine.settings import SettingsFile, data_dir, journal_path
from engine.sqlite.invalid_text import each
from engine.sqlite.paths import resolved
from engine.sqlite.sql import ident, key_is, main
from engine.sqlite.sqlite_errors import explained
from engine.storage.backup import Backup, Backups
from engine.storage.restore import restore_value
from engine.tables import matching_keys, shown_key
from engine.text import Text, joined, t
from engine.truncate import stands_for


async def restore(path: Path, table: str, key: str, *, yes: bool, json: bool) -> int:
    """Restore a deleted row, or the values of a row that others have overwritten; return the exit status.

    Raises:
        UsageError: there is nothing to restore, or the person has not confirmed it; says what would happen.
    """
    backups = Backups(data_dir() / "backups")
    with Replica.open(path, readonly=True, recover=True) as replica:
        status = next((one for one in replica.tables() if one.name == table and one.syncable), None)
        if status is None:
            raise UsageError(t("{path} has no synced table “{table}”.", path=path, table=table))
        copies = [one for one in reversed(backups.all()) if one.path == resolved(path)]  # the newest first
        named, is_there = _key_of(replica, table, status.key, key, copies)
        found = _deleted(replica, table, status.key, named, copies) if named is not None and not is_there else None
        if found is None and not is_there:
            raise UsageError(
                t(
                    "No backup of {path} has a row {key} of “{table}” that was deleted.",
                    path=path,
                    key=key,
                    table=table,
                ),
                hint=t("The rows that are hidden: syncline conflicts {path}", path=path),
            )
    if found is not None:
        return _bring_back(path, found[0], backups, table, found[1], yes=yes, json=json)
    assert named is not None
    return await _put_back(path, backups, table, named, yes=yes, json=json)


def _deleted(
    replica: Replica, table: str, names: tuple[str, ...], key: tuple[SQLiteValue, ...], copies: Sequence[Backup]
) -> tuple[Backup, KeptRow] | None:
    """Return a deleted row from the newest copy that has it; a number alone does not tell which row it was.

    Raises:
        UsageError: a copy has such a row, but it is not certain which row it was, or to which ones it referred.
    """
    uncertain = False
    for copy in copies:
        kept = row_in(replica, copy.copy, table, names, key)
        if kept is None or (kept.pk is not None and find_deleted(replica, table, kept.pk) is None):
            continue
        if is_certain(replica, table, kept):
            return copy, kept
        uncertain = True
    if uncertain:
        raise UsageError(
            t(
                "No backup tells for certain which row {key} of “{table}” was, or to which rows it referred.",
                key=shown_key(key),
                table=table,
            ),
            hint=t("Their numbers may belong to other rows by now."),
        )
    return None


def _bring_back(path: Path, copy: Backup, backups: Backups, table: str, kept: KeptRow, *, yes: bool, json: bool) -> int:
    """Restore a deleted row from a backup."""
    when = datetime.fromtimestamp(copy.made).astimezone().isoformat(" ", "seconds")
    key = shown_key(kept.key)
    if not yes:
        warning = t(
            "“{table}”, row {key} would be back on all machines, as of {time} ({values}).",
            table=table,
            key=key,
            time=when,
            values=_listed(kept.values),
        )
        raise _unsure(warning)
    before = backups.make(path)
    with Replica.open(path) as replica:
        hidden = restore_row(replica, table, kept)
    if json:
        print_json(_json(table, key, "backup", kept.values, before) | {"hidden": hidden.reason if hidden else None})
    else:
        if hidden is None:
            print_line(t("“{table}”, row {key} is back, as of {time}.", table=table, key=key, time=when))
        else:
            print_line(t("“{table}”, row {key} is back, and hidden: syncline conflicts", table=table, key=key))
        print_line(t("Backup of the previous state: {backup}", backup=before))
    return 0 if hidden is None else 1


async def _put_back(
    path: Path, backups: Backups, table: str, key: tuple[SQLiteValue, ...], *, yes: bool, json: bool
) -> int:
    """Restore values that others have overwritten in a row."""
    lines = await _overwritten(path, table, key)
    name = shown_key(key)
    if not lines:
        raise UsageError(
            t("Nothing is known of “{table}”, row {key} that others have overwritten.", table=table, key=name),
            hint=t("The window keeps what was overwritten while it was open, for 30 days."),
        )
    values = {column: line.old for column, line in lines.items()}
    if not yes:
        warning = t(
            "“{table}”, row {key} would have these values again, on all machines: {values}.",
            table=table,
            key=name,
            values=_listed(values),
        )
        raise _unsure(warning)
    before = backups.make(path)
    with Replica.open(path) as replica:
        for column, line in lines.items():
            restore_value(replica, table, key, column, line.old, line.new)
        replica.capture()
    if json:
        print_json(_json(table, name, "journal", values, before) | {"hidden": None})
    else:
        text = t(
            "“{table}”, row {key} has these values again: {values}.", table=table, key=name, values=_listed(values)
        )
        print_line(text)
        print_line(t("Backup of the previous state: {backup}", backup=before))
    return 0


async def _overwritten(path: Path, table: str, key: tuple[SQLiteValue, ...]) -> Mapping[str, OverwrittenLine]:
    """Return, by column, the latest overwritten value, if what overwrote it is still there."""
    known = {one.id for one in SettingsFile().load().databases if one.path == resolved(path)}
    if not known or not journal_path().exists():
        return {}
    async with Journal(journal_path()) as journal:
        lines = [line for line in await journal.overwritten(1_000_000) if line.database in known]
    latest: dict[str, OverwrittenLine] = {}
    for line in lines:
        if line.table == table and line.key == key:
            latest.setdefault(line.column, line)
    found = {column: line for column, line in latest.items() if line.whole}
    return await asyncio.to_thread(_still_there, path, table, key, found)


def _still_there(
    path: Path, table: str, key: tuple[SQLiteValue, ...], lines: Mapping[str, OverwrittenLine]
) -> Mapping[str, OverwrittenLine]:
    with Replica.open(path, readonly=True) as replica, explained(path):
        status = next(one for one in replica.tables() if one.name == table)
        found = {column: line for column, line in lines.items() if column in status.columns}
        if not found:
            return {}
        sql = f"SELECT {', '.join(map(ident, found))} FROM {main(table)} WHERE {key_is(status.key)}"
        held = replica.connection.execute(sql, key).fetchone() or ()
    now = dict(zip(found, held, strict=False))
    return {column: line for column, line in found.items() if column in now and stands_for(line.new, now[column])}


def _key_of(
    replica: Replica, table: str, names: tuple[str, ...], wanted: str, copies: Sequence[Backup]
) -> tuple[tuple[SQLiteValue, ...] | None, bool]:
    """Return the key that is meant, of a row that is shown here or is in a copy, and whether it is shown here.

    Raises:
        UsageError: several rows may be meant.
    """
    with explained(replica.path):
        sql = f"SELECT {', '.join(map(ident, names))} FROM {main(table)}"
        best, here = matching_keys(each(replica.connection, sql), wanted)
    found = set(here)
    for copy in copies if best != 0 else ():
        level, keys = keys_in(copy.copy, table, names, wanted)
        if level < best:
            best, found = level, set()
        if level == best:
            found |= keys
    if len(found) > 1:
        raise UsageError(
            t("Several rows of “{table}” have the key {key}.", table=table, key=wanted),
            hint=t("Write the key whole, with quotation marks."),
        )
    one = next(iter(found), None)
    return one, one in here


def _unsure(warning: Text) -> UsageError:
    return UsageError(warning, hint=t("To do so, give the option --yes, too."))


def _listed(values: Mapping[str, SQLiteValue]) -> Text:
    return joined("; ", [t("{column}: {value}", column=name, value=shown(one)) for name, one in values.items()])


def _json(table: str, key: str, source: str, values: Mapping[str, SQLiteValue], backup: Path) -> dict[str, Any]:
    return {
        "kind": "restored",
        "table": table,
        "key": key,
        "from": source,
        "values": {column: as_json(value) for column, value in values.items()},
        "backup": str(backup),
    }
