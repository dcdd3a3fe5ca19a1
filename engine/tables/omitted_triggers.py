"""An app's triggers that cannot run here, as they need a function or a collation that only their app has. Where a
person has agreed to that, changes are merged without them.

SQLite knows no switch for a single trigger; but it can switch off all of a connection's triggers but those in its TEMP
schema. So during such a merge all are off, and copies in the TEMP schema stand for those that can run.

``crsql_syncline_without_triggers`` names the tables for which that was agreed. It is made anew with every change, so
that whoever reads the schema notices.
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
        name: its name. on: the table or view that it is on.
        error: what SQLite says of it.
        damaged: the virtual table that would be damaged by the app if the trigger did not run; "" for none.
    """

    name: str
    on: str
    error: str
    damaged: str


@dataclass(frozen=True)
class TriggersHere:
    """An app's triggers, sorted by whether they can run here.

    Attributes:
        copies: of those that can, the SQL that makes a copy in the TEMP schema, by its name.
        names: what each of these is a copy of, and what that is on.
        omitted: the others.
    """

    copies: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    omitted: list[Omitted] = field(default_factory=list)

    def effects(self, db: apsw.Connection, table: Table) -> Effects:
        """As ``app_triggers.effects``, of those that can run; while the copies are there."""
        does = effects(db, table, {copy: on for copy, (_, on) in self.names.items()})
        runs = tuple(self.names[copy][0] for copy in does.runs)
        return replace(
            does, runs=runs, writes=tuple(one._replace(trigger=self.names[one.trigger][0]) for one in does.writes)
        )

    def omitted_of(self, db: apsw.Connection, table: Table) -> list[Omitted]:
        """Those of the others that would run when rows of a table are merged."""
        with only(db, self.copies):
            reached = {table.name, *(write.target for write in self.effects(db, table).writes)}
        return [one for one in self.omitted if one.on in reached]

    def refusals(self, tables: Sequence[str]) -> dict[str, str]:
        """The SQL of what refuses every write to these tables, if triggers of theirs are omitted: nobody has agreed."""
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
    """What SQLite says when it is to compile a trigger; "" where it can."""
    try:
        with only(db, {copy: sql}):
            for merge in merges(table):
                try:
                    compile_only(db, merge)
                except apsw.SQLError as error:
                    if table.kind != "view" or "because it is a view" not in str(error):  # for what it has no trigger
                        raise
    except apsw.SQLError as error:
        return str(error)
    return ""


def _damaged(db: apsw.Connection, sql: str) -> str:
    """The virtual table that a trigger names and that relies on it: a full-text index whose rows are in another table
    is taken for damaged once it was told that a row goes that it never got. Of modules that are not known, nothing is
    known."""
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
    """Inside, of all triggers that are not in the TEMP schema already, these alone run; by name, what makes each."""
    switch = apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER
    before = db.config(switch, -1)
    db.config(switch, 0)
    try:
        for sql in triggers.values():
            db.execute(sql)
        yield
    finally:
        for name in triggers:
            with suppress(apsw.Error):  # those go with what is rolled back
                db.execute(f"DROP TRIGGER IF EXISTS temp.{name}")
        db.config(switch, before)


# What was agreed


def agreed(db: apsw.Connection) -> frozenset[str]:
    """The tables that are merged without triggers that cannot run."""
    if not db.table_exists("main", TABLE):
        return frozenset()
    return frozenset(str(name) for (name,) in db.execute(f"SELECT tbl FROM main.{TABLE}"))


def agree(db: apsw.Connection, table: str) -> None:
    """Merge a table without them from now on, in the caller's transaction."""
    _write(db, agreed(db) | {table})


def withdraw(db: apsw.Connection, table: str) -> None:
    """Agree no more, in the caller's transaction."""
    if table in agreed(db):
        _write(db, agreed(db) - {table})


def _write(db: apsw.Connection, tables: frozenset[str]) -> None:
    db.execute(f"DROP TABLE IF EXISTS main.{TABLE}")
    if tables:
        db.execute(f"CREATE TABLE main.{TABLE} (tbl TEXT PRIMARY KEY NOT NULL)")
        db.executemany(f"INSERT INTO main.{TABLE} VALUES (?)", [(table,) for table in sorted(tables)])


def named(omitted: Sequence[Omitted]) -> Text:
    """The triggers, by name, as a person is told of them."""
    return joined(", ", [t("“{name}”", name=printable(one.name, 100)) for one in omitted])
