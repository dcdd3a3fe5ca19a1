"""What a merge writes to an ordinary table for groups of rows, with few statements for many rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.change import SQLiteValue
from engine.ordinary import refused
from engine.ordinary.groups import Group
from engine.ordinary.merged_row import MergedRow
from engine.ordinary.records import Records, covers_of
from engine.ordinary.rowwise import Rowwise
from engine.ordinary.shadow import seen
from engine.ordinary.showing import Showing
from engine.ordinary.shown import Shown
from engine.ordinary.stamps import Row
from engine.ordinary.write import Writer
from engine.sqlite.sql import ROWS, numbers
from engine.tables.grouping import bulk
from engine.tables.grouping.columns import alike


def place(rows: Rowwise, group: Group) -> None:
    """Do as ``Rowwise.place``, for rows in a group."""
    local = rows.local
    if local is None or group.deletes:
        return
    if rows.entry.collection and not (group.numbers or group.deletes):
        assigned = local.assign(group.packed)
        if assigned is not None:
            group.keys, group.born = [assigned.numbers], assigned.born
        else:
            group.keys = [local.reserve(group.keys[0])]
            known = rows.records.numbers(group.packed)
            group.reserved = [known[pk] for pk in group.packed]
    group.values = local.place_values(group.columns, group.values)


def write(writer: Writer, group: Group, version: int, authors: Sequence[int], showing: Showing) -> None:
    """Write a group of which every cell wins.

    Args:
        version: the file's, to stamp them with.
        authors: the number of each row's author.
        showing: returns what decides which rows are shown.

    Raises:
        TableBroken: something fails.
    """
    writer.log(list(zip(*group.keys, strict=True)) if writer.has_triggers else ())
    showing.is_written(writer, version)
    at_once = (group.deletes and not group.numbers) or (
        showing.all_at_once(writer) and showing.attempt(writer, lambda: _write_base(writer, group))
    )
    _write_records(writer, group, version, authors)
    if not at_once:
        shown = showing.of(writer, version)
        for merged in list(_rows(writer, group, shown)):
            shown.write(merged)


def _write_records(writer: Writer, group: Group, version: int, authors: Sequence[int]) -> None:
    if group.deletes:
        _bury(writer, group, version, authors)
    elif not (group.numbers or group.reserved):
        _record(writer, group, version, authors)
    elif group.reserved or len(group.covers.intersection(writer.entry.live)) == len(group.columns):
        _stamp(writer, group, version, authors)
    else:
        _add_entries(writer, group, version, authors)


def _write_base(writer: Writer, group: Group) -> None:
    if group.deletes:
        if group.numbers:  # a row without a record is not there: everything was captured
            writer.delete(list(zip(*group.keys, strict=True)))
        return
    columns = [*group.keys, *writer.shown_values(group.columns, group.values)]
    whole = len(group.columns) == len(writer.entry.columns)
    if group.numbers and (writer.has_triggers or not whole):
        writer.run(writer.update(group.columns), list(zip(*columns, strict=True)))
        return
    try:
        bulk.run_columns(writer.db, writer.insert(group.columns, ROWS), columns)
    except refused.ERRORS:
        writer.run(writer.insert(group.columns), list(zip(*columns, strict=True)))  # which says what row it is


def _rows(writer: Writer, group: Group, shown: Shown) -> Iterator[MergedRow]:
    """Return the rows of a group, which have records by now, one by one."""
    found = group.numbers or group.reserved
    if not found:
        known = Records(writer.db, writer.entry).numbers(group.packed)
        found = [known[pk] for pk in group.packed]
    hidden = shown.hidden.those_of(found)
    columns = () if group.deletes else group.columns
    values = zip(*group.values, strict=True) if columns else [()] * len(found)
    for key, packed, r, row in zip(zip(*group.keys, strict=True), group.packed, found, values, strict=True):
        there, taken = bool(group.numbers) and r not in hidden, dict(zip(columns, row, strict=True))
        yield MergedRow(key, packed, r, Row(group.length), there=there, taken=taken, hidden=r in hidden)


def _record(writer: Writer, group: Group, version: int, authors: Sequence[int]) -> None:
    """Write records for new rows."""
    entry = writer.entry
    slots = [entry.slots[name] for name in group.columns]
    names = "".join(f", v{slot}" for slot in slots)
    columns = _Columns([group.length, covers_of(slots), version])
    bound = [columns.add(group.packed), "?1", "?2", columns.add(group.versions), "?3", columns.add(authors)]
    if group.born:
        names = f", k0, born{names}"
        bound += [columns.add(group.keys[0]), columns.add(group.born)]
    bound += [columns.add(seen(values, writer.encoding)) for values in group.values]
    sql = f"INSERT INTO main.{entry.rows} (pk, length, covers, col_version, db_version, site{names}) VALUES {ROWS}"
    bulk.run_columns(writer.db, sql, columns.each, f"({', '.join(bound)})", tuple(columns.shared))


def _stamp(writer: Writer, group: Group, version: int, authors: Sequence[int]) -> None:
    """Write the stamps of rows all of whose cells are written."""
    rows, slots = f"main.{writer.entry.rows}", [writer.entry.slots[name] for name in group.columns]
    columns = _Columns([version, group.length, covers_of(slots)])
    fields = [columns.add(group.numbers or group.reserved), columns.add(group.versions), columns.add(authors)]
    fields += [columns.add(seen(values, writer.encoding)) for values in group.values]
    named = ", ".join(f"c{n}" for n in range(len(fields)))
    sets = "".join(f", v{slot} = n.c{n}" for n, slot in enumerate(slots, 3))
    if group.reserved:
        sets += ", length = ?2, covers = ?3"
    sql = (
        f"WITH n ({named}) AS (VALUES {ROWS}) UPDATE {rows} SET col_version = n.c1, db_version = ?1, site = n.c2{sets}"
        f" FROM n WHERE {writer.entry.rows}.r = n.c0"
    )
    bulk.run_columns(writer.db, sql, columns.each, f"({', '.join(fields)})", tuple(columns.shared))


def _add_entries(writer: Writer, group: Group, version: int, authors: Sequence[int]) -> None:
    """Write entries for cells of rows most of whose cells do not change."""
    entry = writer.entry
    for name, values in zip(group.columns, group.values, strict=True):
        slot = entry.slots[name]
        columns: list[Sequence[SQLiteValue]] = [group.numbers, group.versions, authors]
        sql = f"INSERT INTO main.{entry.cells} (r, slot, col_version, db_version, site) VALUES {ROWS}"
        bulk.run_columns(writer.db, sql, columns, "({0}, ?1, {1}, ?2, {2})", (slot, version))
        changed = zip(group.numbers, seen(values, writer.encoding), strict=True)
        writer.db.executemany(f"UPDATE main.{entry.rows} SET v{slot} = ?2 WHERE r = ?1", changed)


def _bury(writer: Writer, group: Group, version: int, authors: Sequence[int]) -> None:
    entry, length = writer.entry, group.length
    if not group.numbers:
        fields = ("length", "covers", "col_version", "db_version", "site")
        sql = f"INSERT INTO main.{entry.rows} (pk, {', '.join(fields)}) VALUES {ROWS}"
        if entry.collection:  # what refers to a row may have made its record
            sql += f" ON CONFLICT (pk) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in fields)}"
        bulk.run_columns(writer.db, sql, [group.packed, authors], "({0}, ?1, x'', ?1, ?2, {1})", (length, version))
        return
    nothing = "".join(f", v{slot} = NULL" for slot in entry.live)
    sql = (
        f"WITH n (c0, c1) AS (VALUES {ROWS}) UPDATE main.{entry.rows} SET length = ?1, covers = x'', col_version = ?1,"
        f" db_version = ?2, site = n.c1{nothing} FROM n WHERE {entry.rows}.r = n.c0"
    )
    bulk.run_columns(writer.db, sql, [group.numbers, authors], "({0}, {1})", (length, version))
    writer.db.execute(f"DELETE FROM main.{entry.cells} WHERE r IN carray(?)", (numbers(group.numbers),))


class _Columns:
    """What is bound for many rows: what they have in common is bound once for a statement."""

    def __init__(self, shared: list[SQLiteValue]) -> None:
        self.shared = shared
        self.each: list[Sequence[SQLiteValue]] = []

    def add(self, column: Sequence[SQLiteValue]) -> str:
        """Add a column; return what stands for it in the template of a row."""
        if type(column[0]) in (int, bytes) and len(column) > 1 and self.each and alike(column) and _one_type(column):
            self.shared.append(column[0])
            return f"?{len(self.shared)}"
        self.each.append(column)
        return f"{{{len(self.each) - 1}}}"


def _one_type(column: Sequence[SQLiteValue]) -> bool:
    return len(set(map(type, column))) == 1
