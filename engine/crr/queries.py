"""The SQL texts that read one CRR and its bookkeeping, built once for each version of the schema.

The docstring of each says ``parameters -> columns of the result``. Bulk texts take any number of rows (``ROWS``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from engine.change import SENTINEL
from engine.sqlite.sql import ROWS, ident, idents, key_is, literal, main

EQUAL_VALUES = "config.merge-equal-values"
"""The key under which the file keeps the setting ``merge-equal-values`` (``engine.crr.config``)."""

_CASES_KEPT = 256

TOLD_APART = 16
"""Up to how many names CASE is faster than IN, which builds an index."""


class ByColumn(dict[str, str]):
    """SQL texts by column, each made when it is first asked for."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, column: str) -> str:
        text = self[column] = self._make(column)
        return text


class Queries:
    """Queries for one CRR. Parameters are numbered; each docstring says what they are.

    Args:
        name: the wire name, after which the clock and lookaside tables are named.
        table: the base table's name.
        key: its key columns, in key order.
        columns: its tracked columns, in table order.

    Attributes:
        read_cell: by column: key values -> the base row's value in it, if there is a row, and the file's setting
            ``merge-equal-values`` (``engine.crr.config``).
    """

    def __init__(self, name: str, table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> None:
        self.table = main(table)
        self.clock = main(name + "__crsql_clock")
        self.pks = main(name + "__crsql_pks")
        self.key = key
        self.columns = columns
        self.read_cell = ByColumn(self._read_cell)
        self._by_columns: dict[tuple[str, tuple[str, ...]], str] = {}

    # Keys

    @cached_property
    def find_key(self) -> str:
        """Key values -> __crsql_key."""
        return f"SELECT __crsql_key FROM {self.pks} WHERE {key_is(self.key)}"

    @cached_property
    def last_key(self) -> str:
        """-> the highest __crsql_key; 0 if there is none."""
        return f"SELECT ifnull(max(__crsql_key), 0) FROM {self.pks}"

    @cached_property
    def highest(self) -> str:
        """-> the highest value of the key's first column; NULL if there is none."""
        return f"SELECT max({ident(self.key[0])}) FROM {self.pks}"

    @cached_property
    def find_numbers(self) -> str:
        """An array of keys of one column -> how many are known, and their __crsql_key in the array's order, as one
        text."""
        return (
            "SELECT count(*), group_concat(p.__crsql_key)"
            f" FROM carray(?1) AS o CROSS JOIN {self.pks} AS p ON p.{ident(self.key[0])} IS o.value"
        )

    @cached_property
    def numbers_between(self) -> str:
        """The first and the last of some integers, keys of one column -> how many keys between them are known, and the
        smallest and the largest difference of __crsql_key to the key."""
        key = ident(self.key[0])
        return (
            f"SELECT count(*), min(__crsql_key - {key}), max(__crsql_key - {key}) FROM {self.pks}"
            f" WHERE {key} BETWEEN ?1 AND ?2 AND typeof({key}) = 'integer'"
        )

    # Clock rows

    @cached_property
    def find_cell(self) -> str:
        """(col_name, site id, key values) -> for a key that is known: its __crsql_key; col_version of the sentinel and
        of the column, each NULL without a clock row; whether there is any clock row; and the ordinal of the site."""
        of_key = f"FROM {self.clock} WHERE key = p.__crsql_key"
        same_key = " AND ".join(f"p.{ident(name)} IS ?{n}" for n, name in enumerate(self.key, 3))
        return (
            f"SELECT p.__crsql_key, (SELECT col_version {of_key} AND col_name = '{SENTINEL}'),"
            f" (SELECT col_version {of_key} AND col_name = ?1), EXISTS (SELECT 1 {of_key}),"
            " (SELECT ordinal FROM main.crsql_site_id WHERE site_id = ?2)"
            f" FROM {self.pks} AS p WHERE {same_key}"
        )

    @cached_property
    def find_cells(self) -> str:
        """Bulk (tag, key values) -> (tag, __crsql_key, col_name, col_version) of each clock row; a key without any
        clock row gives one row of NULLs."""
        return (
            f"{self._offered} SELECT o.tag, p.__crsql_key, c.col_name, c.col_version FROM offered AS o"
            f" CROSS JOIN {self.pks} AS p ON {self._same_key('p')} LEFT JOIN {self.clock} AS c"
            " ON c.key = p.__crsql_key"
        )

    @cached_property
    def cells_of(self) -> str:
        """(key) -> (col_name, col_version) of each cell, without the sentinel."""
        return f"SELECT col_name, col_version FROM {self.clock} WHERE key = ?1 AND col_name != '-1'"

    @cached_property
    def find_authors(self) -> str:
        """Bulk (tag, key values) -> (tag, col_name, site id) of each clock row; NULL for an ordinal that names no site
        (cr-sqlite.md 12.18)."""
        return (
            f"{self._offered} SELECT o.tag, c.col_name, a.site_id FROM offered AS o"
            f" CROSS JOIN {self.pks} AS p ON {self._same_key('p')} CROSS JOIN {self.clock} AS c"
            " ON c.key = p.__crsql_key LEFT JOIN main.crsql_site_id AS a ON a.ordinal = c.site_id"
        )

    def span_versions(self, columns: tuple[str, ...], *, between: bool) -> str:
        """Return a query for several rows' versions.

        An array of __crsql_key, or with ``between`` the first and the last -> how many clock rows they have for the
        sentinel and ``columns``; how many for ``columns``; the lowest and the highest col_version.
        """
        if len(columns) > TOLD_APART:
            named = f"sum(col_name IN ({', '.join(map(literal, columns))}))"
        else:
            named = f"count(CASE col_name{''.join(f' WHEN {literal(name)} THEN 1' for name in columns)} END)"
        use = "span between" if between else "span"
        return self._cached(use, columns) or self._keep(
            use,
            columns,
            f"SELECT count(*), {named}, min(col_version), max(col_version) FROM {self._clocks_of(columns, between)}",
        )

    def find_versions(self, columns: tuple[str, ...], *, between: bool) -> str:
        """Return a query with the parameters of ``span_versions`` -> all col_version, and all col_name, each as one
        text in order.

        The order of a subquery is kept for group_concat. One text is made many times faster than that many rows.
        """
        use = "versions between" if between else "versions"
        return self._cached(use, columns) or self._keep(
            use,
            columns,
            "SELECT group_concat(col_version), group_concat(col_name) FROM (SELECT col_version, col_name"
            f" FROM {self._clocks_of(columns, between)} ORDER BY key, col_name)",
        )

    def _clocks_of(self, columns: tuple[str, ...], between: bool) -> str:
        keys = "key BETWEEN ?1 AND ?2" if between else "key IN carray(?1)"
        some = ", ".join(map(literal, (SENTINEL, *columns)))
        of = "" if len(columns) == len(self.columns) else f" AND col_name IN ({some})"
        return f"{self.clock} WHERE {keys}{of}"

    # Base rows

    def _read_cell(self, column: str) -> str:
        equal = f"(SELECT value FROM main.crsql_master WHERE key = {literal(EQUAL_VALUES)})"
        return f"SELECT {ident(column)}, {equal} FROM {self.table} WHERE {key_is(self.key)}"

    def read_row(self, columns: tuple[str, ...]) -> str:
        """Return a query.

        Bulk (tag, key values) -> the tag and the values of ``columns``, for the base rows that exist.
        """
        return self._cached("read", columns) or self._keep(
            "read",
            columns,
            f"{self._offered} SELECT o.tag, {idents(columns, prefix='t.')} FROM offered AS o"
            f" CROSS JOIN {self.table} AS t ON {self._same_key('t')}",
        )

    @cached_property
    def count_rows(self) -> str:
        """Bulk (tag, key values) -> how many base rows exist."""
        found = f"offered AS o CROSS JOIN {self.table} AS t ON {self._same_key('t')}"
        return f"{self._offered} SELECT count(*) FROM {found}"

    def held(self, columns: tuple[str, ...]) -> str:
        """Return a query.

        An array of keys of one column -> for each, whether there is a base row, and its values of ``columns``.
        """
        return self._held("held", columns, f"t.{ident(self.key[0])} IS NOT NULL, {idents(columns, prefix='t.')}")

    def held_at_once(self, columns: tuple[str, ...], loose: tuple[str, ...]) -> str:
        """Return a query for the content of base rows as JSON.

        An array of keys of one column -> how many have a base row; how many of these hold what JSON cannot express: a
        blob, or, in a column that is ``loose``, a zero that may be negative; and all values of each of ``columns``, as
        JSON arrays.
        """
        odd = " OR ".join(
            [f"t.{ident(name)} >= x''" for name in columns]
            + [f"t.{ident(name)} = 0.0 AND typeof(t.{ident(name)}) = 'real'" for name in loose]
        )
        arrays = ", ".join(f"json_group_array(t.{ident(name)})" for name in columns)
        told = f"count(t.{ident(self.key[0])}), count(CASE WHEN {odd} THEN 1 END), {arrays}"
        return self._held("held at once", columns, told)

    def _held(self, use: str, columns: tuple[str, ...], told: str) -> str:
        return self._cached(use, columns) or self._keep(
            use,
            columns,
            f"SELECT {told} FROM carray(?1) AS o LEFT JOIN {self.table} AS t ON t.{ident(self.key[0])} IS o.value",
        )

    def differ(self, columns: tuple[str, ...], mixed: tuple[str, ...]) -> str:
        """Return a query for rows that do not hold certain values.

        Bulk (key of one column, values of ``columns``) -> the keys of those whose base row is missing, or does not hold
        exactly these values as the columns store them. Columns in ``mixed`` can hold both 1 and 1.0.
        """
        names = ", ".join(f"v{n}" for n in range(len(columns)))
        alike = " AND ".join(
            f"t.{ident(name)} IS o.v{n} COLLATE BINARY"
            + (f" AND typeof(t.{ident(name)}) = typeof(o.v{n})" if name in mixed else "")
            for n, name in enumerate(columns)
        )
        return self._cached("differ", columns) or self._keep(
            "differ",
            columns,
            f"WITH offered(k0, {names}) AS (VALUES {ROWS}) SELECT o.k0 FROM offered AS o"
            f" LEFT JOIN {self.table} AS t ON {self._same_key('t')}"
            f" WHERE NOT (t.{ident(self.key[0])} IS NOT NULL AND {alike})",
        )

    # All of it

    def meet(self, columns: tuple[str, ...], *, at_once: bool = False) -> str:
        """Return a query for everything that the file holds of rows whose keys are known.

        Bulk (tag, key values) -> (tag, __crsql_key, whether there is a base row, then col_version of the sentinel and
        of each of ``columns``, -1 without a clock row, then the base row's value of each). With ``at_once`` the only
        parameter is an array of keys of one column, and a tag is an index into it.

        It has a join for each column: subqueries would be opened again for each row.
        """
        use = "meet at once" if at_once else "meet"
        return self._cached(use, columns) or self._keep(use, columns, self._meet(columns, at_once=at_once))

    def _meet(self, columns: tuple[str, ...], *, at_once: bool) -> str:
        offered = "WITH offered(tag, k0) AS (SELECT rowid - 1, value FROM carray(?1))" if at_once else self._offered
        joins = "".join(
            f" LEFT JOIN {self.clock} AS c{n} ON c{n}.key = p.__crsql_key AND c{n}.col_name = {literal(name)}"
            for n, name in enumerate((SENTINEL, *columns))
        )
        versions = "".join(f", ifnull(c{n}.col_version, -1)" for n in range(len(columns) + 1))
        values = "".join(f", t.{ident(name)}" for name in columns)
        return (
            f"{offered} SELECT o.tag, p.__crsql_key, t.{ident(self.key[0])} IS NOT NULL{versions}{values}"
            f" FROM offered AS o CROSS JOIN {self.pks} AS p ON {self._same_key('p')}{joins}"
            f" LEFT JOIN {self.table} AS t ON {self._same_key('t')}"
        )

    @cached_property
    def _offered(self) -> str:
        names = ", ".join(f"k{n}" for n in range(len(self.key)))
        return f"WITH offered(tag, {names}) AS (VALUES {ROWS})"

    def _same_key(self, table: str) -> str:
        return " AND ".join(f"{table}.{ident(name)} IS o.k{n}" for n, name in enumerate(self.key))

    def _cached(self, use: str, columns: tuple[str, ...]) -> str | None:
        return self._by_columns.get((use, columns))

    def _keep(self, use: str, columns: tuple[str, ...], sql: str) -> str:
        if len(self._by_columns) >= _CASES_KEPT:
            self._by_columns.clear()
        self._by_columns[use, columns] = sql
        return sql
