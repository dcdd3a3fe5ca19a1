"""The register: which tables of a file are ordinary ones, what is recorded about each, and the names of its record
tables.

``crsql_syncline_register`` has one row for each table. All its tables work with SQLite 3.24: programs that know nothing
of Syncline open the file. The format's number is in ``crsql_master``, which every synced file has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import apsw

from engine.clocks import identity, secondhand
from engine.errors import UnsupportedFile
from engine.ordinary.global_keys import Root, spelled
from engine.sqlite.file_identity import file_id
from engine.sqlite.sql import cursor, ident, main
from engine.tables.names import REGISTER
from engine.tables.withheld.records import HeldRows
from engine.text import t

FORMAT = 1
"""The number of the format of all records of ordinary tables."""

_FORMAT_KEY = "crsql_syncline_format"
_FOREIGN_KEYS = "crsql_syncline_foreign_keys"
"""How apps treat each foreign key, by table and columns (``kept_foreign_keys``)."""
_LAYOUT = (
    "name TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL UNIQUE, key TEXT NOT NULL, columns TEXT NOT NULL,"
    " next_slot INTEGER NOT NULL, schema INTEGER NOT NULL, due TEXT, suspended INTEGER, lost INTEGER,"
    " refers TEXT NOT NULL, collection BLOB, home BLOB, used INTEGER NOT NULL"
)
_FIELDS = "name, number, key, columns, next_slot, schema, due, suspended, lost, refers, collection, home, used"
_ROWS = (
    f"SELECT (SELECT value FROM main.crsql_master WHERE key = '{_FORMAT_KEY}'), {_FIELDS},"
    f" (SELECT value FROM main.crsql_master WHERE key = '{_FOREIGN_KEYS}') FROM main.{REGISTER} ORDER BY number"
)

Columns = tuple[str, ...]
"""The columns of a foreign key, in the order of their names."""


@dataclass(frozen=True)
class Entry:
    """An ordinary table.

    Attributes:
        name: its name, which is its wire name.
        number: identifies its log, records and triggers.
        key: the columns of its key, in key order.
        slots: the slot of each other column, in table order. A column that goes and comes back gets a new one.
        next_slot: the first that no column has had.
        schema: the file's schema_version when the table was last found to be as it is recorded here.
        due: from where on all rows have still to be compared with their shadows; None if none have.
        suspended: how many rows, of ``lost``, a comparison found gone, about which a person is asked.
        refers: the columns that hold numbers which SQLite hands out, each with the number of the table that hands them
            out: its own for the key of an auto-numbered table (``global_keys``).
        collection: the collection that rows of an auto-numbered table are born into, as long as the file is the one
            that ``home`` identifies (``home_of``); empty for any other table.
        used: all of its numbers up to this one may have been handed out before anything about it was recorded.
        roots: the columns of ``refers``, with the tables' numbers and collections.
        kept: its foreign keys that, as far as is known, all apps respect.
        loose: those that an app has violated, here or elsewhere. Others have not been judged yet.
    """

    name: str
    number: int
    key: tuple[str, ...]
    slots: dict[str, int] = field(hash=False)
    next_slot: int
    schema: int = -1
    due: str | None = None
    suspended: int | None = None
    lost: int | None = None
    refers: dict[str, int] = field(default_factory=dict, hash=False)
    collection: bytes = b""
    home: bytes = b""
    used: int = 0
    roots: dict[str, Root] = field(default_factory=dict, hash=False)
    kept: frozenset[Columns] = frozenset()
    loose: frozenset[Columns] = frozenset()

    @cached_property
    def has_global_key(self) -> bool:
        """Whether its key holds such numbers, so that its rows have a different key elsewhere."""
        return any(column in self.refers for column in self.key)

    @cached_property
    def is_whole(self) -> bool:
        """Whether all tables that it refers to exist."""
        return self.refers.keys() == self.roots.keys()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Its other columns, in table order."""
        return tuple(self.slots)

    @cached_property
    def live(self) -> tuple[int, ...]:
        """The slots of all columns."""
        return tuple(self.slots.values())

    @cached_property
    def column_of(self) -> dict[int, str]:
        """The column in each slot."""
        return {slot: column for column, slot in self.slots.items()}

    @cached_property
    def anchors(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The table and its records, each with one of its columns: what its mark is put on."""
        return (self.name, self.key[0]), (self.rows, "r")

    @cached_property
    def layout(self) -> object:
        """What a place in it depends on, including columns and slots, as a column that came back is a new one."""
        return "ordinary", self.number, self.key, tuple(self.slots.items()), tuple(self.refers.items())

    @property
    def log(self) -> str:
        """The name of the table of keys that were touched since the last capture."""
        return f"crsql_syncline_log_{self.number}"

    @property
    def rows(self) -> str:
        """The name of the table of stamps and shadows of rows."""
        return f"crsql_syncline_rows_{self.number}"

    @property
    def key_index(self) -> str:
        """The index of the records by the key that rows have here."""
        return f"{self.rows}_{'local' if self.has_global_key else 'pk'}"

    @property
    def cells(self) -> str:
        """The table of cells whose stamp is not their row's."""
        return f"crsql_syncline_cells_{self.number}"

    @property
    def hidden(self) -> str:
        """The name of the table of rows that the table does not show for now, complete (``hidden``)."""
        return f"crsql_syncline_hidden_{self.number}"

    @property
    def led(self) -> str:
        """The name, for an auto-numbered table, of the table of redirected references to hidden rows (``leading``)."""
        return f"crsql_syncline_led_{self.number}"

    @cached_property
    def led_columns(self) -> dict[str, Root]:
        """The columns whose references are redirected, each with the table referred to; none is in the key."""
        return {column: root for column, root in self.roots.items() if column in self.slots}

    @property
    def log_key(self) -> tuple[str, ...]:
        """The columns of the log that hold a key."""
        return tuple(f"k{n}" for n in range(len(self.key)))

    @property
    def log_columns(self) -> tuple[str, ...]:
        """The columns of ``log``; ``gone`` says that the row was deleted, and that its number is another row's now."""
        return (*self.log_key, "gone") if self.collection else self.log_key


def load(db: apsw.Connection) -> list[Entry]:
    """Return every ordinary table of the file.

    Raises:
        UnsupportedFile: a later version of Syncline made it.
    """
    return entries_of(rows(db)) if exists(db) else []


def exists(db: apsw.Connection) -> bool:
    """Return whether the file has a register at all."""
    return db.table_exists("main", REGISTER)


def rows(db: apsw.Connection) -> list[tuple[Any, ...]]:
    """Return for every ordinary table in the register what ``entries_of`` takes, with one quick statement, as it is
    needed all the time. Raises as ``load``."""
    found: list[tuple[Any, ...]] = cursor(db).execute(_ROWS).fetchall()
    _check_format(db, found[0][0] if found else None)
    return [row[1:] for row in found]


def entries_of(rows: Sequence[tuple[Any, ...]]) -> list[Entry]:
    """Return all entries of the register; one that makes no sense becomes a table without a key."""
    found = [_entry(*row) for row in rows]
    roots = {entry.number: Root(entry.number, entry.collection) for entry in found if entry.collection}
    return [
        replace(entry, roots={column: roots[root] for column, root in entry.refers.items() if root in roots})
        if entry.refers
        else entry
        for entry in found
    ]


def roots_first(entries: Iterable[Entry]) -> list[Entry]:
    """Sort tables so that those that hand out numbers come before those that refer to them, as far as possible."""
    left = {entry.number: entry for entry in entries}
    found: list[Entry] = []
    while left:
        ready = [one for one in left.values() if left.keys().isdisjoint({*one.refers.values()} - {one.number})]
        for entry in ready or sorted(left.values(), key=_hands_out)[-1:]:
            found.append(left.pop(entry.number))
    return found


def _hands_out(entry: Entry) -> bool:
    """Return whether it hands out numbers, as each table does that another refers to by number."""
    return entry.number in entry.refers.values()


def circles(entries: Iterable[Entry]) -> dict[int, frozenset[int]]:
    """Return the tables that refer to each other by number in a circle: the number of each, with those of its
    circle."""
    of = {entry.number: {*entry.refers.values()} for entry in entries}
    reached: dict[int, set[int]] = {}
    for start in of:
        left, seen = [start], set[int]()
        while left:
            further = of.get(left.pop(), set()) - seen
            seen |= further
            left += further
        reached[start] = seen
    back = {one: frozenset(n for n in seen if one in reached.get(n, ())) for one, seen in reached.items()}
    return {one: circle for one, circle in back.items() if len(circle) > 1}


def _entry(
    name: str,
    number: int,
    key: str,
    columns: str,
    next_slot: int,
    schema: int,
    due: str | None,
    suspended: int | None,
    lost: int | None,
    refers: str,
    collection: bytes | None,
    home: bytes | None,
    used: int,
    foreign_keys: str | None = None,
) -> Entry:
    try:
        loose = _foreign_keys(foreign_keys).get(name, {})
        names, slots = tuple(map(str, json.loads(key))), {str(c): int(slot) for c, slot in json.loads(columns).items()}
        of = {str(column): int(root) for column, root in json.loads(refers).items()}
        own = collection or b"", home or b"", int(used)
        found = Entry(name, number, names, slots, int(next_slot), int(schema), due, suspended, lost, of, *own)
        kept = frozenset(one for one, is_loose in loose.items() if not is_loose)
        return replace(found, kept=kept, loose=frozenset(loose) - kept)
    except (ValueError, TypeError, AttributeError):
        return Entry(name, number, (), {}, 0)


def _foreign_keys(written: str | None) -> dict[str, dict[Columns, bool]]:
    """Return by table and columns whether a foreign key is loose."""
    return {
        str(table): {tuple(map(str, columns)): bool(is_loose) for columns, is_loose in of}
        for table, of in json.loads(written or "{}").items()
    }


def note_foreign_keys(db: apsw.Connection, table: str, found: Mapping[Columns, bool]) -> bool:
    """Record whether foreign keys of a table are loose; one that is stays loose. Return whether anything changed."""
    written: str | None = db.execute("SELECT value FROM main.crsql_master WHERE key = ?", (_FOREIGN_KEYS,)).get
    of = _foreign_keys(written)
    before = of.get(table, {})
    of[table] = before | {one: is_loose or before.get(one, False) for one, is_loose in found.items()}
    if of[table] != before:
        _save_foreign_keys(db, of)
    return of[table] != before


def _save_foreign_keys(db: apsw.Connection, of: Mapping[str, Mapping[Columns, bool]]) -> None:
    listed = {table: sorted(found.items()) for table, found in sorted(of.items()) if found}
    if listed:
        row = (_FOREIGN_KEYS, json.dumps(listed))
        db.execute("INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES (?, ?)", row)
    else:
        db.execute("DELETE FROM main.crsql_master WHERE key = ?", (_FOREIGN_KEYS,))


def _check_format(db: apsw.Connection, found: object) -> None:
    """Refuse what a later version of Syncline made.

    Raises:
        UnsupportedFile: it did.
    """
    if isinstance(found, int) and found > FORMAT:
        raise UnsupportedFile(
            t("“{path}” was written by a newer version of Syncline.", path=db.filename),
            hint=t("Update Syncline on this machine."),
        )


def save(db: apsw.Connection, entry: Entry) -> None:
    """Write an entry, new or changed, in the caller's transaction."""
    values = (
        entry.name,
        entry.number,
        json.dumps(entry.key),
        json.dumps(entry.slots),
        entry.next_slot,
        entry.schema,
        entry.due,
        entry.suspended,
        entry.lost,
        json.dumps(entry.refers),
        entry.collection or None,
        entry.home or None,
        entry.used,
    )
    db.execute(f"INSERT OR REPLACE INTO main.{REGISTER} ({_FIELDS}) VALUES ({', '.join('?' * len(values))})", values)


def make(db: apsw.Connection) -> None:
    """Create the register if there is none, in the caller's transaction."""
    db.execute(f"CREATE TABLE IF NOT EXISTS main.{REGISTER} ({_LAYOUT})")
    secondhand.make(db)
    db.execute("INSERT OR REPLACE INTO main.crsql_master (key, value) VALUES (?, ?)", (_FORMAT_KEY, FORMAT))


def remove(db: apsw.Connection, entry: Entry) -> None:
    """Remove an entry from the register, and with the last one the register from the file."""
    db.execute(f"DELETE FROM main.{REGISTER} WHERE name = ?", (entry.name,))
    written: str | None = db.execute("SELECT value FROM main.crsql_master WHERE key = ?", (_FOREIGN_KEYS,)).get
    if written is not None:
        _save_foreign_keys(db, {table: of for table, of in _foreign_keys(written).items() if table != entry.name})
    if db.execute(f"SELECT 1 FROM main.{REGISTER}").fetchone() is None:
        db.execute(f"DROP TABLE main.{REGISTER}")
        secondhand.remove_if_empty(db)


def refer(db: apsw.Connection, entry: Entry, refers: Mapping[str, str]) -> None:
    """Complete what a table refers to, as in ``layout.create``, once all of that is in the register."""
    known = dict(db.execute(f"SELECT name, number FROM main.{REGISTER}"))
    save(db, replace(entry, refers={column: known[root] for column, root in refers.items()}))


def home_of(db: apsw.Connection) -> bytes:
    """Return what tells this very file from a copy of it: its id, and its path."""
    return hashlib.blake2b(repr((identity.own(db), file_id(db.filename))).encode(), digest_size=16).digest()


def handed_out(db: apsw.Connection, name: str) -> int:
    """Return the highest number that AUTOINCREMENT has given to a row of a table; 0 without it."""
    if not db.table_exists("main", "sqlite_sequence"):
        return 0
    number = db.execute("SELECT seq FROM main.sqlite_sequence WHERE name = ?", (name,)).get
    return number if isinstance(number, int) else 0


def base_is(entry: Entry, columns: tuple[str, ...]) -> str:
    """Return an SQL condition that ``t`` is the row with the key in these columns: by its index, then byte by byte."""
    return " AND ".join(
        f"t.{ident(name)} = {column} AND t.{ident(name)} = {column} COLLATE BINARY"
        for name, column in zip(entry.key, columns, strict=True)
    )


def key_columns(entry: Entry, record: str = "r") -> tuple[str, ...]:
    """Return SQL expressions for the key of a row by its record, for ``base_is``."""
    if entry.has_global_key:
        return tuple(f"{record}.{name}" for name in entry.log_key)
    return tuple(f"crsql_syncline_key({record}.pk, {n})" for n in range(len(entry.key)))


def wire_columns(entry: Entry, columns: Sequence[str], held: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return SQL expressions for what is sent of columns of a row: of the table's ``t``, or of other ones
    (``held``)."""
    names = ((column, f"t.{ident(column)}" if held is None else held[column]) for column in columns)
    return tuple(spelled(entry.roots[one], name) if one in entry.roots else name for one, name in names)


def held_rows(db: apsw.Connection) -> HeldRows:
    """Return the withheld rows of a file's ordinary tables."""
    return HeldRows(db, "crsql_syncline_held_rows")


def base(entry: Entry) -> str:
    """Return the table itself in SQL."""
    return main(entry.name)
