"""Finds, names and repairs records of ordinary tables that contradict each other.

Nothing that the app wrote is lost: values are taken from the table, and recorded as written now. A row whose record is
damaged begins a new life, which beats what others hold, as does one whose versions are exhausted (the rules are those
of ``engine.crr.tables.exhausted_versions``). If all records of a table are gone, its rows are sent as if they were new,
and peers are asked for everything that they have of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import apsw

from engine.clocks import coverage, file_versions
from engine.errors import InvalidChange
from engine.ordinary import kept_names, layout, register, renamed, stamps, triggers
from engine.ordinary.records import covers_of
from engine.ordinary.register import Entry
from engine.ordinary.survey import Survey
from engine.ordinary.tables import OrdinaryTables
from engine.ordinary.withheld import find_all, unreadable_keys
from engine.sqlite.invalid_text import rows_of_schema
from engine.sqlite.sql import main, numbers
from engine.tables import parking
from engine.tables.findings import Damage, Finding
from engine.tables.kind import Versions
from engine.tables.pack import unpack
from engine.tables.row_names import born_as
from engine.tables.used_up import lowered, odd
from engine.tables.withheld.describe import ShownKey, no_text

_LEFT = "crsql_syncline_{}_{}"


class Repair:
    """Checks all ordinary tables of a file.

    Args:
        shown_key: returns the key of a row that is withheld.
    """

    def __init__(self, db: apsw.Connection, tables: OrdinaryTables, versions: Versions, shown_key: ShownKey) -> None:
        self._db = db
        self._tables = tables
        self._versions = versions
        self._shown_key = shown_key

    def check(self) -> list[Finding]:
        """Return everything that is damaged; reads every row, and changes nothing."""
        found = [Finding(name, Damage.LEFT_OVER, count) for name, count in _left_over(self._db).items()]
        for entry in register.load(self._db):
            found += self._check(entry)
        names = {entry.name for entry in self._tables.entries()}
        found += [Finding(name, Damage.PARKED, 1, why) for name, why in parking.read(self._db).items() if name in names]
        return [finding for finding in found if finding.count]

    def _check(self, entry: Entry) -> Iterator[Finding]:
        db = self._db
        if not self._tables.is_there(entry):
            if renamed.new_name(db, entry):  # no damage: it goes on, with all that is recorded, once a person says so
                return
            count = db.execute(f"SELECT count(*) FROM main.{entry.rows}").get if _exists(db, entry.rows) else 0
            yield Finding(entry.name, Damage.TABLE_GONE, count or 1)
            return
        amiss = layout.amiss(db, entry) if entry.key else layout.Amiss(log=False, rows=True, cells=True, hidden=True)
        lost = Damage.ROW_NAMES if amiss.rows and kept_names.are_lost(db, entry) else Damage.RECORDS
        yield Finding(entry.name, lost, amiss.rows + amiss.cells + amiss.hidden)
        if amiss.rows or amiss.cells or amiss.hidden:
            return
        yield Finding(entry.name, Damage.LOG, amiss.log + len(triggers.amiss(db, entry)))
        damaged = _damaged(db, entry)
        yield Finding(entry.name, Damage.BAD_RECORDS, len(damaged) + _count(db, _stray_cells(entry)))
        yield Finding(entry.name, Damage.USED_UP, _count(db, _used_up(entry)))
        for records in (entry.rows, entry.cells):
            yield Finding(entry.name, Damage.COUNTER, file_versions.count_too_high(db, f"main.{records}"))
        yield Finding(entry.name, Damage.AHEAD, _count(db, _ahead(entry), self._versions.db_version()))
        if not damaged:  # whose key may be none
            if not amiss.log and self._tables.is_settled(entry):
                new, changed, gone = self._tables.count_differing(entry)
                yield Finding(entry.name, Damage.UNRECORDED_ROWS, new)
                yield Finding(entry.name, Damage.UNRECORDED_VALUES, changed)
                yield Finding(entry.name, Damage.DELETED_ROWS, gone)
            yield from no_text(entry.name, [*find_all(db, entry), *unreadable_keys(db, entry)], self._shown_key)

    def repair(self, found: Sequence[Finding]) -> list[Finding]:
        """Repair what can be repaired, in the caller's write transaction, and return what it was."""
        self._raise_version()
        _drop_left_over(self._db)
        survey = self._tables.survey
        for entry in register.load(self._db):
            if not self._tables.is_there(entry):
                if not renamed.new_name(self._db, entry):
                    survey.undo(entry)
            else:
                self._mend(entry, survey)
        self._tables.capture_all()
        return [finding for finding in found if finding.remedy]

    def _raise_version(self) -> None:
        """Raise the file's version above everything recorded, before anything gets the next one."""
        tables = [f"main.{name}" for entry in self._tables.entries() for name in (entry.rows, entry.cells)]
        highest = max((self._db.execute(f"SELECT ifnull(max(db_version), 0) FROM {t}").get for t in tables), default=0)
        if highest > self._versions.db_version():
            self._versions.keep_floor(highest)
            self._versions.next_version(highest + 1)

    def _mend(self, entry: Entry, survey: Survey) -> None:
        db = self._db
        amiss = layout.amiss(db, entry) if entry.key else layout.Amiss(log=False, rows=True, cells=True, hidden=True)
        if amiss.rows:
            self._make_anew(entry, survey)
            return
        if amiss.log:
            layout.make_log(db, entry)
        if amiss.cells:
            layout.make_cells(db, entry)
        if amiss.hidden:  # peers are asked for what it held
            layout.make_hidden(db, entry)
            survey.bring_back(entry)
        layout.make_indexes(db, entry)
        self._mend_records(entry, everything=amiss.cells)
        register.save(db, replace(entry, schema=-1))  # all of it is looked at again

    def _make_anew(self, entry: Entry, survey: Survey) -> None:
        """Start a table whose records are gone anew, with all that refer to it; its rows keep their names if these are
        left."""
        entries = {one.number: one for one in register.load(self._db)}
        again = {entry.number}
        while more := {n for n, one in entries.items() if again.intersection(one.refers.values())} - again:
            again |= more
        for one in reversed(register.roots_first(entries[n] for n in again if n in entries)):
            survey.undo(one)
        for one in register.roots_first(entries[n] for n in again if n in entries):
            if self._tables.is_there(one):
                self._tables.make(one.name)

    def _mend_records(self, entry: Entry, *, everything: bool) -> None:
        """Repair damaged records, and those with exhausted versions.

        Args:
            everything: whether to send all cells as written now, as the records of some are gone.
        """
        db, rows, version = self._db, f"main.{entry.rows}", self._versions.next_version()
        before = db.total_changes()
        for r, slot in db.execute(_stray_cells(entry)).fetchall():
            db.execute(f"DELETE FROM main.{entry.cells} WHERE r IS ? AND slot IS ?", (r, slot))
        damaged = _damaged(db, entry)
        if damaged or everything:
            coverage.forget_table(db, entry.name)
        nameless = [r for r, length in damaged.items() if length is None]
        for records in (rows, f"main.{entry.cells}"):
            db.execute(f"DELETE FROM {records} WHERE r IN carray(?)", (numbers(nameless or [-1]),))
        lives = {r: length for r, length in damaged.items() if length is not None}
        self._lower_lengths(entry, version)
        lives |= dict(db.execute(f"SELECT r, length FROM {rows} WHERE length % 2 = 1 AND r IN ({_used_up(entry)})"))
        self._begin_anew(entry, lives, version)
        db.execute(f"UPDATE {rows} SET col_version = length WHERE length % 2 = 0 AND col_version != length")
        if everything:
            db.execute(
                f"UPDATE {rows} SET col_version = col_version + 1, db_version = ?, site = {stamps.OWN}"
                " WHERE length % 2 = 1 AND covers != x''",
                (version,),
            )
        if db.total_changes() != before:
            self._versions.keep_floor(version)

    def _lower_lengths(self, entry: Entry, version: int) -> None:
        """Lower lengths that are too high, and have the whole table asked for again: what lost to them may win now, but
        a clock has passed it."""
        db, high = self._db, f"SELECT r FROM main.{entry.rows} WHERE {odd('length')}"
        if db.execute(f"{high} LIMIT 1").fetchone() is not None:
            coverage.forget_table(db, entry.name)
            for records in (entry.cells, entry.rows):
                now = f"UPDATE main.{records} SET db_version = ?, site = {stamps.OWN}"
                db.execute(f"{now} WHERE r IN ({high})", (version,))
            db.execute(f"UPDATE main.{entry.rows} SET length = {lowered('length')} WHERE {odd('length')}")

    def _begin_anew(self, entry: Entry, rows: dict[int, int], version: int) -> None:
        """Begin a new life for rows after these causal lengths, with all cells at column version 1.

        Deleted rows stay deleted.
        """
        db, now = self._db, f"db_version = ?1, site = {stamps.OWN}"
        db.execute(f"DELETE FROM main.{entry.cells} WHERE r IN carray(?)", (numbers(list(rows) or [-1]),))
        db.executemany(
            f"UPDATE main.{entry.rows} SET length = ?2, covers = ?3, col_version = 1, {now} WHERE r = ?4",
            [(version, length + 2, covers_of(entry.live), r) for r, length in rows.items() if length % 2],
        )
        db.executemany(
            f"UPDATE main.{entry.rows} SET length = ?2, covers = x'', col_version = ?2, {now} WHERE r = ?3",
            [(version, length, r) for r, length in rows.items() if length % 2 == 0],
        )


def _damaged(db: apsw.Connection, entry: Entry) -> dict[int, int | None]:
    """Return the rows whose record is damaged, by number, and the causal length; None if the key is invalid."""
    sites = "site IN (SELECT ordinal FROM main.crsql_site_id)"
    length = f"CASE WHEN {odd('length')} OR length = 0 THEN 1 ELSE length END"
    sound = f"length IS NOT 0 AND db_version > 0 AND typeof(covers) = 'blob' AND {sites}"
    if entry.has_global_key:  # some only keep a number for a row that is not here
        local = " AND ".join(f"{name} IS NOT NULL" for name in entry.log_key)
        sound = f"(length = 0 OR {sound} AND (length % 2 = 0 OR {local}))"
    packed = "CASE typeof(pk) WHEN 'blob' THEN pk END"
    found: dict[int, int | None] = {}
    for r, pk, lived, is_sound in db.execute(f"SELECT r, {packed}, {length}, {sound} FROM main.{entry.rows}"):
        if not _is_key(entry, pk):
            found[r] = None
        elif not is_sound:
            found[r] = lived
    cells = f"SELECT r FROM main.{entry.cells} WHERE NOT (db_version > 0 AND {sites})"
    for r, lived in db.execute(f"SELECT r, {length} FROM main.{entry.rows} WHERE r IN ({cells})"):
        found.setdefault(r, lived)
    return found


def _is_key(entry: Entry, packed: object) -> bool:
    if not isinstance(packed, bytes):
        return False
    try:
        key = unpack(packed)
    except InvalidChange:
        return False
    named = not entry.collection or (len(key) == 1 and born_as(key[0]) is not None)
    return len(key) == len(entry.key) and None not in key and named


def _stray_cells(entry: Entry) -> str:
    """Return a SELECT of (r, slot) of the cells that belong to no row, or no column."""
    live = ", ".join(map(str, entry.live)) or "NULL"
    return (
        f"SELECT c.r, c.slot FROM main.{entry.cells} AS c LEFT JOIN main.{entry.rows} AS r ON r.r = c.r"
        f" WHERE r.r IS NULL OR r.length % 2 = 0 OR c.slot NOT IN ({live})"
    )


def _used_up(entry: Entry) -> str:
    """Return a SELECT of the numbers of the rows with a version that nobody can reach by counting."""
    return (
        f"SELECT r FROM main.{entry.rows} WHERE {odd('length')} OR {odd('col_version')}"
        f" UNION SELECT r FROM main.{entry.cells} WHERE {odd('col_version')}"
    )


def _ahead(entry: Entry) -> str:
    """Return a SELECT of the records with a version above ?1."""
    return (
        f"SELECT r FROM main.{entry.rows} WHERE db_version > ?1"
        f" UNION ALL SELECT r FROM main.{entry.cells} WHERE db_version > ?1"
    )


def _left_over(db: apsw.Connection) -> dict[str, int]:
    """Count the tables and triggers that belong to no table in the register, by the table that they are on."""
    found: dict[str, int] = {}
    for _, name, table in _lone(db):
        on = table if name != table else name
        found[on] = found.get(on, 0) + 1
    return found


def _lone(db: apsw.Connection) -> list[tuple[str, str, str]]:
    known = {entry.number for entry in register.load(db)}
    names = " OR ".join(
        f"name GLOB '{_LEFT.format(part, '[0-9]*')}'" for part in ("log", "rows", "cells", "hidden", "led")
    )
    sql = f"(type = 'table' AND ({names})) OR (type = 'trigger' AND name GLOB '{_LEFT.format('[0-9]*', '*')}')"
    found = []
    for name, kind, table in rows_of_schema(db, "name, type, tbl_name", sql):
        number = name.split("_")[3 if kind == "table" else 2]
        if number.isdecimal() and int(number) not in known:
            found.append((kind, name, table))
    return found


def _drop_left_over(db: apsw.Connection) -> None:
    for kind, name, _ in sorted(_lone(db), reverse=True):  # triggers first
        db.execute(f"DROP {kind} {main(name)}")


def _exists(db: apsw.Connection, table: str) -> bool:
    return db.table_exists("main", table)


def _count(db: apsw.Connection, rows: str, *bindings: int) -> int:
    count: int = db.execute(f"SELECT count(*) FROM ({rows})", bindings).get
    return count
