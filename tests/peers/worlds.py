"""Runs one script with our engine and with the published one, and compares all that can be seen.

Both worlds start from the same bytes, so site ids agree; every value is compared with its storage class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import apsw
import pytest

from engine.change import Change, SQLiteValue
from engine.crr.merge import merger
from engine.errors import SynclineError
from engine.replica import Replica
from engine.tables.grouping import shapes
from tests.peers.differences import Moving, Statement, after_alter, before_alter
from tests.peers.oracle import Command, Oracle
from tests.peers.scripts import COLUMNS, MERGE, SITES, Alter, Block, Feed, FlowDirection, Merge, Move, Script, Sql, Step
from tests.peers.tables import Table, quoted

FAILED = "an error"
Outcome = str | list[list[SQLiteValue]]


@dataclass(frozen=True)
class Difference:
    """The first place where the two engines part: what ran there, and what each of them made of it."""

    where: str
    ours: str
    theirs: str

    @property
    def kind(self) -> tuple[object, ...]:
        """What a shorter script has to keep, or it would show another difference."""
        return (*self.where.split()[2:5], self.ours.startswith(FAILED), self.theirs.startswith(FAILED))

    def __str__(self) -> str:
        return f"{self.where}\n    ours   {self.ours}\n    theirs {self.theirs}"


@dataclass(frozen=True)
class InlineMessage:
    """A command for the oracle, and what ours did there. None: the published engine alone does this, and must.

    ``ordered`` says whether the rows have to come in the same order.
    """

    where: str
    command: Command
    ours: Outcome | None
    ordered: bool = True


def blank_sites(oracle: Oracle, folder: Path) -> list[bytes]:
    """The bytes of one empty database for each site, with fixed ids; both engines made it, so that none has to
    write into it when it opens."""
    folder.mkdir(exist_ok=True)
    contents = []
    for site in range(SITES):
        file = folder / f"blank{site}.db"
        with oracle.open() as db:
            db.exec("UPDATE crsql_site_id SET site_id = ? WHERE ordinal = 0", [bytes([site + 1]) * 16])
            file.write_bytes(db.export())
        Replica.open(file).close()
        contents.append(file.read_bytes())
    return contents


def inspections(tables: Sequence[Table]) -> list[str]:
    """The queries that show a site's whole state, bookkeeping included."""
    queries = []
    for table in tables:
        order = ", ".join(f'typeof("{column}"), "{column}"' for column in table.key)
        queries += [
            f"SELECT *, {quoted(table.key + table.columns)} FROM {table.name} ORDER BY {order}",
            f"SELECT * FROM {table.name}__crsql_pks ORDER BY 1",
            f"SELECT * FROM {table.name}__crsql_clock ORDER BY key, col_name",
        ]
    return [
        *queries,
        "SELECT ordinal, site_id FROM crsql_site_id ORDER BY ordinal",
        "SELECT key, value FROM crsql_master WHERE key != 'crsqlite_version' ORDER BY 1",
        "SELECT site_id, version, seq, tag, event FROM crsql_tracked_peers ORDER BY 1, 4, 5",
        "SELECT crsql_site_id(), crsql_db_version()",
        f"SELECT {COLUMNS} FROM crsql_changes ORDER BY 6, 9, 1, 2, 3",
        "SELECT db_version, seq FROM crsql_changes",  # in this order by itself
    ]


class Worlds:
    """Runs everything here at once, and notes it as commands for the oracle."""

    def __init__(self, folder: Path, blanks: Sequence[bytes], labels: Sequence[str]) -> None:
        self.notes: list[InlineMessage] = []
        self._labels = labels
        self._replicas: list[Replica] = []
        self._sites: list[apsw.Connection] = []
        self._rolled_back: set[int] = set()
        self._tables: dict[str, Table] = {}
        for number, content in enumerate(blanks):
            file = folder / f"site{number}.db"
            file.write_bytes(content)
            replica = Replica.open(file)
            # thousands of commits; power cuts are tested elsewhere
            replica.connection.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").fetchall()
            self._replicas.append(replica)
            self._sites.append(replica.connection)

    def close(self) -> None:
        for replica in self._replicas:
            replica.close()

    def _note(self, site: int, what: str, ours: Outcome | None, ordered: bool = True, **command: object) -> None:
        command["db"] = self._labels[site]
        self.notes.append(InlineMessage(f"site {site}: {what}", command, ours, ordered))

    def _mend(self, site: int, statements: Sequence[Statement]) -> None:
        for sql, args in statements:
            self._note(site, sql, None, op="exec", sql=sql, args=args)

    def exec(self, site: int, sql: str, args: Sequence[SQLiteValue] = ()) -> Outcome:
        outcome: Outcome
        try:
            outcome = [list(row) for row in self._sites[site].execute(sql, args)]
        except (apsw.Error, SynclineError):
            outcome = FAILED
        self._note(site, f"{sql} {list(args) if args else ''}", outcome, op="exec", sql=sql, args=args)
        return outcome

    def exec_many(self, site: int, sql: str, rows: Sequence[Sequence[SQLiteValue]]) -> Outcome:
        outcome: Outcome
        try:
            outcome = [list(row) for row in self._sites[site].executemany(sql, rows)]
        except (apsw.Error, SynclineError):
            outcome = FAILED
        self._note(site, f"{sql} with {rows}", outcome, op="executemany", sql=sql, rows=rows)
        return outcome

    def step(self, step: Step) -> None:
        match step:
            case Sql():
                self.exec(step.site, step.sql, step.args)
                if step.sql == "ROLLBACK":
                    self._rolled_back.add(step.site)
            case Move():
                self.move(step)
            case Alter():
                self.alter(step)
            case Block():
                for inner in step.all:
                    self.step(inner)
            case Merge():
                self.merge(step)
            case Feed():
                self.apply(step.target, step.changes, step.way)

    def move(self, step: Move) -> None:
        db = self._sites[step.site]
        try:
            moving, before = Moving(db, step), db.total_changes()
        except apsw.SQLError:  # a script cut short: the columns are not there
            return
        self.exec(step.site, step.update.sql, step.update.args)
        if db.total_changes() > before:
            self._mend(step.site, moving.mends())

    def alter(self, step: Alter) -> None:
        name = step.before.name
        if self._tables[name] != step.before:  # a script cut short: an earlier alter is missing
            return
        for site in range(SITES):
            self.exec(site, "BEGIN")
            self._mend(site, before_alter(step))
            self.exec(site, "SELECT crsql_begin_alter(?)", [name])
            for sql, args in step.statements:
                self.exec(site, sql, args)
            self.exec(site, "SELECT crsql_commit_alter(?) IS NULL", [name])
            self._mend(site, after_alter(step))
            self.exec(site, "COMMIT")
        self._tables[name] = step.after

    def merge(self, step: Merge) -> None:
        random = Random(step.seed)
        version = self.exec(step.source, "SELECT max(0, crsql_db_version() - 3)")
        since = version[0][0] if step.order == "delta" and isinstance(version, list) else 0
        assert isinstance(since, int)
        author = bytes([step.target + 1]) * 16 if step.exclude else None
        found = self.read(step.source, since, author)
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

    def read(self, source: int, since: int, author: bytes | None) -> Outcome:
        """The changes above a version, without those of an author."""
        if not self._sites[source].in_transaction:
            self.read_typed(source, since, author)
        sql, args = f"SELECT {COLUMNS} FROM crsql_changes WHERE db_version > ?", [since]
        if author is not None:
            return self.exec(source, f"{sql} AND site_id IS NOT ? ORDER BY 6, 9, 1, 2, 3", [*args, author])
        return self.exec(source, f"{sql} ORDER BY 6, 9, 1, 2, 3", args)

    def read_typed(self, source: int, since: int, author: bytes | None) -> None:
        """The same by Replica.changes; no author's filter hides what a revival did (see `differences`)."""
        rows: Outcome = [list(c) for c in self._replicas[source].changes(since, exclude_site=author).changes]
        revived = "col_version = 0 OR cid = '-1' AND col_version > 1 AND col_version % 2 = 1"
        sql = f"SELECT {COLUMNS} FROM crsql_changes WHERE db_version > ? AND (site_id IS NOT ? OR {revived})"
        what = f"Replica.changes({since}, {author!r})"
        self._note(source, what, rows, ordered=False, op="exec", sql=sql, args=[since, author])

    def apply(self, target: int, changes: Sequence[Sequence[SQLiteValue]], way: FlowDirection) -> None:
        """Merge into one site."""
        if way == "alone":
            self.exec_many(target, MERGE, changes)
            return
        if way == "replica":
            self.merge_typed(target, changes)
            return
        self.exec(target, "BEGIN")
        merged = self.exec_many(target, MERGE, changes)
        if merged != FAILED and target not in self._rolled_back:  # stock goes on counting where a rollback left off
            self.exec(target, "SELECT crsql_rows_impacted()")
        self.step(Sql(target, "ROLLBACK" if merged == FAILED else "COMMIT"))

    def merge_typed(self, target: int, changes: Sequence[Sequence[SQLiteValue]]) -> None:
        """Merge by Replica.merge, which the published engine does with inserts in a transaction."""
        outcome: Outcome = []
        try:
            self._replicas[target].merge([Change(*row) for row in changes])  # type: ignore[arg-type]
        except SynclineError:
            outcome = FAILED
        what, end = f"Replica.merge({changes})", "ROLLBACK" if outcome == FAILED else "COMMIT"
        self._note(target, what, [], op="exec", sql="BEGIN")
        self._note(target, what, outcome, op="executemany", sql=MERGE, rows=changes)
        self._note(target, what, [], op="exec", sql=end)

    def run(self, script: Script) -> None:
        """The whole script, then every inspection."""
        with pytest.MonkeyPatch.context() as patch:
            if script.grouped:
                patch.setattr(merger, "CROSSOVER", 1)
                patch.setattr(shapes, "FEWEST", 1)
            self._run(script)

    def _run(self, script: Script) -> None:
        self._tables = {table.name: table for table in script.tables}
        for site in range(SITES):
            for table in script.tables:
                self.exec(site, table.create)
        for statement in script.filled:
            self.step(statement)
        for site in range(SITES):
            for table in script.tables:
                self.exec(site, "SELECT crsql_as_crr(?)", [table.name])
        for step in script.steps:
            self.step(step)
        for site in range(SITES):
            for query in inspections(tuple(self._tables.values())):
                self.exec(site, query)
        for statement in script.queries:
            self.step(statement)


class Arena:
    """Where scripts run in both worlds.

    Args:
        oracle: the published engine.
        folder: for our files, which every script makes anew.
    """

    def __init__(self, oracle: Oracle, folder: Path) -> None:
        self._oracle = oracle
        self._folder = folder
        self._blanks = blank_sites(oracle, folder)

    def begin(self, script: Script) -> Iterator[Difference | None]:
        """Run a script here and start it in the oracle; ``next`` then waits for the first difference, if any.

        The next script may begin meanwhile, so that both engines work at the same time.
        """
        labels = [self._oracle.new_label() for _ in self._blanks]
        worlds = Worlds(self._folder, self._blanks, labels)
        try:
            worlds.run(script)
        finally:
            worlds.close()
        opening: list[Command] = [
            {"op": "import", "db": label, "bytes": content} for label, content in zip(labels, self._blanks, strict=True)
        ]
        closing: list[Command] = [{"op": "close", "db": label} for label in labels]
        number = self._oracle.begin([*opening, *(note.command for note in worlds.notes), *closing])
        return self._finish(number, worlds.notes, len(opening))

    def _finish(self, number: int, notes: list[InlineMessage], opened: int) -> Iterator[Difference | None]:
        replies = self._oracle.finish(number)[opened:]
        yield next(filter(None, map(compared, notes, replies)), None)

    def differs(self, script: Script) -> Difference | None:
        """Run a script in both worlds; the first difference, if there is one."""
        return next(self.begin(script))


def compared(note: InlineMessage, reply: dict[str, object]) -> Difference | None:
    """The difference between ours and the oracle's reply, if there is one."""
    theirs = reply["rows"] if reply["ok"] else FAILED
    assert isinstance(theirs, list | str)
    words = reply.get("error", "")
    if note.ours is None:
        return None if reply["ok"] else Difference(note.where, "(stock alone)", f"{FAILED}: {words}")
    ours = note.ours
    if not note.ordered and isinstance(ours, list) and isinstance(theirs, list):
        ours, theirs = sorted(ours, key=repr), sorted(theirs, key=repr)
    if repr(ours) == repr(theirs):
        return None
    if isinstance(ours, list) and isinstance(theirs, list):
        mine, yours = set(map(repr, ours)), set(map(repr, theirs))
        ours = [row for row in ours if repr(row) not in yours] or ours
        theirs = [row for row in theirs if repr(row) not in mine] or theirs
    return Difference(note.where, str(ours), f"{theirs} {words}")
