"""A shown row stands for the hidden ones that are the same as it: what a program writes to the columns of a UNIQUE rule
is written to all of them, so that a rename renames all, and no row pops up under the old name. (For deletions:
``Hidden.same_as``.) In other columns each row has its own values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw

from engine.ordinary.changed import Changed
from engine.ordinary.hidden import Hidden
from engine.ordinary.leading import merged
from engine.ordinary.register import Entry, base, base_is, key_columns
from engine.sqlite.sql import ident


def write_to_classes(
    db: apsw.Connection,
    entry: Entry,
    classes: Sequence[tuple[int, int]],
    written: Mapping[int, Iterable[int]],
    version: int,
) -> None:
    """Stamp hidden rows like the shown ones that stand for them, in the caller's transaction.

    Args:
        classes: each hidden one, with the shown one that stood for it (``Hidden.stood_for``).
        written: the slots of shown rows that a program has written.
    """
    hidden, unique = Hidden(db, entry), _unique_slots(db, entry)
    pairs = [(r, way) for r, way in classes if way in written]
    of = {r: sorted(unique.intersection(written[way])) for r, way in pairs}
    Changed(db, entry, version).write_each({r: slots for r, slots in of.items() if slots})
    t_is = base_is(entry, key_columns(entry, "w"))
    for r, way in pairs:
        for slot in of[r]:
            column = entry.column_of[slot]
            value = merged(entry, column, f"t.{ident(column)}", f"w.v{slot}")
            db.execute(
                f"UPDATE main.{entry.hidden} SET v{slot} = (SELECT {value} FROM main.{entry.rows} AS w"
                f" CROSS JOIN {base(entry)} AS t ON {t_is} WHERE w.r = ?2) WHERE r = ?1",
                (r, way),
            )
    hidden.see([r for r, _ in pairs])


def _unique_slots(db: apsw.Connection, entry: Entry) -> set[int]:
    sql = (
        "SELECT DISTINCT c.name FROM pragma_index_list(?, 'main') AS i"
        " CROSS JOIN pragma_index_info(i.name, 'main') AS c"
        ' WHERE i."unique"'
    )
    names: list[Any] = db.execute(sql, (entry.name,)).fetchall()
    return {entry.slots[name] for (name,) in names if name in entry.slots}
