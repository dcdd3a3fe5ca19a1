"""``syncline verify DB [URL]``: syncs, then compares every row, and repairs differences on request."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import Any

from engine.api import Engine
from engine.checks.repair import Side
from engine.checks.row_diff import Row, RowDifference
from engine.checks.verify import Verification
from engine.cli.options import add_certificate, add_database, add_token_file
from engine.cli.output import as_json, print_json, print_line, row_name, rows, shown
from engine.cli.sync import kept, named
from engine.errors import TablesParked
from engine.ids import PeerId
from engine.session import Verdict
from engine.settings import Mode, Settings, data_dir
from engine.storage.backup import Backups
from engine.text import Text, joined, layout, sentences, t

PATIENCE = 600.0
"""Seconds for each thing that is waited for, as reading a large table takes long."""

SHOWN = 50
"""How many rows are shown on a terminal; ``--json`` has them all."""


async def run(arguments: argparse.Namespace) -> int:
    """Run the command. The exit status is 0 if both sides hold the same rows and no table is parked, else 1."""
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
                print_line(layout("{peer}:", peer=peer.name))
            _print_report_json(report) if arguments.json else _print_report(report)
            worst = max(worst, int(report.verdict is Verdict.DIFFERENT or bool(report.parked)))
            await engine.peers.remove(peer.id)
    return worst


@dataclass(frozen=True, slots=True)
class _Command:
    """The comparison with one peer."""

    engine: Engine
    peer: PeerId
    arguments: argparse.Namespace

    async def run(self) -> Verification:
        """Compare, and repair as far as requested."""
        report = await self._compare()
        if self.arguments.send_again and report.verdict is not Verdict.IDENTICAL:
            self._print(t("{report}. Sending again…", report=report.summary))
            for side in Side if self.arguments.send_again == "both" else (Side(self.arguments.send_again),):
                await self.engine.checks.send_again(self.peer, side, timeout=PATIENCE)
            report = await self._compare()
        if self.arguments.take and report.differing:
            resolved = await self.engine.checks.resolve_rows(self.peer, report.differing, Side(self.arguments.take))
            written = rows(resolved.written)
            if self.arguments.take == Side.MINE:
                sentence = t("Wrote our version of {rows}.", rows=written)
            else:
                sentence = t("Wrote their version of {rows}.", rows=written)
            self._print(sentences(sentence, resolved.why))
            await self.engine.peers.wait_in_sync([self.peer], timeout=PATIENCE, parked=True)
            report = await self._compare()
        return report

    async def _compare(self) -> Verification:
        return await self.engine.checks.verify(self.peer, timeout=PATIENCE)

    def _print(self, sentence: str) -> None:
        if not self.arguments.json:
            print_line(sentence)


def _print_report(report: Verification) -> None:
    print_line(report.summary)
    for row in report.differing[:SHOWN]:
        print_line(_line(row), indent=4)
    if len(report.differing) > SHOWN or any(table.more for table in report.tables):
        print_line(t("and more; --json prints the first 1,000"), indent=4)
    if report.verdict is Verdict.DIFFERENT:
        print_line(
            t(
                "To send all recorded changes again: --send-again both. If rows still differ after "
                "that: --take mine, or theirs."
            )
        )
    elif report.verdict is Verdict.HISTORY:
        print_line(t("This is harmless; --send-again both makes the histories the same."))
    if report.left_out:
        print_line(t("Not compared: {tables}", tables=report.left_out))


def _line(row: RowDifference) -> Text:
    where = row_name(row.table, row.key, row.global_key)
    if row.there is None:
        return t("{row}: only here", row=where)
    if row.here is None:
        return t("{row}: only there", row=where)
    if row.too_large:
        return t("{row}: differs, but is too large to show", row=where)
    parts = [
        t("{column} is {here} here, {there} there", column=shown(name), here=shown(here), there=shown(there))
        for name, here, there in zip(row.columns, row.here, row.there, strict=True)
        if name in row.differing
    ]
    if row.key_there is not None:
        parts.insert(0, t("the key is {here} here, {there} there", here=_key(row.key), there=_key(row.key_there)))
    return layout("{row}: {differences}", row=where, differences=joined("; ", parts))


def _key(key: Row) -> Text:
    return joined(", ", map(shown, key))


def _print_report_json(report: Verification) -> None:
    for one in report.parked:
        print_json({"table": one.table, "verdict": "parked", "reason": one.sentence})
    for table in report.tables:
        print_json(
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
        **({"global_key": row.global_key} if row.global_key else {}),
        "columns": list(row.differing),
        "here": _values_json(row.columns, row.here),
        "there": _values_json(row.columns, row.there),
    }


def _values_json(columns: tuple[str, ...], values: Row | None) -> dict[str, Any] | None:
    return None if values is None else {name: as_json(value) for name, value in zip(columns, values, strict=False)}


def verify_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``verify`` to ``parser``."""
    parser.set_defaults(run=run)
    add_database(parser)
    parser.add_argument("url", metavar="URL", nargs="?", help=t("the peer's URL (default: the configured peers)"))
    parser.add_argument(
        "--room", help=t("the database's name there, where the URL does not say it (default: the file's name)")
    )
    add_token_file(parser)
    add_certificate(parser)
    text = t("if rows differ, send the changes of one side or both again")
    parser.add_argument("--send-again", choices=("mine", "theirs", "both"), help=text)
    text = t("where rows still differ, write this side's version as a new change, after a backup")
    parser.add_argument("--take", choices=("mine", "theirs"), help=text)
    parser.add_argument("--json", action="store_true", help=t("print one JSON object per table"))
