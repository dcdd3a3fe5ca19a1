"""A column that looks like a reference to rows of another table, although the app declares no foreign key."""

from __future__ import annotations

from dataclasses import dataclass

from engine.text import Text, printable, t


@dataclass(frozen=True, slots=True)
class LikelyReference:
    """One column of a table that is not synced yet.

    A person says whether it is a reference before the table is first sent.

    Attributes:
        table, column: the column.
        parent: the table whose row numbers it seems to hold.
        values: how many rows have a value in it, each of which is the number of a row of ``parent``.
    """

    table: str
    column: str
    parent: str
    values: int

    @property
    def sentence(self) -> Text:
        """What it looks like, and on what evidence, for a person."""
        column, parent = printable(self.column, 40), printable(self.parent, 40)
        if not self.values:
            return t(
                "By its name “{column}” refers to rows of “{parent}”; it has no values yet.",
                column=column,
                parent=parent,
            )
        return t(
            "“{column}” looks like a reference: {found:,} of {count:,} values are rows of “{parent}”.",
            column=column,
            parent=parent,
            found=self.values,
            count=self.values,
        )
