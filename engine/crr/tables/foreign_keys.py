"""Foreign keys from tables that are not synced to tables that are.

When sync deletes a row, SQLite does not carry out what they say: the app's connection did so where the row was deleted,
and rows of tables that are not synced do not travel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from typing import Any, NamedTuple

import apsw

from engine.tables.introspect import Table

_FOLLOWS = ("CASCADE", "SET NULL", "SET DEFAULT")


class Reference(NamedTuple):
    """A foreign key whose rows follow changes to the rows that they refer to.

    Attributes:
        child: the table that has it.
        number: its index among the table's foreign keys, as SQLite counts them.
        parent: the table that it refers to, in that table's own spelling.
        actions: what it says, such as ``ON DELETE CASCADE``.
    """

    child: str
    number: int
    parent: str
    actions: str


def references(db: apsw.Connection, tables: Iterable[Table]) -> Iterator[Reference]:
    """Iterate over all such foreign keys between these tables."""
    names = [table.name for table in tables]
    spelled = {name.lower(): name for name in names}
    for child in names:
        keys: list[tuple[Any, ...]] = db.execute(
            "SELECT DISTINCT id, \"table\", on_delete, on_update FROM pragma_foreign_key_list(?, 'main')", (child,)
        ).fetchall()
        for number, parent, on_delete, on_update in keys:
            actions = [f"ON DELETE {on_delete}"] * (on_delete in _FOLLOWS)
            actions += [f"ON UPDATE {on_update}"] * (on_update in _FOLLOWS)
            if actions and parent.lower() in spelled:
                yield Reference(child, number, spelled[parent.lower()], ", ".join(actions))


def orphans(db: apsw.Connection, tables: Iterable[Table], synced: Container[str]) -> Counter[str]:
    """Return how many rows of each table that is not synced refer by such a key to missing rows of a synced one."""
    found: Counter[str] = Counter()
    for child, number, parent, _ in references(db, tables):
        if parent in synced and child not in synced:
            rows = "SELECT count(*) FROM pragma_foreign_key_check(?, 'main') WHERE fkid = ?"
            try:
                found[child] += db.execute(rows, (child, number)).get
            except apsw.SQLError:  # a foreign key that matches no key of the other table, which SQLite refuses to check
                continue
    return found
