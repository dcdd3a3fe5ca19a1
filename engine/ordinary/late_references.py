"""Turns a column of a table that is synced already into a reference to rows of another by number, as a person has
declared.

A plain number that was sent means a different row on each machine; only its writer knows which. So the column starts
anew, like one that was dropped and added again: what was last written here is sent as written now, with the name of the
row that it refers to. What came from elsewhere stays in the table as it is, and refers to no row until its writer sends
it again.
"""

from __future__ import annotations

from dataclasses import replace

import apsw

from engine.clocks import coverage
from engine.ordinary import register
from engine.ordinary.hidden import check_none
from engine.ordinary.register import Entry
from engine.ordinary.stamps import OWN
from engine.ordinary.survey import Survey


def refer(db: apsw.Connection, survey: Survey, entry: Entry, column: str, root: Entry) -> int:
    """Make a column outside the key a reference, in the caller's write transaction; everything has been captured.

    Returns:
        how many rows hold a number in it that came from elsewhere.

    Raises:
        UsageError: rows of the table are hidden.
    """
    check_none(db, entry)
    old, new, rows = entry.slots[column], entry.next_slot, f"main.{entry.rows}"
    cell = f"SELECT c.site FROM main.{entry.cells} AS c WHERE c.r = {entry.rows}.r AND c.slot = {old}"
    db.execute(f"ALTER TABLE {rows} ADD COLUMN v{new}")
    db.execute(f"ALTER TABLE main.{entry.hidden} ADD COLUMN v{new}")
    db.execute(
        f"UPDATE {rows} SET v{new} = v{old}"
        f" WHERE length % 2 = 1 AND v{old} IS NOT NULL AND ifnull(({cell}), site) <> {OWN}"
    )
    elsewhere: int = db.changes()
    db.execute(f"DELETE FROM main.{entry.cells} WHERE slot = ?", (old,))
    for kept in (rows, f"main.{entry.hidden}"):
        db.execute(f"ALTER TABLE {kept} DROP COLUMN v{old}")
    coverage.forget_columns(db, entry.name, entry.slots, {column})
    slots = {name: new if name == column else slot for name, slot in entry.slots.items()}
    register.save(db, replace(entry, slots=slots, next_slot=new + 1, refers={**entry.refers, column: root.number}))
    survey.compare_all(next(one for one in register.load(db) if one.number == entry.number))
    return elsewhere
