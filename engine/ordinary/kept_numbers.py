"""What a table shows keeps its number when another row of the same name takes its place: an app knows a folder by that.

The two rows change numbers, in their records and in what refers to them. What tables show of references stays as it is,
as long as the row is shown that had the number so far, or is the same as the other; what does not is led there
(``Showing``).
"""

from __future__ import annotations

from typing import NamedTuple

import apsw

from engine.ordinary.births import Numbers
from engine.ordinary.hidden import Hidden
from engine.ordinary.referring import Referring
from engine.ordinary.register import Entry, base
from engine.sqlite.sql import ident


class Renumbered(NamedTuple):
    """References of records to ``number``, of which tables may show ``stale`` still."""

    number: int
    stale: int


def number_of(db: apsw.Connection, entry: Entry, r: int) -> int | None:
    """The number that a row of an auto-numbered table has here."""
    number: int | None = db.execute(f"SELECT k0 FROM main.{entry.rows} WHERE r = ?", (r,)).get
    return number


def stood_for_by(db: apsw.Connection, entry: Entry, r: int) -> int | None:
    """The record of the row that stood for a hidden one so far, if that was deleted; None otherwise."""
    found: int | None = db.execute(
        f"SELECT w.r FROM main.{entry.rows} AS h CROSS JOIN main.{entry.led} AS l ON l.k0 = h.k0"
        f" CROSS JOIN main.{entry.rows} AS w ON w.k0 = l.other WHERE h.r = ? AND w.length % 2 = 0"
        f" AND NOT EXISTS (SELECT 1 FROM {base(entry)} AS t WHERE t.{ident(entry.key[0])} = l.other)",
        (r,),
    ).get
    return found


def change(db: apsw.Connection, entry: Entry, r: int, other: int) -> list[Renumbered]:
    """Have a hidden row take the number of another one, and that its number, in the caller's write transaction.

    Args:
        r: the hidden row. other: one that is hidden by now, and the same; or that was deleted.
    """
    number, kept = number_of(db, entry, r), number_of(db, entry, other)
    if number is None or kept is None:
        return []
    Referring(db, entry).swap(number, kept, Numbers(db, entry).next_free())
    for one, at in ((other, None), (r, kept), (other, number)):
        db.execute(f"UPDATE main.{entry.rows} SET k0 = ? WHERE r = ?", (at, one))
    for one, at in ((r, kept), (other, number)):
        db.execute(f"UPDATE main.{entry.hidden} SET k0 = ? WHERE r = ?", (at, one))
    db.execute(f"DELETE FROM main.{entry.led} WHERE k0 IN (?, ?)", (number, kept))
    if Hidden(db, entry).those_of([other]):  # what refers to it shows the number that the two have in common
        db.execute(f"INSERT INTO main.{entry.led} VALUES (?, ?)", (number, kept))
        return [Renumbered(kept, number)]
    return [Renumbered(kept, number), Renumbered(number, kept)]
