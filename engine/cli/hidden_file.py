"""Saves hidden rows to a file of their own, before what keeps them in the database is removed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.cli.conflicts import hidden_json
from engine.cli.output import print_line
from engine.errors import UsageError
from engine.replica import Replica, hidden_differences
from engine.tables import HiddenRow
from engine.text import counted, t


def check(path: Path, count: int) -> None:
    """Check that a database has no hidden rows.

    Args:
        path: the database.
        count: how many of its rows are hidden.

    Raises:
        UsageError: some are; says how to save them to a file.
    """
    if count:
        raise UsageError(
            counted(
                count,
                t("1 row of {path} is hidden, and would be gone.", path=path),
                t("{count:,} rows of {path} are hidden, and would be gone.", count=count, path=path),
            ),
            hint=t("To have them in a file: --hidden-to FILE.json. To see them: syncline conflicts {path}", path=path),
        )


def described(replica: Replica, rows: Iterable[HiddenRow]) -> list[dict[str, Any]]:
    """Return hidden rows in the form in which they are written."""
    return [hidden_json(row, hidden_differences(replica, row)) for row in rows]


def write(file: Path, found: list[dict[str, Any]]) -> None:
    """Write hidden rows, in that form, to a new file as JSON.

    A file that already has all of them is left as it is: what was to follow must have failed the last time.

    Raises:
        UsageError: there is such a file, and it lacks some.
    """
    try:
        with file.open("x", encoding="utf-8") as out:
            json.dump(found, out, indent=1, ensure_ascii=False)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        if not _has(file, found):
            raise UsageError(t("“{path}” already exists.", path=file), hint=t("Choose another name.")) from None
    print_line(t("Hidden rows: {path}", path=file))


def _has(file: Path, found: list[dict[str, Any]]) -> bool:
    """Return whether a file is one of hidden rows that has all of these."""
    if not file.is_file():
        return False  # a device may never end
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(held, list) or not all(isinstance(one, dict) and one.get("kind") == "hidden" for one in held):
        return False
    known = {json.dumps(one, sort_keys=True) for one in held}
    return all(json.dumps(one, sort_keys=True) in known for one in found)
