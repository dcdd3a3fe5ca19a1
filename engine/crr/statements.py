"""The SQL texts that write one CRR and its bookkeeping, built once for each version of the schema.

The docstring of each says ``parameters -> columns of the result``, as in ``queries``.
"""

from __future__ import annotations

from functools import cached_property

from engine.crr.queries import ByColumn, Queries
from engine.sqlite.sql import ROWS, ident, idents, key_is, literal, marks


class Statements(Queries):
    """SQL for one CRR. Parameters are numbered; each docstring says what they are.

    Args:
        name, table, key, columns: as for ``Queries``.
        told: whether writing base rows returns the keys of those that were written.

    Attributes:
        write_cell: by column: key values, its value: as ``write_row``, for one row.
    """

    def __init__(
        self, name: str, table: str, key: tuple[str, ...], columns: tuple[str, ...], *, told: bool = False
    ) -> None:
        super().__init__(name, table, key, columns)
        self.write_cell = ByColumn(self._write_cell)
        self._told = f" RETURNING {idents(key)}" if told else ""
        self._bumps: dict[int, str] = {}

    # Keys

    @cached_property
    def add_key(self) -> str:
        """Key values -> the new __crsql_key; no row if the key exists."""
        return (
            f"INSERT OR IGNORE INTO {self.pks} ({idents(self.key)}) VALUES ({marks(len(self.key))})"
            " RETURNING __crsql_key"
        )

    @cached_property
    def put_one_key(self) -> str:
        """Key values of a key that is not known."""
        return f"INSERT INTO {self.pks} ({idents(self.key)}) VALUES ({marks(len(self.key))})"

    @cached_property
    def put_key(self) -> str:
        """Bulk (__crsql_key, key values)."""
        return f"INSERT INTO {self.pks} (__crsql_key, {idents(self.key)}) VALUES {ROWS}"

    # Clock rows

    @cached_property
    def put_cell(self) -> str:
        """Bulk (key, col_name, col_version, db_version, site ordinal, seq): clock rows to write."""
        return (
            f"INSERT OR REPLACE INTO {self.clock} (key, col_name, col_version, db_version, site_id, seq) VALUES {ROWS}"
        )

    @cached_property
    def put_one_cell(self) -> str:
        """(key, col_name, col_version, db_version, site ordinal, seq): one clock row to write."""
        return self.put_cell.replace(ROWS, f"({marks(6)})")

    @staticmethod
    def cells(columns: tuple[str, ...], bound: tuple[str, ...]) -> str:
        """Return the clock rows of one row for ``put_cell``, as a template for ``bulk``.

        Args:
            columns: the columns to write.
            bound: four placeholders for each column: col_version, db_version, site ordinal and seq. The first of a
                row's values is its key.
        """
        fours = zip(*[iter(bound)] * 4, strict=True)
        return ",".join(
            f"({{0}},{literal(name).replace('{', '{{').replace('}', '}}')},{','.join(four)})"
            for name, four in zip(columns, fours, strict=True)
        )

    def bump_cells(self, count: int) -> str:
        """Return a statement. (key, db_version, first seq, col_name, ...): one local write of ``count`` cells."""
        text = self._bumps.get(count)
        if text is None:
            rows = ", ".join(f"(?1, ?{n + 4}, 1, ?2, 0, ?3 + {n})" for n in range(count))
            text = self._bumps[count] = self._bump(rows)
        return text

    @cached_property
    def bump_all(self) -> str:
        """(key, db_version, first seq): one local write of every tracked column."""
        return self._bump(
            ", ".join(f"(?1, {literal(name)}, 1, ?2, 0, ?3 + {n})" for n, name in enumerate(self.columns))
        )

    def _bump(self, rows: str) -> str:
        return (
            f"INSERT INTO {self.clock} (key, col_name, col_version, db_version, site_id, seq) VALUES {rows}"
            " ON CONFLICT (key, col_name) DO UPDATE SET col_version = col_version + 1,"
            " db_version = excluded.db_version, site_id = 0, seq = excluded.seq"
        )

    @cached_property
    def mark_deleted(self) -> str:
        """(key, db_version, seq): make the sentinel even and larger."""
        return self._sentinel(2, "1 + (col_version % 2 = 0)")

    @cached_property
    def mark_created(self) -> str:
        """(key, db_version, seq, causal length of a key never seen): make the sentinel odd and larger."""
        return self._sentinel("?4", "1 + (col_version % 2 != 0)")

    def _sentinel(self, first: int | str, step: str) -> str:
        return (
            f"INSERT INTO {self.clock} (key, col_name, col_version, db_version, site_id, seq)"
            f" VALUES (?1, '-1', {first}, ?2, 0, ?3) ON CONFLICT (key, col_name) DO UPDATE SET"
            f" col_version = col_version + {step}, db_version = ?2, site_id = 0, seq = ?3"
        )

    @cached_property
    def mark_again(self) -> str:
        """(key, db_version, seq): as ``mark_created``, but only for a sentinel that exists."""
        return (
            f"UPDATE {self.clock} SET col_version = col_version + 1 + (col_version % 2 != 0),"
            " db_version = ?2, site_id = 0, seq = ?3 WHERE key = ?1 AND col_name = '-1'"
        )

    @cached_property
    def drop_cells(self) -> str:
        """(key): delete its column versions; the sentinel stays."""
        return f"DELETE FROM {self.clock} WHERE key = ?1 AND col_name != '-1'"

    @cached_property
    def drop_cells_of(self) -> str:
        """Bulk (key): as ``drop_cells``."""
        return f"DELETE FROM {self.clock} WHERE key IN (VALUES {ROWS}) AND col_name != '-1'"

    @cached_property
    def zero_cells(self) -> str:
        """(key, db_version): set column versions to 0 for a revived row, so that any incoming cell beats them."""
        return f"UPDATE {self.clock} SET col_version = 0, db_version = ?2 WHERE key = ?1 AND col_name != '-1'"

    # The base table

    @cached_property
    def delete_row(self) -> str:
        """Key values: delete the row."""
        return f"DELETE FROM {self.table} WHERE {key_is(self.key)}"

    @cached_property
    def delete_rows(self) -> str:
        """Bulk (key values): delete the rows."""
        return f"DELETE FROM {self.table} WHERE ({idents(self.key)}) IN (VALUES {ROWS})"

    @cached_property
    def make_row(self) -> str:
        """Key values: insert a row of defaults."""
        return f"INSERT INTO {self.table} ({idents(self.key)}) VALUES ({marks(len(self.key))})"

    @cached_property
    def ensure_row(self) -> str:
        """Bulk (key values): insert a row of defaults, unless it exists or a constraint forbids it.

        See cr-sqlite.md 7.7.
        """
        return f"INSERT OR IGNORE INTO {self.table} ({idents(self.key)}) VALUES {ROWS}"

    def write_row(self, columns: tuple[str, ...]) -> str:
        """Return a statement.

        Bulk (key values, values of ``columns``) -> with ``told``, the keys of the rows that were written.

        The conflict target is the key, so that a UNIQUE index added later cannot send a value to another row
        (cr-sqlite.md 7.7).
        """
        return self._cached("write", columns) or self._keep(
            "write",
            columns,
            f"INSERT INTO {self.table} ({idents(self.key + columns)}) VALUES {ROWS}"
            f" ON CONFLICT ({idents(self.key)}) DO UPDATE SET "
            + ", ".join(f"{ident(name)} = excluded.{ident(name)}" for name in columns)
            + self._told,
        )

    def _write_cell(self, column: str) -> str:
        return self.write_row((column,)).replace(ROWS, f"({marks(len(self.key) + 1)})")

    @cached_property
    def ensure_one_row(self) -> str:
        """Key values: as ``ensure_row``, for one row."""
        return self.ensure_row.replace(ROWS, f"({marks(len(self.key))})")
