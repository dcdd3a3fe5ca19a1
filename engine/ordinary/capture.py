"""Capture: turns what any program wrote into stamps, by comparing rows with their shadows.

A capture takes the keys in the log, or a page of the table, compares each row with its shadow, stamps the cells that
differ, brings the shadow up to date and empties the log, all in the caller's write transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import apsw

from engine.change import SQLiteValue
from engine.ordinary import raw_keys, stamps, triggers
from engine.ordinary.births import Numbers, References, wire_pk
from engine.ordinary.changed import Changed, plain
from engine.ordinary.classes import write_to_classes
from engine.ordinary.hidden import Hidden, is_not_hidden
from engine.ordinary.leading import differs_from, merged
from engine.ordinary.records import covers_of
from engine.ordinary.register import Entry, base, base_is, held_rows
from engine.ordinary.shadow import mark, packed
from engine.sqlite.sql import cursor, ident
from engine.tables.kind import Versions
from engine.tables.withheld.records import Held, Why


class Stamped:
    """The file's versions, and what captures have done with them.

    Attributes:
        latest: the latest version that rows were stamped with since it was set to 0; it is not undone by a rollback.
        withheld: the rows found with an unreadable key.
    """

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self.next_version = versions.next_version
        self.db_version = versions.db_version
        self.write_restore_mark = versions.write_restore_mark
        self.was_restored = versions.was_restored
        self.latest = 0
        self.withheld: list[Held] = []

    def keep_floor(self, version: int | None = None) -> None:
        """Keep the floor as the file's versions do."""
        self._versions.keep_floor(version)
        if version:
            self._versions.write_restore_mark()
            self.latest = version


class Capture:
    """The capture of one table, in the caller's transactions.

    Args:
        versions: the file's. Each capture that finds something takes one, which is kept as the file's floor, as
            programs with cr-sqlite's extension do not see the stamps of ordinary tables.
    """

    def __init__(self, db: apsw.Connection, entry: Entry, versions: Stamped) -> None:
        self._db = db
        self._entry = entry
        self._versions = versions

    # made when they are needed: most look whether anything is logged, and nothing is

    @cached_property
    def _differ(self) -> list[str]:
        return [differs_from(self._entry, column, f"r.v{slot}") for column, slot in self._entry.slots.items()]

    @cached_property
    def _packed(self) -> str:
        return packed(self._db, self._entry.log_key)

    def pending(self) -> bool:
        """Return whether anything is logged; a single index lookup."""
        return cursor(self._db).execute(f"SELECT 1 FROM main.{self._entry.log} LIMIT 1").get is not None

    def last_logged(self) -> int | None:
        """Return the number of the latest log entry; None if the log is empty."""
        last: int | None = self._db.execute(f"SELECT max(id) FROM main.{self._entry.log}").get
        return last

    def full(self) -> bool:
        """Return whether the log has stopped, so that all rows have to be compared."""
        sql = f"SELECT 1 FROM main.{self._entry.log} WHERE id >= {triggers.FULL}"
        return cursor(self._db).execute(sql).get is not None

    def logged(self, limit: int) -> bool:
        """Capture the oldest entries of the log; return whether there are more."""
        db, log = self._db, f"main.{self._entry.log}"
        first: int | None = db.execute(f"SELECT min(id) FROM {log}").get
        last = self.last_logged()
        if first is None or last is None:
            return False
        until = min(last, first + limit - 1)
        keys = ", ".join(self._entry.log_key)
        self.bury(f"SELECT k0 FROM {log} WHERE id <= ?1 AND gone", (until,))
        self._compare(f"SELECT {keys} FROM {log} WHERE id <= ?1", (until,), logged=True)
        db.execute(f"DELETE FROM {log} WHERE id <= ?", (until,))
        return until < last

    def bury(self, gone: str, bindings: Sequence[SQLiteValue] = ()) -> None:
        """Record the deletion of rows whose number another row has got since, which only happens in auto-numbered
        tables.

        Args:
            gone: a SELECT of numbers, as ``k0``, whose rows were deleted.
        """
        if self._entry.collection:
            version = self._versions.next_version()
            if Numbers(self._db, self._entry).bury(gone, bindings, version):
                self._versions.keep_floor(version)

    def make_room(self, *, everything: bool) -> None:
        """Free the numbers of logged rows that other rows had before, without recording the logged ones
        (``Numbers.make_room``).

        Args:
            everything: also those of rows that are not logged.
        """
        pending = self.pending()
        if pending:
            self.bury(f"SELECT k0 FROM main.{self._entry.log} WHERE gone")
        if pending or everything:
            logged = f"SELECT k0 FROM main.{self._entry.log} WHERE k0 IS NOT NULL"
            known = f"SELECT k0 FROM main.{self._entry.rows} WHERE length % 2 = 0 AND k0 IS NOT NULL"
            source = f"({known if everything else logged})"
            version = self._versions.next_version()
            if Numbers(self._db, self._entry).make_room(source, version):
                self._versions.keep_floor(version)

    def compare(self, keys: str, bindings: Sequence[SQLiteValue] = ()) -> int:
        """Stamp what differs in the rows with these keys; rows with a NULL in the key stay on this machine.

        Args:
            keys: a SELECT of the keys, with columns named like the log's.

        Returns:
            how many rows differed.
        """
        return self._compare(keys, bindings)

    def compare_if_any(self, keys: str, bindings: Sequence[SQLiteValue] = ()) -> None:
        """Do as ``compare`` if most likely nothing differs, which takes half as long to find out."""
        try:
            differs_ = self.any_differs(keys, bindings)
        except UnicodeDecodeError:
            differs_ = True
        if differs_:
            self._compare(keys, bindings)

    def _compare(self, keys: str, bindings: Sequence[SQLiteValue], *, logged: bool = False) -> int:
        try:
            return self._stamp(keys, bindings, logged=logged)
        except UnicodeDecodeError:
            self._withhold(keys, bindings)
            return self._stamp(self._readable(keys), bindings)

    def _stamp(self, keys: str, bindings: Sequence[SQLiteValue], *, logged: bool = False) -> int:
        if not self._entry.refers:
            return self._stamp_rows(keys, bindings, self._versions.next_version(), logged=logged)
        source, version = self._source(keys), self._versions.next_version()
        references = References(self._db, self._entry)
        if self._entry.collection:
            Numbers(self._db, self._entry).resolve(source, bindings, version)
        elif self._entry.has_global_key:
            references.bind((column for column in self._entry.refers if column in self._entry.key), source, bindings)
            references.attach(wire_pk(self._db, self._entry), source, bindings)
        found = self._stamp_rows(keys, bindings, version, logged=logged)
        references.bind((column for column in self._entry.refers if column in self._entry.slots), source, bindings)
        return found

    def _stamp_rows(self, keys: str, bindings: Sequence[SQLiteValue], version: int, *, logged: bool) -> int:
        db, source = self._db, self._source(keys)
        last: int = db.execute(f"SELECT ifnull(max(r), 0) FROM main.{self._entry.rows}").get
        hidden = Hidden(db, self._entry)
        if hidden.any():
            hidden.forget_shown(self._joined(source, "CROSS JOIN", "CROSS JOIN").removeprefix("FROM "), bindings)
            hidden.try_unknown()
        new = self._new_rows(source, bindings, version)
        if new:
            self._versions.keep_floor(version)
        if not last or (logged and new == db.execute(f"SELECT count(*) FROM ({keys})", bindings).get):
            return new
        changed = self._changed_rows(source, bindings, version, last)
        if changed:
            self._versions.keep_floor(version)
        return new + changed

    def count_differing(self, keys: str) -> tuple[int, int, int]:
        """Count how many of the rows with these keys, except those in the log, are new, changed and deleted; only
        reads."""
        logged = f"SELECT 1 FROM main.{self._entry.log} AS g WHERE " + " AND ".join(
            f"g.{name} IS k.{name}" for name in self._entry.log_key
        )
        unlogged = f"SELECT * FROM ({self._readable(keys)}) AS k WHERE NOT EXISTS ({logged})"
        there = f"t.{ident(self._entry.key[0])} IS NOT NULL"
        found = self._db.execute(
            f"SELECT count(*), ifnull(sum({there}), 0), ifnull(sum({there} AND ifnull(r.length % 2, 0)), 0)"
            f" {self._joined(self._source(unlogged))} WHERE {self._is_different}"
        ).fetchone()
        assert found is not None
        total, present, changed = found
        return present - changed, changed, total - present

    def _readable(self, keys: str, *, yes: bool = True) -> str:
        """Return those of these keys that can be read, or those that cannot."""
        condition = f"{raw_keys.READABLE}({raw_keys.fields(self._entry.log_key)})"
        return f"SELECT * FROM ({keys}) WHERE {condition if yes else f'NOT {condition}'}"

    def _withhold(self, keys: str, bindings: Sequence[SQLiteValue]) -> None:
        """Withhold rows with an unreadable key, which stay on this machine, and name them."""
        entry, db = self._entry, self._db
        names = tuple(f"l.{name}" for name in entry.log_key)
        found = db.execute(
            f"SELECT {raw_keys.fields(names)} FROM ({self._readable(keys, yes=False)}) AS l"
            f" CROSS JOIN {base(entry)} AS t ON {base_is(entry, names)}",
            bindings,
        ).fetchall()
        encoding = db.pragma("encoding")
        rows = [
            Held(entry.name, raw_keys.spelled(fields), Why.TEXT, entry.key[raw_keys.unreadable(fields, encoding) or 0])
            for fields in found
        ]
        held_rows(db).record(rows, readonly=False)
        self._versions.withheld += rows

    def any_differs(self, keys: str, bindings: Sequence[SQLiteValue] = ()) -> bool:
        """Return whether ``compare`` would find anything; only reads."""
        sql = f"SELECT 1 {self._joined(self._source(keys))} WHERE {self._is_different} LIMIT 1"
        return self._db.execute(sql, bindings).fetchone() is not None

    def _source(self, keys: str) -> str:
        names = self._entry.log_key
        not_null = " AND ".join(f"{name} IS NOT NULL" for name in names)
        listed = ", ".join(names)
        packed_ = "" if self._entry.has_global_key else f", {self._packed} AS pk"
        return f"(SELECT {listed}{packed_} FROM ({keys}) WHERE {not_null})"

    def _joined(self, source: str, known: str = "LEFT JOIN", there: str = "LEFT JOIN") -> str:
        t_is = base_is(self._entry, tuple(f"l.{name}" for name in self._entry.log_key))
        return (
            f"FROM {source} AS l {known} main.{self._entry.rows} AS r ON {self._is_known}"
            f" {there} {base(self._entry)} AS t ON {t_is}"
        )

    @property
    def _is_known(self) -> str:
        """The SQL condition that ``r`` is the record of the row with the key ``l``."""
        if self._entry.has_global_key:
            return " AND ".join(f"r.{name} = l.{name}" for name in self._entry.log_key)
        return "r.pk = l.pk"

    @property
    def _is_different(self) -> str:
        there = f"t.{ident(self._entry.key[0])} IS NOT NULL"
        written = " OR ".join(self._differ) or "0"
        gone = f"r.length % 2 = 1 AND {is_not_hidden(self._entry)}"
        return f"CASE WHEN {there} THEN r.r IS NULL OR r.length % 2 = 0 OR {written} ELSE {gone} END"

    def _new_rows(self, source: str, bindings: Sequence[SQLiteValue], version: int) -> int:
        """Record new rows, as most rows written at once are, with one statement."""
        t_is = base_is(self._entry, tuple(f"l.{name}" for name in self._entry.log_key))
        covers = covers_of(self._entry.live).hex()
        values = "".join(f", v{slot}" for slot in self._entry.live)
        marks = "".join(f", {mark(f't.{ident(column)}')}" for column in self._entry.columns)
        local, pk = "", "l.pk"
        if self._entry.has_global_key:
            local = f", {', '.join(self._entry.log_key)}, born"
            pk = wire_pk(self._db, self._entry)
            marks = f", {', '.join(f'l.{name}' for name in self._entry.log_key)}, {version}{marks}"
        self._db.execute(
            f"INSERT OR IGNORE INTO main.{self._entry.rows}"
            f" (pk, length, covers, col_version, db_version, site{local}{values})"
            f" SELECT {pk}, 1, x'{covers}', 1, {version}, {stamps.OWN}{marks} FROM {source} AS l"
            f" CROSS JOIN {base(self._entry)} AS t ON {t_is}"
            f" WHERE NOT EXISTS (SELECT 1 FROM main.{self._entry.rows} AS r WHERE {self._is_known})",
            bindings,
        )
        return self._db.changes()

    def _changed_rows(self, source: str, bindings: Sequence[SQLiteValue], version: int, last: int) -> int:
        """Stamp rows that have records, with numbers up to ``last``."""
        db, entry = self._db, self._entry
        flags = "".join(f", {condition}" for condition in self._differ)
        there = f"t.{ident(entry.key[0])} IS NOT NULL"
        found: list[tuple[Any, ...]] = db.execute(
            f"SELECT r.r, {there}, r.length % 2, {plain(entry, version)}{flags}"
            f" {self._joined(source, 'CROSS JOIN')} WHERE +r.r <= {last} AND {self._is_different} GROUP BY r.r",
            bindings,
        ).fetchall()
        if not found:
            return 0
        gone: list[int] = []
        back: list[int] = []
        alike: dict[tuple[int, ...], list[int]] = {}
        others: dict[int, Sequence[int]] = {}
        for r, is_there, alive, is_plain, *different in found:
            if not is_there:
                gone.append(r)
            elif not alive:
                back.append(r)
            elif is_plain:
                alike.setdefault(tuple(different), []).append(r)
            else:
                others[r] = self._slots(different)
        classes = Hidden(db, entry).stood_for([r for r, *_ in found])
        changed = Changed(db, entry, version)
        changed.delete([*gone, *Hidden(db, entry).same_as(gone)])  # what a program deletes is all that it stands for
        changed.revive(back)
        for flagged, rows in alike.items():
            changed.write(rows, self._slots(flagged))
        changed.write_each(others)
        if len(found) > len(gone):
            self._see(source, bindings)
        if classes:
            written = {r: slots for flagged, rows in alike.items() for slots in [self._slots(flagged)] for r in rows}
            write_to_classes(db, entry, classes, {**written, **others}, version)
        return len(found)

    def _slots(self, different: Sequence[int]) -> list[int]:
        return [slot for slot, differs_ in zip(self._entry.live, different, strict=True) if differs_]

    def _see(self, source: str, bindings: Sequence[SQLiteValue]) -> None:
        """Update the shadow of the rows that differ from it."""
        entry = self._entry
        if entry.live:
            sets = ", ".join(
                f"v{slot} = {merged(entry, column, mark(f't.{ident(column)}'), f'r.v{slot}', differs_)}"
                for (column, slot), differs_ in zip(entry.slots.items(), self._differ, strict=True)
            )
            t_is = base_is(entry, tuple(f"l.{name}" for name in entry.log_key))
            self._db.execute(
                f"UPDATE main.{entry.rows} AS r INDEXED BY {entry.key_index} SET {sets} FROM {source} AS l"
                f" CROSS JOIN {base(entry)} AS t ON {t_is} WHERE {self._is_known} AND ({' OR '.join(self._differ)})",
                bindings,
            )


def see(db: apsw.Connection, entry: Entry, rows: Sequence[tuple[SQLiteValue, ...]]) -> None:
    """Update the shadow of rows, each given by its number and its key in the table."""
    if not rows or not entry.slots:
        return
    values = ", ".join(f"v{slot}" for slot in entry.live)
    marks = ", ".join(mark(f"t.{ident(column)}") for column in entry.columns)
    t_is = base_is(entry, tuple(f"?{n}" for n in range(2, 2 + len(entry.key))))
    db.executemany(
        f"UPDATE main.{entry.rows} SET ({values}) = (SELECT {marks} FROM {base(entry)} AS t WHERE {t_is}) WHERE r = ?1",
        rows,
    )
