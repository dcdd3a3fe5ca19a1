"""How tables, columns and sides are named in sentences about what two sides have."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.table_plan import Kind
from engine.table_shape import ColumnType
from engine.text import Text, counted, joined, printable, t

HERE, THERE = t("this side"), t("the other side")


def names(tables: Collection[str]) -> Text:
    """Quote a few of the names, safe to show even if a peer made them up."""
    if not tables:
        return t("no table")
    return few(", ", [t("“{name}”", name=printable(table, 40)) for table in sorted(tables)])


def few(separator: str, parts: Sequence[Text]) -> Text:
    """Name the first of the parts, and how many more there are."""
    shown = joined(separator, parts[:5])
    return shown if len(parts) <= 5 else t("{names} and {count} more", names=shown, count=len(parts) - 5)


def type_name(column: ColumnType) -> str:
    """Return what a person calls a type."""
    if column.kind is Kind.ANY:
        return t("BLOB (values of any type)")
    return (Kind.INTEGER if column.kind is Kind.INT else column.kind).name


def default_text(column: ColumnType) -> str:
    """Return a column's default as a person would write it."""
    if column.expression:
        return printable(column.expression, 40)
    value = column.default
    if isinstance(value, bytes):
        return counted(len(value), t("<1 byte>"), t("<{count:,} bytes>", count=len(value)))
    if isinstance(value, str):
        return t("“{name}”", name=printable(value, 40))
    return "NULL" if value is None else str(value)
