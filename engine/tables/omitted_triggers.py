"""An app's triggers that cannot run here, as they need a function or collation that only their app has.

If a person has agreed to it, changes are merged without them. SQLite has no switch for a single trigger, but it can
switch off all of a connection's triggers except those in its TEMP schema. So during such a merge all are off, and
copies in the TEMP schema stand in for those that can run.

``crsql_syncline_without_triggers`` names the tables for which a person has agreed. It is recreated with every change,
so that whoever reads the schema notices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise

import apsw

from engine.sqlite.invalid_text import rows_of_schema
from engine.sqlite.sql import compile_only, literal, main
from engine.tables.app_triggers import Effects, app_triggers, effects, merges
from engine.tables.ddl_tokens import behind, tokens, unquoted
from engine.tables.introspect import Table, describe
from engine.text import Text, joined, printable, t

TABLE = "crsql_syncline_without_triggers"
_COPY = "crsql_syncline_copy_"
_REFUSAL = "crsql_syncline_refusal_"
_SEARCH = re.compile(r"fts[345]")


@dataclass(frozen=True)
class Omitted:
    """A trigger that cannot run here.

    Attributes:
        name: its name.
        on: the table or view that it is on.
        error: what SQLite says about it.
        damaged: the virtual table that the app would damage later if the trigger did not run; '' for none.
    """

    name: str
    on: str
    error: str
    damaged: str


@dataclass(frozen=True)
class TriggersHere:
    """An app's triggers, sorted by whether they can run here.

    Attributes:
        copies: for each that can, by the copy's name, the SQL that creates a copy in the TEMP schema.
        names: by the copy's name, the trigger that it is a copy of, and what that is on.
        omitted: the triggers that cannot run.
    """

    copies: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    omitted: list[Omitted] = field(default_factory=list)

    def effects(self, db: apsw.Connection, table: Table) -> Effects:
        """Return what the triggers that can run do, as ``app_triggers.effects``. The copies must exist."""
        does = effects(db, table, {copy: on for copy, (_, on) in self.names.items()})
        runs = tuple(self.names[copy][0] for copy in does.runs)
        return replace(
            does, runs=runs, writes=tuple(one._replace(trigger=self.names[one.trigger][0]) for one in does.writes)
        )

    def omitted_of(self, db: apsw.Connection, table: Table) -> list[Omitted]:
        """Return the omitted triggers that would run when rows of a table are merged."""
        with only(db, self.copies):
            reached = {table.name, *(write.target for write in self.effects(db, table).writes)}
        return [one for one in self.omitted if one.on in reached]

    def refusals(self, tables: Sequence[str]) -> dict[str, str]:
        """Return the SQL of triggers that refuse writes to those of these tables that have omitted triggers."""
        refusing = [(one, event) for one in self.omitted if one.on in tables for event in _EVENTS]
        return {
            f"{_REFUSAL}{n}": f"CREATE TEMP TRIGGER {_REFUSAL}{n} BEFORE {event} ON {main(one.on)}"
            f" BEGIN SELECT RAISE(ABORT, {literal(one.error)}); END"
            for n, (one, event) in enumerate(refusing)
        }


_EVENTS = ("INSERT", "UPDATE", "DELETE")


def sort_out(db: apsw.Connection) -> TriggersHere:
    """Find out which of an app's triggers can run here, in a transaction. Runs none."""
    found = TriggersHere()
    texts = dict(rows_of_schema(db, "name, sql", "type = 'trigger'"))
    for n, (name, on) in enumerate(app_triggers(db).items()):
        copy, table = f"{_COPY}{n}", describe(db, on)
        sql = f"CREATE TEMP TRIGGER {copy} {behind(texts[name], 3)}"
        error = "" if table is None else _tried(db, table, copy, sql)
        if error:
            found.omitted.append(Omitted(name, on, error, _damaged(db, texts[name])))
        else:
            found.copies[copy], found.names[copy] = sql, (name, on)
    return found


def _tried(db: apsw.Connection, table: Table, copy: str, sql: str) -> str:
    """Return what SQLite says when it compiles a trigger; '' if it can."""
    try:
        with only(db, {copy: sql}):
            for merge in merges(table):
                try:
                    compile_only(db, merge)
                except apsw.SQLError as error:
                    if table.kind != "view" or "because it is a view" not in str(
                        error
                    ):  # a write it has no trigger for
                        raise
    except apsw.SQLError as error:
        return str(error)
    return ""


def _damaged(db: apsw.Connection, sql: str) -> str:
    """Return the virtual table that a trigger names and that relies on it.

    A full-text index whose rows are in another table counts as damaged once it is told of the deletion of a row that it
    never got. Nothing is known of unknown modules, so they count as relying on it.
    """
    names = {unquoted(word).lower() for word in tokens(sql)}
    for name, made in rows_of_schema(db, "name, sql", "type = 'table' AND rootpage = 0"):
        words = [unquoted(word).lower() for word in tokens(made or "")]
        module = words[words.index("using") + 1] if "using" in words[:-1] else ""
        elsewhere = ("content", "=") in pairwise(words)
        if name.lower() in names and (elsewhere or not _SEARCH.fullmatch(module)):
            return str(name)
    return ""


@contextmanager
def only(db: apsw.Connection, triggers: Mapping[str, str]) -> Iterator[None]:
    """Let only these triggers run inside, beside any that are in the TEMP schema already.

    Args:
        triggers: by name, the SQL that creates each.
    """
    switch = apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER
    before = db.config(switch, -1)
    db.config(switch, 0)
    try:
        for sql in triggers.values():
            db.execute(sql)
        yield
    finally:
        for name in triggers:
            with suppress(apsw.Error):  # a rollback has removed them
                db.execute(f"DROP TRIGGER IF EXISTS temp.{name}")
        db.config(switch, before)


# What a person agreed to


def agreed(db: apsw.Connection) -> frozenset[str]:
    """Return the tables that are merged without triggers that cannot run."""
    if not db.table_exists("main", TABLE):
        return frozenset()
    return frozenset(str(name) for (name,) in db.execute(f"SELECT tbl FROM main.{TABLE}"))


def agree(db: apsw.Connection, table: str) -> None:
    """Merge a table without such triggers from now on, in the caller's transaction."""
    _write(db, agreed(db) | {table})


def withdraw(db: apsw.Connection, table: str) -> None:
    """Withdraw the agreement for a table, in the caller's transaction."""
    if table in agreed(db):
        _write(db, agreed(db) - {table})


def _write(db: apsw.Connection, tables: frozenset[str]) -> None:
    db.execute(f"DROP TABLE IF EXISTS main.{TABLE}")
    if tables:
        db.execute(f"CREATE TABLE main.{TABLE} (tbl TEXT PRIMARY KEY NOT NULL)")
        db.executemany(f"INSERT INTO main.{TABLE} VALUES (?)", [(table,) for table in sorted(tables)])


def named(omitted: Sequence[Omitted]) -> Text:
    """Return the triggers' names as a person is told them."""
    return joined(", ", [t("“{name}”", name=printable(one.name, 100)) for one in omitted])
