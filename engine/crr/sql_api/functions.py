"""The ``crsql_*`` SQL functions (cr-sqlite.md 3)."""

from __future__ import annotations

from collections.abc import Callable

import apsw

from engine.change import FAR, SQLiteValue
from engine.crr import config
from engine.crr.sql_api import ordered
from engine.crr.state import State
from engine.crr.tables.alter import begin_alter, commit_alter
from engine.crr.tables.automigrate import migrate
from engine.crr.tables.create import make_crr, make_plain
from engine.crr.tables.snapshots import digest
from engine.crr.trigger_functions import Capture
from engine.errors import UsageError
from engine.sqlite.values import as_integer
from engine.tables.pack import pack


def register(db: apsw.Connection, state: State, capture: Capture) -> None:
    """Register the functions on a connection.

    They are INNOCUOUS, because triggers call them and a program may have set trusted_schema to OFF; and never
    deterministic, because they remember and write.

    Args:
        capture: has the functions that the triggers call.
    """

    def sync_bit(*args: SQLiteValue) -> int:
        if len(args) == 1:
            # 32 bits, as in stock.
            state.sync_bit = (as_integer(state.db, args[0]) + 2**31) % 2**32 - 2**31
        return state.sync_bit

    def next_db_version(*args: SQLiteValue) -> int:
        at_least = as_integer(state.db, args[0]) if len(args) == 1 else 0
        if at_least >= FAR:
            raise UsageError(f"{at_least} is no version: it must leave room to count, and be below {FAR}.")
        return state.next_version(at_least)

    def as_crr(*args: SQLiteValue) -> str:
        make_crr(state, _table_name("crsql_as_crr", args))
        return "OK"

    def as_table(*args: SQLiteValue) -> None:
        make_plain(state, _table_name("crsql_as_table", args))

    def begin(*args: SQLiteValue) -> str:
        begin_alter(state, _table_name("crsql_begin_alter", args))
        return "OK"

    def commit(*args: SQLiteValue) -> None:
        commit_alter(state, _table_name("crsql_commit_alter", args))

    def automigrate(*args: SQLiteValue) -> str:
        texts = [text for text in args if isinstance(text, str)]
        if len(texts) != len(args) or len(texts) not in (1, 2):
            raise UsageError("crsql_automigrate takes the text of a schema, and perhaps one that cleans up.")
        migrate(state, *texts)
        return "migration complete"

    surface: dict[str, tuple[Callable[..., SQLiteValue], int]] = {
        "crsql_internal_sync_bit": (sync_bit, -1),
        "crsql_after_insert": (capture.after_insert, -1),
        "crsql_after_update": (capture.after_update, -1),
        "crsql_after_delete": (capture.after_delete, -1),
        "crsql_site_id": (lambda: state.site_id, 0),
        "crsql_db_version": (state.db_version, 0),
        "crsql_next_db_version": (next_db_version, -1),
        "crsql_get_seq": (lambda: state.seq, 0),
        "crsql_increment_and_get_seq": (state.next_seq, 0),
        "crsql_rows_impacted": (lambda: state.rows_impacted, 0),
        "crsql_config_set": (lambda name, value: config.put(state.db, name, value), 2),
        "crsql_config_get": (lambda name: config.get(state.db, name), 1),
        "crsql_fract_key_between": (ordered.key_between, 2),
        "crsql_fract_as_ordered": (lambda *names: ordered.make_ordered(state.db, *names), -1),
        "crsql_fract_fix_conflict_return_old_key": (lambda *values: ordered.fix_conflict(state.db, *values), -1),
        "crsql_pack_columns": (lambda *values: pack(values), -1),
        "crsql_as_crr": (as_crr, -1),
        "crsql_as_table": (as_table, 1),
        "crsql_begin_alter": (begin, -1),
        "crsql_commit_alter": (commit, -1),
        "crsql_automigrate": (automigrate, -1),
        "crsql_finalize": (lambda *_: "finalized", -1),
        "crsql_sha": (lambda: "", 0),
    }
    surface["crsql_syncline_digest"] = (digest, 2)
    for name, (function, count) in surface.items():
        db.create_scalar_function(name, function, count, flags=apsw.SQLITE_INNOCUOUS)


def _table_name(function: str, args: tuple[SQLiteValue, ...]) -> str:
    """Return the last argument of (table) or (schema, table); the schema is accepted and ignored (cr-sqlite.md 3)."""
    if len(args) not in (1, 2) or not isinstance(args[-1], str):
        raise UsageError(f"{function} takes a table's name.")
    return args[-1]
