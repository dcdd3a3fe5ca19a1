"""Gives rows of an auto-numbered table the names that another side has for them, as both hold copies of the same
rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import apsw

from engine.ordinary import register
from engine.ordinary.births import renew, wire_pk
from engine.ordinary.hidden import Hidden
from engine.ordinary.referring import Referring
from engine.ordinary.register import Entry
from engine.ordinary.stamps import OWN
from engine.sqlite.sql import numbers


def take_names(
    db: apsw.Connection,
    entry: Entry,
    pairs: Iterable[tuple[bytes, bytes, bool]],
    version: int,
    unshared: Collection[str],
) -> None:
    """Rename rows, in the caller's write transaction. Nobody else has rows of this table under the old names.

    References to them that others have already are sent as written now. From then on new rows of the table are born
    into another collection, as an older copy of the file may still have these under their old names.

    Args:
        pairs: the old and new packed keys of rows, and whether their values yield to everything that others have of
            them.
        unshared: names of tables of which nobody else has any row.
    """
    wanted = {old: (new, yields) for old, new, yields in pairs if old != new}
    here = {pk: (r, number) for pk, r, number, length in _records(db, entry, list(wanted)) if length % 2}
    known = {
        pk: (r, number, length) for pk, r, number, length in _records(db, entry, [new for new, _ in wanted.values()])
    }
    found = [
        (old, new, yields)
        for old, (new, yields) in wanted.items()
        if old in here and here[old][1] is not None and not (new in known and known[new][2])
    ]
    renamed = [here[old][1] for old, _, _ in found]
    told = Referring(db, entry, without=unshared)
    told.adopt(renamed, version)
    told.release(renamed)
    referring = Referring(db, entry)
    for old, new, _ in found:
        if new in known:  # so far it was only referred to
            r, number, _ = known[new]
            if number is not None:
                referring.move(number, here[old][1])
            db.execute(f"DELETE FROM main.{entry.rows} WHERE r = ?", (r,))
    db.executemany(
        f"UPDATE main.{entry.rows} SET pk = ?, born = NULL, db_version = {version} WHERE r = ?",
        [(new, here[old][0]) for old, new, _ in found],
    )
    Hidden(db, entry).try_all()  # the order of rows is another one
    yielding = [here[old][0] for old, _, yields in found if yields]
    if yielding:
        db.execute(f"DELETE FROM main.{entry.cells} WHERE r IN carray(?)", (numbers(yielding),))
        db.execute(
            f"UPDATE main.{entry.rows} SET length = 1, col_version = 0, site = {OWN} WHERE r IN carray(?)",
            (numbers(yielding),),
        )
    for other, column in referring.columns():
        if column in other.key and other.name in unshared:
            local = f"l.{other.log_key[other.key.index(column)]}"
            sql = f"UPDATE main.{other.rows} AS l SET pk = {wire_pk(db, other)} WHERE {local} IN carray(?)"
            db.execute(sql, (numbers(renamed or [-(2**63)]),))
            Hidden(db, other).try_all()
    renew(db, entry, register.home_of(db))


def _records(db: apsw.Connection, entry: Entry, pks: Sequence[bytes]) -> list[Any]:
    """Return the packed key, the number, the local number and the length of those of these rows that have a record."""
    if not pks:
        return []
    sql = f"SELECT r.pk, r.r, r.k0, r.length FROM carray(?) AS c CROSS JOIN main.{entry.rows} AS r ON r.pk = c.value"
    return db.execute(sql, (apsw.carray(tuple(pks), flags=apsw.SQLITE_CARRAY_BLOB),)).fetchall()
