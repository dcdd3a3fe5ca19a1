"""What a person reads when asked how to join rows that have never met."""

from __future__ import annotations

from engine.table_shape import JoinCount
from engine.text import Text, printable, sentences, t

CHOOSE = t("Nothing of it is synced until you choose how they are joined: “sync --join both”, “same” or “replace”.")
ASKED_THERE = t("Nothing of it is synced until the other side has chosen how they are joined.")
TOO_FEW = t("Fewer than half of the rows have the same keys: they cannot be joined as “same”.")
TOO_LARGE = t("A row is too large to be taken over: they cannot be joined as “same”.")
FEW_COPIES = t("Fewer than half of the rows are alike: they cannot be joined as “same”.")
COPIES = t("Each side has handed out their numbers; with “both”, rows that are the same appear twice.")
SHARED = t(
    "Other machines have the rows of this side already, so they cannot be joined as “same” from here: choose that on"
    " the other side, or “both”."
)
ROOTS_FIRST = t("Its keys are made of another table's numbers, for which that has to be chosen first.")


def referred(other: str) -> Text:
    """Say why rows cannot be given up."""
    return t(
        "Rows of “{table}” refer to them, and would then refer to other rows: only both tables together can be joined"
        " as “replace”.",
        table=printable(other, 40),
    )


def found(name: str, count: JoinCount) -> Text:
    """Say how the rows of a table compare."""
    sentence = t(
        "The rows of “{table}” here and on the other side have never met: {same:,} the same, {differ:,} different,"
        " {here:,} only here, {there:,} only there.",
        table=printable(name, 40),
        same=count.same,
        differ=count.differ,
        here=count.here,
        there=count.there,
    )
    deleted = t("Deleted on one of the two sides: {count:,}.", count=count.deleted) if count.deleted else ""
    return sentences(sentence, deleted)
