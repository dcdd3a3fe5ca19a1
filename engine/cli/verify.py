"""``syncline verify DB [URL]``: syncs, then compares every row, and on request mends what differs."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import Any

from engine.api import Engine
from engine.checks.repair import Side
from engine.checks.row_diff import Row, RowDifference
from engine.checks.verify import Verification
from engine.cli.options import add_database, add_token_file
from engine.cli.output import as_json, count, say, say_json, shown
from engine.cli.sync import kept, named
from engine.errors import TablesParked
from engine.session import Verdict
from engine.settings import Mode, Settings, data_dir
from engine.storage.backup import Backups
from engine.text import t

PATIENCE = 600.0
"""Seconds for each thing that is waited for: a large table takes long to look at."""

SHOWN = 50
"""Rows shown on a terminal; ``--json`` has them all."""


async def run(arguments: argparse.Namespace) -> int:
    """``syncline verify DB [URL]``. Ends with 0 when both hold the same rows and no table is parked, else 1."""
    wanted = named(arguments) if arguments.url is not None else await kept(arguments)
    worst = 0
    async with Engine(Settings(), backups=Backups(data_dir() / "backups")) as engine:
        database = await engine.databases.add(arguments.database)
        for config, token in wanted:
            peer = replace(config, database=database.id, mode=Mode.LIVE, paused=None)
            await engine.peers.add(peer, token=token)
            outcome = (await engine.peers.sync_now([peer.id]))[peer.id]
            if outcome is not None and not isinstance(outcome, TablesParked):
                raise outcome
            report = await _Command(engine, peer.id, arguments).run()
            if len(wanted) > 1 and not arguments.json:
                say(f"{peer.name}:")
            _say_json(report) if arguments.json else _say(report)
            worst = max(worst, int(report.verdict is Verdict.DIFFERENT or bool(report.parked)))
            await engine.peers.remove(peer.id)
    return worst


@dataclass(frozen=True, slots=True)
class _Command:
    engine: Engine
    peer: str
    arguments: argparse.Namespace

    async def run(self) -> Verification:
        """Compare, and mend as far as that is wished for."""
        report = await self._compare()
        if self.arguments.send_again and report.verdict is not Verdict.IDENTICAL:
            self._tell(t("{report}. Sending again…", report=report))
            for side in Side if self.arguments.send_again == "both" else (Side(self.arguments.send_again),):
                await self.engine.checks.send_again(self.peer, side, timeout=PATIENCE)
            report = await self._compare()
        if self.arguments.take and report.differing:
            settled = await self.engine.checks.resolve_rows(self.peer, report.differing, Side(self.arguments.take))
            whose = "our" if self.arguments.take == Side.MINE else "their"
            self._tell(
                t(
                    "Wrote {written} as new, {whose} way. {why}",
                    written=count(settled.written, "row"),
                    whose=whose,
                    why=settled.why,
                ).rstrip()
            )
            await self.engine.peers.wait_in_sync([self.peer], timeout=PATIENCE, parked=True)
            report = await self._compare()
        return report

    async def _compare(self) -> Verification:
        return await self.engine.checks.verify(self.peer, timeout=PATIENCE)

    def _tell(self, sentence: str) -> None:
        if not self.arguments.json:
            say(sentence)


def _say(report: Verification) -> None:
    say(str(report))
    for row in report.differing[:SHOWN]:
        say(f"    {_line(row)}")
    if len(report.differing) > SHOWN or any(table.more for table in report.tables):
        say(t("    and more: with --json, the first 1,000 of them"))
    if report.verdict is Verdict.DIFFERENT:
        say(t("To mend what has a clock: --send-again both. For rows that differ even so: --take mine, or theirs."))
    elif report.verdict is Verdict.HISTORY:
        say(t("That does no harm; --send-again both makes the histories alike."))
    if report.left_out:
        say(t("Not compared: {left_out}", left_out=report.left_out))


def _line(row: RowDifference) -> str:
    where = f"{shown(row.table)}[{_key(row.key)}]"
    if row.here is None or row.there is None:
        return t("{where}: only {value}", where=where, value="there" if row.here is None else "here")
    if row.too_large:
        return t("{where}: differs, and is too large to be shown", where=where)
    parts = [
        t("{name} is {here} here, {there} there", name=shown(name), here=shown(here), there=shown(there))
        for name, here, there in zip(row.columns, row.here, row.there, strict=True)
        if name in row.differing
    ]
    if row.key_there is not None:
        parts.insert(0, t("the key is {key} here, {key_there} there", key=_key(row.key), key_there=_key(row.key_there)))
    return f"{where}: {'; '.join(parts)}"


def _key(key: Row) -> str:
    return ", ".join(map(shown, key))


def _say_json(report: Verification) -> None:
    for one in report.parked:
        say_json({"table": one.table, "verdict": "parked", "reason": one.sentence})
    for table in report.tables:
        say_json(
            {
                "table": table.table,
                "verdict": table.verdict.value,
                "rows_here": table.here,
                "rows_there": table.there,
                "differing": [_row_json(row) for row in table.rows],
                "more": table.more,
            }
        )


def _row_json(row: RowDifference) -> dict[str, Any]:
    spelled = {} if row.key_there is None else {"key_there": [as_json(part) for part in row.key_there]}
    return {
        "key": [as_json(part) for part in row.key],
        **spelled,
        "columns": list(row.differing),
        "here": _values_json(row.columns, row.here),
        "there": _values_json(row.columns, row.there),
    }


def _values_json(columns: tuple[str, ...], values: Row | None) -> dict[str, Any] | None:
    return None if values is None else {name: as_json(value) for name, value in zip(columns, values, strict=False)}


def verify_options(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of ``verify``."""
    parser.set_defaults(run=run)
    add_database(parser)
    parser.add_argument(
        "url", metavar="URL", nargs="?", help=t("the peer's address (default: the peers that are kept)")
    )
    parser.add_argument("--room", help=t("the database's name there (default: the file's name)"))
    add_token_file(parser)
    text = t("when it differs, have one side's changes sent once more, or both")
    parser.add_argument("--send-again", choices=("mine", "theirs", "both"), help=text)
    text = t("where rows still differ, write them as new the way they are on this side, after a backup")
    parser.add_argument("--take", choices=("mine", "theirs"), help=text)
    parser.add_argument("--json", action="store_true", help=t("one JSON object a table"))
