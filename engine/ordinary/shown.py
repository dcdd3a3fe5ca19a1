"""Decides which rows a table shows if its rules cannot admit all: a function of the merged state alone, and so the same
on every machine with these rules.

Rows are decided in the order of their packed wire keys: each is shown if no row that is shown so far is in its way. So
shown rows never clash, and each hidden row clashes with a shown one before it; only one set of rows has both
properties. It is maintained row by row: a row that comes in pushes out later ones that it clashes with, and whatever
frees a row has it tried again (``Hidden.try_behind``).

SQLite itself says which rows clash, as it knows its indexes, including partial ones and those over expressions.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import apsw

from engine.change import SQLiteValue
from engine.ordinary import kept_numbers, refused
from engine.ordinary.defaults import default_of
from engine.ordinary.global_keys import is_number
from engine.ordinary.hidden import NONE, UNKNOWN, Hidden, Reason
from engine.ordinary.kept_numbers import Renumbered
from engine.ordinary.leading import shown
from engine.ordinary.merged_row import Key, MergedRow
from engine.ordinary.parents import CIRCLE, Parents
from engine.ordinary.records import Records
from engine.ordinary.referring import Referring
from engine.ordinary.register import Entry, base, base_is, key_columns
from engine.ordinary.same import Same
from engine.ordinary.write import Writer
from engine.sqlite.invalid_text import NoText
from engine.sqlite.sql import ident, idents
from engine.sqlite.values import Storage, keeps

_TURNS = 3
"""How often any other table is gone through."""

MOST_TURNS = 100
"""How often a table is gone through whose rows refer to each other; more than the length of any chain of them."""


class Shown:
    """The shown rows of one table, in the caller's write transaction and with the rule for triggers in force.

    Args:
        since: the version of the transaction.
        inside: whether a statement is running, so that nothing can be rolled back (SQLite opens no savepoint then).
        keeps_numbers: whether a row takes the number of the one that stood for it (``kept_numbers``).
    """

    def __init__(
        self, writer: Writer, parents: Parents, since: int, *, inside: bool = False, keeps_numbers: bool = False
    ) -> None:
        self._inside = inside
        self._parents = parents
        self._moves = 0
        self._keeps_numbers = keeps_numbers
        self._renumbered: list[Renumbered] = []
        self._same = Same(writer.db, writer.table)
        self._referring = Referring(writer.db, writer.entry)
        self._writer = writer
        self._db = writer.db
        self._entry: Entry = writer.entry
        self._storage = Storage()
        self.since = since
        self.hidden = Hidden(writer.db, writer.entry)

    # What a merge writes

    def write_rows(self, changed: Sequence[MergedRow], records: Records) -> None:
        """Do the same as ``Writer.write``."""
        self._writer.log([merged.key for merged in changed])
        self._writer.record(changed, records)
        for merged in changed:
            self.write(merged)
        self._writer.see(changed)
        self.hidden.see(sorted(self.hidden.those_of([merged.r for merged in changed])))

    def write(self, merged: MergedRow) -> None:
        """Write a row that won anything, and has a record by now, to the table or to the hidden rows.

        Raises:
            TableBroken: something fails.
        """
        assert merged.r is not None
        if merged.hidden and (merged.values is None or not merged.row.alive):
            self.hidden.remove(merged.r)
        elif merged.hidden:
            self.hidden.write(merged.r, merged.taken)
            return
        elif merged.there and (merged.deleted or not merged.row.alive):
            self._writer.delete([merged.key])
            self.hidden.try_behind([merged.r])
        if not merged.row.alive:
            return
        if merged.there and not merged.deleted:
            self._update(merged, merged.r)
        else:
            self._insert(merged, merged.r)

    def _update(self, merged: MergedRow, r: int) -> None:
        if not merged.taken:
            return
        sql, row = self._writer.update(tuple(merged.taken)), self._writer.shown_row(merged)
        if merged.unfit or not self._takes(sql, row):
            self.hidden.add_shown(r, merged.key, self._writer.table.is_row, self.since)
            self._writer.delete([merged.key])
            self.hidden.write(r, merged.taken)
        self.hidden.try_behind([r])

    def _insert(self, merged: MergedRow, r: int) -> None:
        sql = self._writer.insert(tuple(merged.taken))
        if merged.unfit or not self._takes(sql, self._writer.shown_row(merged)):
            self.hidden.add(r, merged.key, self._whole(merged), self.since)

    def _takes(self, sql: str, row: Key) -> bool:
        """Run a statement for a row; return whether the table took it.

        Raises:
            TableBroken: something fails.
        """
        try:
            with self._undone_if_it_fails():
                self._db.execute(sql, row)
            return self._db.changes() > 0 or self._is_there(
                row[: len(self._entry.key)], inserted=sql.startswith("INSERT")
            )
        except refused.ERRORS as error:
            if self._writer.is_of_row(error):
                return False
            raise self._writer.refused(sql, row, error) from error

    def _is_there(self, key: Key, *, inserted: bool = True) -> bool:
        sql = f"SELECT 1 FROM {base(self._entry)} WHERE {self._writer.table.is_row}"
        return inserted and self._db.execute(sql, key).fetchone() is not None

    def _undone_if_it_fails(self) -> AbstractContextManager[None]:
        """Undo everything inside if it fails, as a trigger can fail and leave what was done before (RAISE(FAIL))."""
        return savepoint(self._db) if self._writer.has_triggers and not self._inside else nullcontext()

    def _whole(self, merged: MergedRow) -> dict[str, SQLiteValue]:
        """Return the row, with the values that the table would have in columns that nobody has sent."""
        columns = {column.name: column for column in self._writer.table.table.columns}
        held = dict(merged.taken)
        for name in self._entry.columns:
            if name not in held:
                empty = self._writer.table.needed.get(name)
                held[name] = self._storage.stored(
                    default_of(self._db, columns[name]) if empty is None else self._db.execute(f"SELECT {empty}").get,
                    columns[name].affinity,
                )
        return held

    # Who is shown

    def settle(self, bereft: Sequence[Key] = (), *, chains: bool = True, freed: bool = True) -> bool:
        """Try all hidden rows that are to be tried, and hide those whose parents are hidden; return whether anything
        has changed.

        Args:
            bereft: the keys of shown rows without a parent that they need.
            chains: whether rows of the table were written, so that chains of parents within it may be others.
            freed: whether rows of tables that it refers to were written or moved, so that some may wait no longer.
        """
        parents, before = self._parents, self._moves
        if chains and parents.of_itself:
            parents.forget_chains()
            self.hidden.try_all()
        self._hide_each(bereft)
        for turn in range(MOST_TURNS):
            if freed and parents.exist and self.hidden.any():
                parents.try_those_freed()
            if parents.any_hidden():
                self._hide_orphans()
            if not self.hidden.any_to_try():
                break
            freed = self._try_all() and parents.of_itself
            if not parents.of_itself and (turn > _TURNS or not self._same.try_later(self.hidden)):
                break
        return self._moves != before

    def _try_all(self) -> bool:
        self.hidden.forget_dead()
        self._referring = Referring(self._db, self._entry)
        before = self._moves
        queue = [self._placed(*one) for one in self.hidden.to_try()]
        heapq.heapify(queue)
        while queue:
            _, pk, r = heapq.heappop(queue)
            freed = self._try(pk, r)
            for one in self.hidden.to_try(freed) if freed else ():
                heapq.heappush(queue, self._placed(*one))
        return self._moves != before

    def _placed(self, pk: bytes, r: int) -> tuple[int, bytes, int]:
        """Return the position of a row in the order in which rows are decided."""
        return self._parents.depth(r) if self._parents.of_itself else 0, pk, r

    def take_renumbered(self) -> list[Renumbered]:
        """Return which references may show outdated numbers, since this was last asked."""
        found, self._renumbered = self._renumbered, []
        return found

    def lead(self, r: int, column: str, other: SQLiteValue) -> None:
        """Redirect a reference of a row to another row from now on."""
        if self.hidden.those_of([r]):
            self.hidden.try_again([r])
            return
        key = self._key_of(r)
        if not self._takes(self._writer.update((column,)), (*key, other)):
            self.hidden.add_shown(r, key, self._writer.table.is_row, self.since)
            self._writer.delete([key])
            self._moves += 1
        self.hidden.try_behind([r])

    def refers(self, r: int, column: str, found: tuple[int, int | None]) -> bool:
        """Return whether a row, by its record, is in the table and holds one of these numbers in a column."""
        held = " OR ".join(is_number(f"t.{ident(column)}", at) for at in ("?2", "?3"))
        sql = (
            f"SELECT 1 FROM main.{self._entry.rows} AS r CROSS JOIN {base(self._entry)} AS t"
            f" ON {base_is(self._entry, key_columns(self._entry))} WHERE r.r = ?1 AND ({held})"
        )
        return self._db.execute(sql, (r, *found)).get is not None

    def _key_of(self, r: int) -> Key:
        keys = ", ".join(key_columns(self._entry))
        key = self._db.execute(f"SELECT {keys} FROM main.{self._entry.rows} AS r WHERE r.r = ?", (r,)).fetchone()
        return key or ()

    def _hide_orphans(self) -> None:
        self._hide_each(self._parents.orphans())

    def _hide_each(self, keys: Sequence[Key]) -> None:
        records = Records(self._db, self._entry)
        for key in keys:
            found = records.by_local_key(key) if None not in key else None
            if found is not None and self._is_there(key) and self._placed(*found)[0] < CIRCLE:
                self._hide(key, found[1])

    def _try(self, pk: bytes, r: int) -> list[int]:
        """Show a row if possible; return the numbers of those that have to be tried because of that."""
        place = self._placed(pk, r)
        awaited = self._parents.awaited_by(r) if self._parents.exist and place[0] < CIRCLE else None
        if self._is_unfit(r):
            self.hidden.settle(r, Reason.TYPE, NONE)
            return []
        if awaited is not None:
            refused_by = self._reason_without_triggers(r)
            if refused_by in (Reason.NOT_NULL, Reason.CHECK):  # whatever becomes of the parent
                self.hidden.settle(r, refused_by, NONE)
            else:
                self.hidden.settle(r, Reason.PARENT, awaited)
            return []
        if self._keeps_numbers:
            gone = kept_numbers.stood_for_by(self._db, self._entry, r)
            self._renumbered += self._take_number(r, gone) if gone is not None else ()
        reason = self._show(r)
        if reason is None:
            return []
        if reason not in (Reason.UNIQUE, Reason.TRIGGER) and self._writer.has_triggers:
            reason = self._reason_without_triggers(r) or Reason.TRIGGER
        if reason is not Reason.UNIQUE:
            self.hidden.settle(r, reason, UNKNOWN if reason is Reason.TRIGGER else NONE)
            return []
        records = Records(self._db, self._entry)
        keys = self._in_the_way(r)
        if not keys:  # it is in a table that a trigger writes to
            self.hidden.settle(r, Reason.TRIGGER, UNKNOWN)
            return []
        found = [(key, records.by_local_key(key)) for key in keys if key is not None and None not in key]
        places = [self._placed(*one) for _, one in found if one is not None]
        before = sorted(one for one in places if one < place)
        if before or len(places) < len(keys):  # some have no record
            way = before[0][2] if before else UNKNOWN
            keys_of = {one[1]: key for key, one in found if one is not None}
            self.hidden.settle(r, Reason.UNIQUE, way, same=way in keys_of and self._same.are(r, keys_of[way]))
            return []
        freed: list[int] = []
        same = (one[1] for key, one in found if one is not None and self._keeps_numbers and self._same.are(r, key))
        stood = next(same, None)
        for key, one in found:
            freed += [*self._hide(key, one[1]), one[1]] if one is not None else []
        if stood is not None and self.hidden.those_of([stood]):
            self._renumbered += self._take_number(r, stood)
        if self._show(r) is not None:  # a trigger of the app's has kept one of them
            self.hidden.settle(r, Reason.TRIGGER, places[0][2])
            freed += self.hidden.try_behind([r])
        return freed

    def _take_number(self, r: int, other: int) -> list[Renumbered]:
        return kept_numbers.change(self._db, self._entry, self._referring, r, other)

    def _is_unfit(self, r: int) -> bool:
        """Return whether a column of the table would convert a value that a hidden row holds."""
        affinity, roots = self._writer.affinity, self._entry.roots
        return any(
            not keeps(value, self._storage.stored(value, affinity[column]))
            for column, value in self.hidden.values(r).items()
            if column not in roots and not isinstance(value, NoText)
        )

    def _show(self, r: int) -> Reason | None:
        """Put a hidden row into the table; return what prevents it."""
        try:
            with self._undone_if_it_fails():
                self._db.execute(self._from_hidden, (r,))
        except refused.ERRORS as error:
            if not self._writer.is_of_row(error):
                raise self._writer.refused(self._from_hidden, (r,), error) from error
            return refused.reason_of(error)
        if not self._db.changes():
            return Reason.TRIGGER
        self.hidden.remove(r)
        self._moves += 1
        return None

    def _reason_without_triggers(self, r: int) -> Reason | None:
        """Return which of the table's own rules refuses a hidden row."""
        with self._tried():
            try:
                self._db.execute(self._from_hidden, (r,))
            except refused.ERRORS as error:
                return refused.reason_of(error)
        return None

    @property
    def _from_hidden(self) -> str:
        entry = self._entry
        kept = (shown(entry, column, f"h.v{slot}") for column, slot in entry.slots.items())
        values = ", ".join((*(f"h.{name}" for name in entry.log_key), *kept))
        held = idents((*entry.key, *entry.columns))
        into = f"INSERT{self._writer.table.or_abort} INTO {base(entry)} ({held})"
        return f"{into} SELECT {values} FROM main.{entry.hidden} AS h WHERE h.r = ?"

    def _hide(self, key: Key, r: int) -> list[int]:
        """Remove a shown row from the table; return the numbers of those that it was in the way of."""
        self.hidden.add_shown(r, key, self._writer.table.is_row, self.since)
        self._writer.delete([key])
        if self._is_there(key):
            self.hidden.remove(r)
            return []
        self._moves += 1
        return self.hidden.try_behind([r])

    def _in_the_way(self, r: int) -> list[Key | None]:
        """Return the keys of all shown rows that a hidden one clashes with; None for an unreadable one."""
        entry = self._entry
        key = ident(entry.key[0])
        sql = f"{self._from_hidden} ON CONFLICT DO UPDATE SET {key} = {key} RETURNING {idents(entry.key)}"
        own = self._db.execute(f"SELECT {', '.join(entry.log_key)} FROM main.{entry.hidden} WHERE r = ?", (r,)).get
        own = own if isinstance(own, tuple) else (own,)
        found: list[Key | None] = []
        with self._tried():
            while True:
                try:
                    key_ = self._db.execute(sql, (r,)).fetchall()[0]
                except UnicodeDecodeError:
                    return [*found, None]
                if key_ == own:
                    return found
                found.append(key_)
                if None in key_:
                    return found
                self._writer.delete([key_])

    @contextmanager
    def _tried(self) -> Iterator[None]:
        """Roll back what is written inside, with no trigger of the app's running."""
        switch = apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER
        before = self._db.config(switch, -1)
        self._db.execute("SAVEPOINT crsql_syncline_shown")
        self._db.config(switch, 0)
        try:
            yield
        finally:
            self._db.config(switch, before)
            self._db.execute("ROLLBACK TO crsql_syncline_shown; RELEASE crsql_syncline_shown")


@contextmanager
def savepoint(db: apsw.Connection) -> Iterator[None]:
    """Undo everything inside if it fails."""
    db.execute("SAVEPOINT crsql_syncline_row")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK TO crsql_syncline_row; RELEASE crsql_syncline_row")
        raise
    db.execute("RELEASE crsql_syncline_row")
