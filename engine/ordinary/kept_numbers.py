"""A shown row keeps its number when another row of the same name takes its place, as an app knows a folder by its
number.

The two rows swap numbers, in their records and in what refers to them. References that tables show stay as they are, as
long as the row that had the number so far is shown, or is the same as the other; others are redirected (``Showing``).
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
    """References of records to ``number``, for which tables may still show ``stale``."""

    number: int
    stale: int


def number_of(db: apsw.Connection, entry: Entry, r: int) -> int | None:
    """Return the number that a row of an auto-numbered table has here."""
    number: int | None = db.execute(f"SELECT k0 FROM main.{entry.rows} WHERE r = ?", (r,)).get
    return number


def stood_for_by(db: apsw.Connection, entry: Entry, r: int) -> int | None:
    """Return the record of the row that stood for a hidden one so far, if it was deleted; None otherwise."""
    found: int | None = db.execute(
        f"SELECT w.r FROM main.{entry.rows} AS h CROSS JOIN main.{entry.led} AS l ON l.k0 = h.k0"
        f" CROSS JOIN main.{entry.rows} AS w ON w.k0 = +l.other WHERE h.r = ? AND w.length % 2 = 0"
        f" AND NOT EXISTS (SELECT 1 FROM {base(entry)} AS t WHERE t.{ident(entry.key[0])} = l.other)",
        (r,),
    ).get
    return found


def change(db: apsw.Connection, entry: Entry, referring: Referring, r: int, other: int) -> list[Renumbered]:
    """Swap the numbers of a hidden row and another one, in the caller's write transaction.

    Args:
        referring: what refers to rows of this table; the same for all swaps.
        r: the hidden row.
        other: a row that is hidden by now and the same, or was deleted.
    """
    number, kept = number_of(db, entry, r), number_of(db, entry, other)
    if number is None or kept is None:
        return []
    referring.swap(number, kept, Numbers(db, entry).next_free())
    for one, at in ((other, None), (r, kept), (other, number)):
        db.execute(f"UPDATE main.{entry.rows} SET k0 = ? WHERE r = ?", (at, one))
    for one, at in ((r, kept), (other, number)):
        db.execute(f"UPDATE main.{entry.hidden} SET k0 = ? WHERE r = ?", (at, one))
    db.execute(f"DELETE FROM main.{entry.led} WHERE k0 IN (?, ?)", (number, kept))
    if Hidden(db, entry).those_of([other]):  # what refers to it shows the number that the two have in common
        db.execute(f"INSERT INTO main.{entry.led} VALUES (?, ?)", (number, kept))
        return [Renumbered(kept, number)]
    return [Renumbered(kept, number), Renumbered(number, kept)]
