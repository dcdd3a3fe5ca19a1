"""What an app may do to its tables: each case a schema and steps, and what SQLite says to a step that fails."""

from __future__ import annotations

from dataclasses import dataclass, field

NOTES = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, body, stars INTEGER)"
ROWS = "INSERT INTO notes VALUES ('a', 'A', 'x', 1), ('b', 'B', 'y', 2), ('c', 'C', NULL, 3)"
NUMBERS = "CREATE TABLE notes (id INT PRIMARY KEY, body) WITHOUT ROWID"
NUMBERED = "INSERT INTO notes VALUES (1, 'a'), (2, 'b'), (3, 'c'), (5, 'd')"
FOLDERS = (
    "CREATE TABLE folders (id TEXT PRIMARY KEY, name);"
    "CREATE TABLE notes (id TEXT PRIMARY KEY, folder TEXT DEFAULT 'f0' REFERENCES folders {action}, body);"
    "CREATE TABLE tags (note TEXT REFERENCES notes ON DELETE CASCADE ON UPDATE CASCADE, tag, PRIMARY KEY (note, tag))"
    " WITHOUT ROWID"
)
FILED = (
    "INSERT INTO folders VALUES ('f0', 'Inbox'), ('f1', 'Work'), ('f2', 'Home');"
    "INSERT INTO notes VALUES ('a', 'f1', 1), ('b', 'f1', 2), ('c', 'f2', 3);"
    "INSERT INTO tags VALUES ('a', 'red'), ('a', 'blue'), ('b', 'red')"
)
ENFORCED = "PRAGMA foreign_keys = ON"


@dataclass(frozen=True)
class Case:
    """A schema, what is there before, and steps: the statements of each run on one connection.

    Attributes:
        tables: those that are synced.
        fails: by step, a word of what SQLite says to it.
        local: what of the schema stays with the app: its triggers and views.
        old: whether SQLite 3.22 can do it all.
    """

    schema: str
    filled: str
    steps: tuple[tuple[str, ...], ...]
    tables: tuple[str, ...] = ("notes",)
    fails: dict[int, str] = field(default_factory=dict)
    local: str = ""
    old: bool = True


def _steps(*statements: str) -> tuple[tuple[str, ...], ...]:
    return tuple((statement,) for statement in statements)


def _cascade(action: str, *steps: tuple[str, ...]) -> Case:
    return Case(FOLDERS.format(action=action), FILED, steps, ("folders", "notes", "tags"))


CASES = {
    "swaps": Case(
        NOTES,
        ROWS,
        (
            ("UPDATE notes SET title = ifnull(body, ''), body = title",),
            (
                "BEGIN",
                "UPDATE notes SET id = 'z' WHERE id = 'a'",
                "UPDATE notes SET id = 'a' WHERE id = 'b'",
                "UPDATE notes SET id = 'b' WHERE id = 'z'",
                "COMMIT",
            ),
            ("UPDATE notes SET id = CASE id WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' ELSE id END",),
        ),
        fails={2: "UNIQUE"},
    ),
    "numbers that move": Case(
        NUMBERS,
        NUMBERED,
        _steps(
            "UPDATE notes SET id = id + 1 WHERE id = 5",
            "UPDATE notes SET id = -id",
            "UPDATE notes SET id = -id + 1",
            "UPDATE notes SET id = id + 100",
            "UPDATE OR REPLACE notes SET id = id + 1",
            "UPDATE OR IGNORE notes SET id = 102, body = 'mine'",
            "UPDATE OR FAIL notes SET id = 7",
            "UPDATE notes SET id = id + 0.0",
        ),
        fails={6: "UNIQUE"},
    ),
    "numbers that move, with a rowid": Case(
        NUMBERS.removesuffix(" WITHOUT ROWID"),
        NUMBERED,
        _steps(
            "UPDATE notes SET id = id + 1 WHERE id > 4",
            "UPDATE OR REPLACE notes SET id = id + 1",
            "UPDATE notes SET rowid = rowid + 10",
            "UPDATE notes SET rowid = 1, id = 77 WHERE rowid = (SELECT min(rowid) FROM notes)",
        ),
    ),
    "REPLACE": Case(
        NOTES,
        ROWS,
        _steps(
            "INSERT OR REPLACE INTO notes VALUES ('a', 'AA', 'x', 1)",
            "REPLACE INTO notes (id, title) VALUES ('b', 'B')",
            "REPLACE INTO notes VALUES ('d', 'D', 1, 1), ('a', 'A', 2, 2), ('d', 'DD', 3, 3)",
            "INSERT OR REPLACE INTO notes SELECT id, title || '!', body, stars FROM notes WHERE id < 'c'",
            "UPDATE OR REPLACE notes SET id = 'a' WHERE id = 'b'",
            "UPDATE OR REPLACE notes SET id = 'same'",
            "REPLACE INTO notes VALUES ('same', NULL, 1, 2)",
        ),
        fails={6: "NOT NULL"},
    ),
    "REPLACE that fires triggers of deletions": Case(
        NOTES,
        ROWS,
        (
            ("PRAGMA recursive_triggers = ON", "REPLACE INTO notes VALUES ('a', 'AA', 'x', 1), ('e', 'E', 1, 1)"),
            ("PRAGMA recursive_triggers = ON", "UPDATE OR REPLACE notes SET id = 'a'"),
        ),
    ),
    "REPLACE that the table asks for": Case(
        "CREATE TABLE notes (id TEXT NOT NULL, title TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'none', body,"
        " PRIMARY KEY (id) ON CONFLICT REPLACE)",
        "INSERT INTO notes VALUES ('a', 'A', 1), ('b', 'B', 2)",
        _steps(
            "INSERT INTO notes VALUES ('a', NULL, 3)",
            "UPDATE notes SET id = 'a'",
            "INSERT OR FAIL INTO notes VALUES ('a', 'again', 4)",
        ),
        fails={2: "UNIQUE"},
    ),
    "REPLACE of a key in another letter case": Case(
        "CREATE TABLE notes (id TEXT PRIMARY KEY COLLATE NOCASE, body)",
        "INSERT INTO notes VALUES ('a', 1), ('b', 2), ('c', 3)",
        _steps(
            "REPLACE INTO notes VALUES ('A', 1)",
            "UPDATE OR REPLACE notes SET id = 'B' WHERE id = 'c'",
            "UPDATE notes SET id = upper(id)",
            "INSERT OR IGNORE INTO notes VALUES ('b', 9)",
        ),
    ),
    "REPLACE of a key without a type": Case(
        "CREATE TABLE notes (id PRIMARY KEY, body)",
        "INSERT INTO notes VALUES (1, 1), ('1', 2), (x'31', 3)",
        _steps("REPLACE INTO notes VALUES (1.0, 9)", "UPDATE OR REPLACE notes SET id = 1 WHERE body = 2"),
    ),
    "REPLACE through an index that came later": Case(
        NOTES,
        ROWS,
        (
            ("CREATE UNIQUE INDEX one_title ON notes (title)",),
            ("REPLACE INTO notes VALUES ('d', 'A', 1, 1)",),
            ("UPDATE OR REPLACE notes SET title = 'D' WHERE id IN ('b', 'd')",),
            ("INSERT INTO notes VALUES ('n', 'N', 1, 1)", "REPLACE INTO notes VALUES ('m', 'N', 1, 1)"),
        ),
    ),
    "upserts": Case(
        NOTES,
        ROWS,
        _steps(
            "INSERT INTO notes VALUES ('a', 'AA', 1, 1) ON CONFLICT (id) DO UPDATE SET title = excluded.title",
            "INSERT INTO notes VALUES ('a', 'no', 1, 1), ('e', 'E', 1, 1) ON CONFLICT DO NOTHING",
            "INSERT INTO notes SELECT id, 'all', 0, stars FROM notes WHERE true"
            " ON CONFLICT (id) DO UPDATE SET stars = notes.stars + excluded.stars WHERE notes.stars > 1",
            "INSERT INTO notes VALUES ('a', 'moved', 1, 1) ON CONFLICT (id) DO UPDATE SET id = 'm', body = 9",
            "INSERT INTO notes VALUES ('m', 'x', 1, 1) ON CONFLICT (id) DO UPDATE SET id = 'b'",
            "INSERT INTO notes VALUES ('m', 'x', 1, 1) ON CONFLICT (id) DO UPDATE SET stars = 4 RETURNING *",
        ),
        fails={4: "UNIQUE"},
        old=False,
    ),
    "cascades": _cascade(
        "ON DELETE CASCADE ON UPDATE CASCADE",
        (ENFORCED, "DELETE FROM folders WHERE id = 'f2'"),
        (ENFORCED, "UPDATE folders SET id = 'g' WHERE id = 'f1'"),
        (ENFORCED, "UPDATE notes SET id = id || id"),
        (ENFORCED, "REPLACE INTO folders VALUES ('g', 'takes its notes with it')"),
    ),
    "cascades to NULL": _cascade(
        "ON DELETE SET NULL ON UPDATE SET NULL",
        (ENFORCED, "DELETE FROM folders WHERE id = 'f2'"),
        (ENFORCED, "UPDATE folders SET id = 'g' WHERE id = 'f1'"),
    ),
    "cascades to a default, at the end": _cascade(
        "ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED",
        (ENFORCED, "DELETE FROM folders WHERE id > 'f0'"),
        (ENFORCED, "BEGIN", "UPDATE notes SET folder = 'later'", "INSERT INTO folders VALUES ('later', 1)", "COMMIT"),
        ("DELETE FROM folders",),
    ),
    "triggers within triggers": Case(
        f"{NOTES}; CREATE TABLE history (id TEXT PRIMARY KEY, changes INT) WITHOUT ROWID;"
        "CREATE TABLE totals (name TEXT PRIMARY KEY, n INT)",
        f"{ROWS}; INSERT INTO totals VALUES ('stars', 0)",
        (
            ("UPDATE notes SET title = 'T' WHERE id < 'c'",),
            ("INSERT INTO notes VALUES ('d', 'D', 1, 1)",),
            ("PRAGMA recursive_triggers = ON", "UPDATE notes SET stars = 7"),
            ("DELETE FROM notes WHERE id = 'a'",),
            ("DELETE FROM notes WHERE id = 'kept'", "INSERT INTO notes VALUES ('kept', 1, 1, 1)"),
            ("DELETE FROM notes WHERE id = 'kept'",),
            ("INSERT INTO both VALUES ('v', 'by a view')",),
        ),
        tables=("notes", "history", "totals"),
        local="CREATE TRIGGER one AFTER UPDATE ON notes BEGIN"
        " REPLACE INTO history VALUES (NEW.id, ifnull((SELECT changes FROM history WHERE id = NEW.id), 0) + 1); END;"
        "CREATE TRIGGER two AFTER INSERT ON history BEGIN UPDATE totals SET n = n + NEW.changes; END;"
        "CREATE TRIGGER three AFTER INSERT ON notes BEGIN UPDATE notes SET body = 'inserted' WHERE id = NEW.id; END;"
        "CREATE TRIGGER four BEFORE DELETE ON notes WHEN OLD.id = 'kept' BEGIN SELECT RAISE(IGNORE); END;"
        "CREATE TRIGGER five BEFORE DELETE ON notes BEGIN DELETE FROM history WHERE id = OLD.id; END;"
        "CREATE VIEW both AS SELECT id, title FROM notes;"
        "CREATE TRIGGER six INSTEAD OF INSERT ON both BEGIN"
        " INSERT INTO notes VALUES (NEW.id, NEW.title, NULL, NULL); END",
    ),
    "savepoints": Case(
        NOTES,
        ROWS,
        (
            ("BEGIN", "DELETE FROM notes", "ROLLBACK"),
            ("SAVEPOINT a", "DELETE FROM notes WHERE id = 'a'", "SAVEPOINT b", "DELETE FROM notes", "ROLLBACK TO b",
             "UPDATE notes SET title = 'kept'", "RELEASE a"),
            ("BEGIN", "INSERT INTO notes VALUES ('n', 'N', 1, 1)", "SAVEPOINT s", "UPDATE notes SET id = id || 'x'",
             "ROLLBACK TO s", "RELEASE s", "COMMIT"),
            ("SAVEPOINT s", "DELETE FROM notes", "ROLLBACK TO s", "RELEASE s"),
            ("BEGIN", "UPDATE notes SET title = NULL WHERE id = 'b'"),
        ),
        fails={4: "NOT NULL"},
    ),
    "WITHOUT ROWID": Case(
        "CREATE TABLE notes (a TEXT, n REAL, body, PRIMARY KEY (n DESC, a COLLATE NOCASE)) WITHOUT ROWID",
        "INSERT INTO notes VALUES ('x', 1, 1), ('y', 1.5, 2), ('z', 2, 3)",
        _steps(
            "UPDATE notes SET n = n + 0.5",
            "UPDATE OR REPLACE notes SET n = 2, a = 'q'",
            "REPLACE INTO notes VALUES ('Q', 2, 'displaces q')",
            "INSERT INTO notes VALUES ('q', 3, 1)",
            "DELETE FROM notes",
        ),
    ),
    "a declared unique key": Case(
        "CREATE TABLE notes (mail TEXT NOT NULL UNIQUE COLLATE NOCASE, name)",
        "INSERT INTO notes VALUES ('a@x', 1), ('b@x', 2)",
        _steps(
            "REPLACE INTO notes VALUES ('A@x', 1)",
            "UPDATE OR REPLACE notes SET mail = 'B@X' WHERE name = 1",
            "INSERT OR REPLACE INTO notes VALUES ('c@x', 3), ('C@X', 4)",
        ),
    ),
    "generated columns": Case(
        "CREATE TABLE notes (id TEXT PRIMARY KEY, n INT, twice AS (n * 2), thrice AS (n * 3) STORED, body);"
        "CREATE INDEX by_twice ON notes (twice)",
        "INSERT INTO notes (id, n) VALUES ('a', 1), ('b', 2)",
        _steps(
            "UPDATE notes SET n = twice",
            "INSERT INTO notes (id, n, body) VALUES ('c', 7, 'x'), ('d', NULL, 'y')",
            "DELETE FROM notes WHERE thrice = 21",
            "UPDATE notes SET twice = 1",
        ),
        fails={3: "generated"},
        old=False,
    ),
    "STRICT and CHECK": Case(
        "CREATE TABLE notes (id TEXT PRIMARY KEY, n INTEGER CHECK (n < 9), x ANY) STRICT",
        "INSERT INTO notes VALUES ('a', 1, '1'), ('b', 2, 2.0)",
        _steps(
            "UPDATE notes SET n = n + '1', x = x || ''",
            "UPDATE OR IGNORE notes SET n = n * 4",
            "UPDATE notes SET n = 'x'",
        ),
        fails={2: "cannot store TEXT"},
        old=False,
    ),
    "columns that come and go": Case(
        NOTES,
        ROWS,
        (
            ("ALTER TABLE notes ADD COLUMN late DEFAULT 5", "UPDATE notes SET late = 6 WHERE id = 'a'"),
            ("BEGIN", "ALTER TABLE notes DROP COLUMN stars", "UPDATE notes SET title = 'T' WHERE id = 'b'", "COMMIT"),
            ("UPDATE notes SET body = body || 1",),
            ("BEGIN", "ALTER TABLE notes RENAME COLUMN late TO later", "DELETE FROM notes", "ROLLBACK"),
        ),
        old=False,
    ),
    "legacy_alter_table": Case(
        NOTES,
        ROWS,
        (
            (
                "PRAGMA legacy_alter_table = ON",
                "BEGIN",
                "ALTER TABLE notes RENAME TO old",
                "UPDATE old SET title = 'under another name' WHERE id = 'a'",
                NOTES,
                "INSERT INTO notes SELECT * FROM old WHERE id != 'c'",
                "DROP TABLE old",
                "COMMIT",
            ),
            ("PRAGMA legacy_alter_table = ON", "UPDATE notes SET stars = stars + 1"),
            (
                "PRAGMA legacy_alter_table = ON",
                "ALTER TABLE notes RENAME TO away",
                "DELETE FROM away WHERE id = 'b'",
                "ALTER TABLE away RENAME TO notes",
            ),
        ),
    ),
    "trusted_schema": Case(
        NOTES,
        ROWS,
        (
            ("PRAGMA trusted_schema = OFF", "REPLACE INTO notes VALUES ('a', 'AA', 1, 1), ('d', 'D', 1, 1)"),
            ("PRAGMA trusted_schema = OFF", "UPDATE notes SET id = id || 'x'", "DELETE FROM notes WHERE stars = 1"),
        ),
    ),
    "odd names": Case(
        'CREATE TABLE "no""t\'es" ("or""der" TEXT PRIMARY KEY, "select" INT, "v0"); CREATE TABLE old (new TEXT'
        " PRIMARY KEY, k0, r, pk)",
        "INSERT INTO \"no\"\"t'es\" VALUES ('a', 1, 2); INSERT INTO old VALUES ('a', 1, 2, 3)",
        _steps(
            'UPDATE "no""t\'es" SET "or""der" = \'b\', "v0" = 9',
            "UPDATE old SET new = 'b', pk = 4",
            'INSERT INTO old SELECT "select", 1, 2, 3 FROM "no""t\'es"',
            "REPLACE INTO old VALUES ('b', 0, 0, 0)",
            "DELETE FROM old",
            "DELETE FROM \"no\"\"t'es\"",
        ),
        tables=("no\"t'es", "old"),
    ),
    "NULL in keys": Case(
        "CREATE TABLE notes (id TEXT PRIMARY KEY, body)",
        "INSERT INTO notes VALUES (NULL, 1), ('a', 2)",
        _steps(
            "INSERT INTO notes VALUES ('b', 3), (NULL, 4)",
            "UPDATE notes SET id = 'c' WHERE body = 1",
            "UPDATE notes SET id = NULL WHERE id < 'c'",
            "UPDATE notes SET id = body",
        ),
    ),
    "maintenance": Case(
        NOTES,
        ROWS,
        (
            ("DELETE FROM notes WHERE id = 'a'", "VACUUM"),
            ("UPDATE notes SET title = 'T'", "REINDEX", "ANALYZE"),
            ("PRAGMA journal_mode = WAL", "UPDATE notes SET body = zeroblob(5000)"),
            ("PRAGMA wal_checkpoint(TRUNCATE)", "UPDATE notes SET body = randomblob(5000)"),
        ),
        old=False,
    ),
}  # fmt: skip
