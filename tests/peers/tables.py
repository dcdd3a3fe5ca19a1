"""A table of the differential tests, with the keys and values that scripts put into it; and some fixed ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine.change import SQLiteValue

Key = tuple[SQLiteValue, ...]


@dataclass(frozen=True)
class Table:
    """A CRR: ``keys`` are the primary keys that scripts use, so few that they collide.

    Attributes:
        required: columns that are NOT NULL.
        accepted: for typed columns, values that they take in some form; without it any of ``values``.
        stored: for typed columns, values that they hold as they are: only those come from real peers.
        declared: for tables that alters may rebuild, what stands behind the name of each column.
        options: of those tables, as STRICT.
        ordered: rows lie in the order of their keys, so that statements on all rows visit them alike in both engines.
    """

    name: str
    create: str
    key: tuple[str, ...]
    keys: tuple[Key, ...]
    columns: tuple[str, ...] = ()
    values: tuple[SQLiteValue, ...] = (None, 1, 2, "a")
    required: frozenset[str] = frozenset()
    accepted: dict[str, tuple[SQLiteValue, ...]] = field(default_factory=dict)
    stored: dict[str, tuple[SQLiteValue, ...]] = field(default_factory=dict)
    stored_keys: tuple[Key, ...] | None = None
    declared: dict[str, str] = field(default_factory=dict)
    options: str = ""
    ordered: bool = False

    @property
    def large(self) -> bool:
        """Are there so many keys that batches of thousands of cells come about?"""
        return len(self.keys) > 50

    @property
    def peers_keys(self) -> tuple[Key, ...]:
        """``keys`` as the key columns hold them; only those come from real peers."""
        return self.keys if self.stored_keys is None else self.stored_keys

    def taken(self, column: str) -> tuple[SQLiteValue, ...]:
        """Values that a program may write into a column without an error."""
        return self._allowed(column, self.accepted.get(column, self.values))

    def held(self, column: str) -> tuple[SQLiteValue, ...]:
        """Values that come from peers."""
        return self._allowed(column, self.stored.get(column, self.values))

    def _allowed(self, column: str, values: tuple[SQLiteValue, ...]) -> tuple[SQLiteValue, ...]:
        return tuple(v for v in values if v is not None) if column in self.required else values


TYPED = Table(
    "item",
    "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL,"
    " a, b TEXT DEFAULT 'new', c REAL, d INTEGER NOT NULL DEFAULT 7)",
    ("id",),
    ((1,), (2,), (-1,), (300,)),
    ("a", "b", "c", "d"),
    (None, 0, 1, 2, -1, 2.5, 3.0, "", "a", "7", b"", b"\x01\xff", 2**40),
    required=frozenset({"d"}),
    stored={"b": (None, "", "a", "7", b"7"), "c": (None, 2.5, 3.0, "z", b""), "d": (0, 1, 7, 2**40, "z")},
    ordered=True,
)
TEXT_KEY = Table(
    "note",
    "CREATE TABLE note (k TEXT PRIMARY KEY NOT NULL, body TEXT, n NUMERIC, raw BLOB)",
    ("k",),
    (("",), ("x",), ("é",), (5,)),
    ("body", "n", "raw"),
    (None, "a", "b", "12", 1, 1.5, b"a"),
    stored={"body": (None, "a", "b", "12"), "n": (None, 1, 2, 1.5, "z"), "raw": (None, "a", 1, 1.0, b"a")},
    stored_keys=(("",), ("x",), ("é",), ("5",)),
)
COMPOSITE = Table(
    "edge",
    "CREATE TABLE edge (x INTEGER NOT NULL, v, y TEXT NOT NULL, w TEXT DEFAULT NULL, PRIMARY KEY (y, x))",
    ("y", "x"),
    (("a", 1), ("a", 2), ("b", 1)),
    ("v", "w"),
    stored={"w": (None, "a", "1")},
)
KEY_ONLY = Table(
    "tag",
    "CREATE TABLE tag (x INTEGER NOT NULL, y TEXT NOT NULL, PRIMARY KEY (x, y))",
    ("x", "y"),
    ((1, "a"), (1, "b"), (2, "a")),
)
NO_ROWID = Table(
    "blobs",
    "CREATE TABLE blobs (k BLOB PRIMARY KEY NOT NULL, v ANY) WITHOUT ROWID",
    ("k",),
    ((b"",), (b"\x00",), (b"\xff\x00",)),
    ("v",),
    (None, 1, 1.0, -3, "1", b"1"),
    stored={"v": (None, 1, 2.5, -3, "z", b"1")},  # outside STRICT tables ANY means NUMERIC
    ordered=True,
)
UNTYPED = Table(
    "loose",
    "CREATE TABLE loose (k PRIMARY KEY NOT NULL, v)",
    ("k",),
    ((1,), ("1",), (b"1",), (2.5,)),
    ("v",),
    (None, 5, 5.0, -3, "a", b"a"),
)
MANY_ROWS = Table(
    "big",
    "CREATE TABLE big (id INTEGER PRIMARY KEY NOT NULL, a, b TEXT, c DEFAULT 1.5)",
    ("id",),
    tuple((number,) for number in range(200)),
    ("a", "b", "c"),
    stored={"b": (None, "a", "1")},
    ordered=True,
)
THOUSANDS = replace(
    MANY_ROWS, name="huge", create=MANY_ROWS.create.replace("big", "huge"), keys=tuple((n,) for n in range(2000))
)
SCHEMAS = ((TYPED,), (TEXT_KEY,), (COMPOSITE,), (KEY_ONLY,), (NO_ROWID,), (UNTYPED,), (MANY_ROWS,), (TYPED, KEY_ONLY))


def quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def marks(count: int) -> str:
    return ", ".join("?" * count)
