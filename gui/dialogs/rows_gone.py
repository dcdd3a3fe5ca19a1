"""The dialog that asks whether a mass deletion in a table is intended."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.tables import SuspendedDeletion
from gui.dialogs import confirm
from gui.language import tr
from gui.models.conflicts import gone_sentence


async def ask(parent: QWidget | None, asked: SuspendedDeletion) -> bool | None:
    """Ask whether to delete the missing rows on the other machines too.

    Args:
        parent: the window that the question belongs to.
        asked: the table, and how many rows it has lost.

    Returns:
        True to delete them everywhere, False to bring them back, None if there was no answer.
    """
    answers = tr("Bring them back"), tr("Delete them everywhere")
    answer = await confirm.choose(parent, tr("Rows are gone"), gone_sentence(asked), answers)
    return None if answer is None else answer == 1
