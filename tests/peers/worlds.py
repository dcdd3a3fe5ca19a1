"""Runs one script with our engine and with the published one, and compares all that can be seen.

Both worlds start from the same bytes, so site ids agree; every value is compared with its storage class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import apsw

from engine.change import Change, SQLiteValue
from engine.crr import Replica
from engine.errors import SynclineError
from tests.peers.oracle import Command, Oracle
from tests.peers.scripts import SITES, Block, Feed, Merge, Script, Sql, Step, Table, Way, marks, quoted

COLUMNS = '"table", "pk", "cid", "val", "col_version", "db_version", "site_id", "cl", "seq"'
MERGE = f"INSERT INTO crsql_changes ({COLUMNS}) VALUES ({marks(9)})"
FAILED = "an error"
Outcome = str | list[list[SQLiteValue]]


@dataclass(frozen=True)
class Difference:
    """The first place where the two engines part: what ran there, and what each of them made of it."""

    where: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.where}\n    ours   {self.ours}\n    theirs {self.theirs}"


def blank_sites(oracle: Oracle) -> list[bytes]:
    """The bytes of one empty database for each site, with fixed ids."""
    contents = []
    for site in range(SITES):
        with oracle.open() as db:
            db.exec("UPDATE crsql_site_id SET site_id = ? WHERE ordinal = 0", [bytes([site + 1]) * 16])
            contents.append(db.export())
    return contents


def inspections(tables: Sequence[Table]) -> list[str]:
    """The queries that show a site's whole state, bookkeeping included."""
    queries = []
    for table in tables:
        types = ", ".join(f'typeof("{column}")' for column in table.key + table.columns)
        order = ", ".join(f'typeof("{column}"), "{column}"' for column in table.key)
        queries += [
            f"SELECT {quoted(table.key + table.columns)}, {types} FROM {table.name} ORDER BY {order}",
            f"SELECT * FROM {table.name}__crsql_pks ORDER BY 1",
            f"SELECT * FROM {table.name}__crsql_clock ORDER BY key, col_name",
        ]
    return [
        *queries,
        "SELECT ordinal, site_id FROM crsql_site_id ORDER BY ordinal",
        "SELECT crsql_site_id(), crsql_db_version()",
        f"SELECT {COLUMNS} FROM crsql_changes ORDER BY 6, 9, 1, 2, 3",
        "SELECT db_version, seq FROM crsql_changes",  # in this order by itself
    ]


class Worlds:
    """Runs everything here at once, and notes it as commands for the oracle's batch."""

    def __init__(self, folder: Path, oracle: Oracle, blanks: Sequence[bytes]) -> None:
        self._oracle = oracle
        self._replicas: list[Replica] = []
        self._sites: list[apsw.Connection] = []
        self._labels = [oracle.new_label() for _ in blanks]
        self._commands: list[Command] = []
        self._ours: list[tuple[str, Outcome]] = []
        self._rolled_back: set[int] = set()
        folder.mkdir(exist_ok=True)
        for number, content in enumerate(blanks):
            file = folder / f"site{number}.db"
            file.write_bytes(content)
            replica = Replica.open(file)
            # thousands of commits; power cuts are tested elsewhere
            replica.connection.execute("PRAGMA synchronous = OFF")
            self._replicas.append(replica)
            self._sites.append(replica.connection)

    def exec(self, site: int, sql: str, args: Sequence[SQLiteValue] = ()) -> Outcome:
        self._commands.append({"op": "exec", "db": self._labels[site], "sql": sql, "args": args})
        outcome: Outcome
        try:
            outcome = [list(row) for row in self._sites[site].execute(sql, args)]
        except (apsw.Error, SynclineError):
            outcome = FAILED
        self._ours.append((f"site {site}: {sql} {list(args) if args else ''}", outcome))
        return outcome

    def exec_many(self, site: int, sql: str, rows: Sequence[Sequence[SQLiteValue]]) -> Outcome:
        self._commands.append({"op": "executemany", "db": self._labels[site], "sql": sql, "rows": rows})
        outcome: Outcome
        try:
            outcome = [list(row) for row in self._sites[site].executemany(sql, rows)]
        except (apsw.Error, SynclineError):
            outcome = FAILED
        self._ours.append((f"site {site}: {sql} with {rows}", outcome))
        return outcome

    def step(self, step: Step) -> None:
        match step:
            case Sql():
                self.exec(step.site, step.sql, step.args)
                if step.sql == "ROLLBACK":
                    self._rolled_back.add(step.site)
            case Block():
                for inner in step.steps:
                    self.step(inner)
            case Merge():
                self.merge(step)
            case Feed():
                self.apply(step.target, step.changes, step.way)

    def merge(self, step: Merge) -> None:
        random = Random(step.seed)
        version = self.exec(step.source, "SELECT max(0, crsql_db_version() - 3)")
        since = version[0][0] if step.order == "delta" and isinstance(version, list) else 0
        sql, args = f"SELECT {COLUMNS} FROM crsql_changes WHERE db_version > ?", [since]
        if step.exclude:
            sql, args = f"{sql} AND site_id IS NOT ?", [since, bytes([step.target + 1]) * 16]
        found = self.exec(step.source, f"{sql} ORDER BY 6, 9, 1, 2, 3", args)
        if isinstance(found, str):
            return
        found = found.copy()
        if step.order in ("shuffled", "partial", "repeated"):
            random.shuffle(found)
        if step.order == "partial":
            found = found[: random.randint(0, len(found))]
        if step.order == "repeated":
            found += random.choices(found, k=len(found)) if found else []
        self.apply(step.target, found, step.way)

    def apply(self, target: int, changes: Sequence[Sequence[SQLiteValue]], way: Way) -> None:
        """Merge into one site."""
        if way == "alone":
            self.exec_many(target, MERGE, changes)
            return
        if way == "replica":
            self.merge_typed(target, changes)
            return
        self.exec(target, "BEGIN")
        merged = self.exec_many(target, MERGE, changes)
        if target not in self._rolled_back:  # stock goes on counting where a rollback left off
            self.exec(target, "SELECT crsql_rows_impacted()")
        self.step(Sql(target, "ROLLBACK" if merged == FAILED else "COMMIT"))

    def merge_typed(self, target: int, changes: Sequence[Sequence[SQLiteValue]]) -> None:
        """Merge by Replica.merge, which the published engine does with inserts in a transaction."""
        label, where = self._labels[target], f"site {target}: Replica.merge({changes})"
        outcome: Outcome = []
        try:
            self._replicas[target].merge([Change(*row) for row in changes])  # type: ignore[arg-type]
        except SynclineError:
            outcome = FAILED
        end = "ROLLBACK" if outcome == FAILED else "COMMIT"
        self._commands += [
            {"op": "exec", "db": label, "sql": "BEGIN"},
            {"op": "executemany", "db": label, "sql": MERGE, "rows": changes},
            {"op": "exec", "db": label, "sql": end},
        ]
        self._ours += [(where, []), (where, outcome), (where, [])]

    def compare(self, blanks: Sequence[bytes]) -> Difference | None:
        """Let the oracle do the same; the first difference, if there is one."""
        opening: list[Command] = [
            {"op": "import", "db": label, "bytes": content}
            for label, content in zip(self._labels, blanks, strict=True)
        ]
        closing: list[Command] = [{"op": "close", "db": label} for label in self._labels]
        replies = self._oracle.batch([*opening, *self._commands, *closing])
        theirs = replies[len(opening) : -len(closing)]
        for (where, ours), reply in zip(self._ours, theirs, strict=True):
            expected: Outcome = reply["rows"] if reply["ok"] else FAILED
            if repr(ours) != repr(expected):
                words = reply.get("error", "")
                if isinstance(ours, list) and isinstance(expected, list):
                    only_ours = [row for row in ours if repr(row) not in map(repr, expected)]
                    only_theirs = [row for row in expected if repr(row) not in map(repr, ours)]
                    ours, expected = only_ours or ours, only_theirs or expected
                return Difference(where, repr(ours), f"{expected!r} {words}")
        return None

    def close(self) -> None:
        for replica in self._replicas:
            replica.close()


def differs(script: Script, folder: Path, oracle: Oracle, blanks: Sequence[bytes]) -> Difference | None:
    """Run a script in both worlds."""
    worlds = Worlds(folder, oracle, blanks)
    try:
        for site in range(SITES):
            for table in script.tables:
                worlds.exec(site, table.create)
        for statement in script.filled:
            worlds.step(statement)
        for site in range(SITES):
            for table in script.tables:
                worlds.exec(site, "SELECT crsql_as_crr(?)", [table.name])
        for step in script.steps:
            worlds.step(step)
        for site in range(SITES):
            for query in inspections(script.tables):
                worlds.exec(site, query)
        for statement in script.queries:
            worlds.step(statement)
        return worlds.compare(blanks)
    finally:
        worlds.close()


def shrink(
    script: Script, folder: Path, oracle: Oracle, blanks: Sequence[bytes]
) -> tuple[Script, Difference]:
    """Leave out every step without which the two still differ."""
    difference = differs(script, folder, oracle, blanks)
    assert difference is not None
    position = 0
    while (shorter := shortened(script, position)) is not None:
        found = differs(shorter, folder, oracle, blanks)
        if found is None:
            position += 1
        else:
            script, difference = shorter, found
    return script, difference


def shortened(script: Script, position: int) -> Script | None:
    """The script without one of its parts: queries, steps, changes of a feed. None: there is no such part."""
    for part in ("queries", "steps", "filled"):
        steps: tuple[Step, ...] = getattr(script, part)
        for index, step in enumerate(steps):
            count = len(step.changes) if isinstance(step, Feed) else 0
            if position <= count:
                instead: list[Step] = []
                if isinstance(step, Feed) and position:
                    fewer = step.changes[: position - 1] + step.changes[position:]
                    instead = [replace(step, changes=fewer)]
                fields: dict[str, Any] = {part: (*steps[:index], *instead, *steps[index + 1 :])}
                return replace(script, **fields)
            position -= 1 + count
    return None
