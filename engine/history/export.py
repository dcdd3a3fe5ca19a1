"""Writes the syncs of the journal for other programs, as CSV or JSON."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import apsw

from engine.errors import SynclineError
from engine.history.journal import SYNC_COLUMNS, SYNCS, Journal, SyncLine, as_sync
from engine.text import t


async def export(journal: Journal, target: Path) -> int:
    """Write all syncs of an open journal to a file: as JSON if its name ends in .json, else as CSV.

    Returns:
        How many there are.

    Raises:
        SynclineError: the file cannot be written.
    """
    lines = await journal.syncs(SYNCS)
    try:
        await asyncio.to_thread(_export, lines, target)
    except OSError as error:
        why = error.strerror or error
        raise SynclineError(
            t("{file} could not be written: {reason}.", file=target, reason=why), hint=t("Choose another folder.")
        ) from None
    return len(lines)


def read_syncs(file: Path) -> list[SyncLine]:
    """Return all syncs of a journal that is not open here, newest first, without creating or changing anything.

    Raises:
        SynclineError: it cannot be read.
    """
    try:
        if not file.exists():
            return []
        db = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            db.set_busy_timeout(2_000)
            return [*map(as_sync, db.execute(f"SELECT {SYNC_COLUMNS} FROM sync ORDER BY id DESC"))]
        finally:
            db.close()
    except OSError as error:
        why = error.strerror or error
        hint = t("Check that the folder is yours.")
        raise SynclineError(
            t("The journal {file} cannot be read: {reason}.", file=file, reason=why), hint=hint
        ) from None
    except apsw.Error as error:
        hint = t("You can delete it; nothing depends on it.")
        raise SynclineError(
            t("The journal {file} cannot be read: {reason}.", file=file, reason=error), hint=hint
        ) from None


def write_csv(lines: Iterable[SyncLine], out: TextIO) -> None:
    """Write syncs as CSV with a header line (RFC 4180), in the given order."""
    names = [field.name for field in fields(SyncLine)]
    table = csv.DictWriter(out, names)
    table.writeheader()
    table.writerows(map(_json_line, lines))


def write_json(lines: Iterable[SyncLine], out: TextIO, *, ascii_only: bool = False) -> None:
    """Write syncs as a JSON array, in the given order."""
    json.dump(list(map(_json_line, lines)), out, ensure_ascii=ascii_only, indent=1)
    out.write("\n")


def _json_line(line: SyncLine) -> dict[str, Any]:
    when = datetime.fromtimestamp(line.time).astimezone().isoformat(timespec="milliseconds")
    return asdict(line) | {"time": when, "seconds": round(line.seconds, 3)}


def _export(lines: Sequence[SyncLine], target: Path) -> None:
    write = write_json if target.suffix.lower() == ".json" else write_csv
    with target.open("w", encoding="utf-8", newline="") as out:
        write(list(reversed(lines)), out)
