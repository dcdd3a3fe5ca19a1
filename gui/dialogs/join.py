"""The dialog that asks how to join the rows of a table with those of a peer when they have never been synced."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.table_shape import Join, JoinCount
from gui.dialogs import confirm
from gui.language import tr
from gui.models import values


async def ask(parent: QWidget | None, table: str, peer: str, found: JoinCount) -> Join | None:
    """Ask how to join the rows of a table with a peer's.

    Args:
        parent: the window that the question belongs to.
        table, peer: the names of the table and of the peer.
        found: how many rows are the same, differ, or are on one side only.

    Returns:
        the answer; None if there was none.
    """
    sentence = tr(
        "“{table}” has rows here and at {peer} that have never met. Rows that are the same: {same:,}; different:"
        " {differ:,}; only here: {here:,}; only there: {there:,}.",
        table=values.shown(table),
        peer=peer,
        same=found.same,
        differ=found.differ,
        here=found.here,
        there=found.there,
    )
    deleted = tr("Deleted on one of the two sides: {count:,}.", count=found.deleted) if found.deleted else ""
    choices = tr(
        "“Keep all” keeps the rows of both sides; where they differ, the larger value holds. “Keep all, theirs first”"
        " does too, but where they differ, {peer}'s hold. “Only theirs” gives up the rows of this side. A backup is"
        " made before any row of this side is given up.",
        peer=peer,
    )
    answers = {
        Join.BOTH: tr("Keep all"),
        Join.SAME: tr("Keep all, theirs first"),
        Join.REPLACE: tr("Only theirs"),
    }
    text = "\n\n".join(part for part in (sentence, deleted, choices) if part)
    answer = await confirm.choose(parent, tr("Rows that have never met"), text, tuple(answers.values()))
    return None if answer is None else list(answers)[answer]
