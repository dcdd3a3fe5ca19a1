"""What waits for a person in each database: reads it, and carries out the person's decisions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.ids import DatabaseId
from engine.peer_state import PeerStatus
from engine.replica import delete_warning, hidden_sentence, keep_warning, merge_warning
from engine.tables import HiddenRow
from engine.text import Text
from gui.bridge import Bridge
from gui.commands import Commands
from gui.database_reader import DatabaseReader
from gui.dialogs import confirm, rows_gone
from gui.language import said, tr
from gui.models.conflicts import ConflictLine


class ConflictsReader(DatabaseReader):
    """Reads what waits for a person, also whenever a peer reports that something does.

    Args:
        commands: runs the readings.
        bridge: reports when a database moved, or a peer's state changed.
    """

    conflicts_read = Signal(str, object)
    """Emitted with a database's id and its ``Conflicts``."""

    def __init__(self, commands: Commands, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(commands, bridge, parent)
        bridge.peers_changed.connect(self._peers_changed)

    def _peers_changed(self, changed: list[PeerStatus]) -> None:
        self._want(one.database for one in changed if one.parked or one.waiting)

    async def _tell(self, database: DatabaseId) -> None:
        self.conflicts_read.emit(database, await self._commands.engine.databases.conflicts(database))


class ConflictDecisions(QObject):
    """Asks for confirmation, has the engine act, and then reads again what waits.

    Args:
        window: the window that the questions belong to.
        commands: runs the work.
        reader: reads what waits.
    """

    def __init__(self, window: QWidget, commands: Commands, reader: ConflictsReader) -> None:
        super().__init__(window)
        self._window = window
        self._commands = commands
        self._reader = reader

    def keep(self, line: ConflictLine) -> None:
        """Show a hidden row instead of the row in its way."""
        engine = self._commands.engine.databases
        done = tr("The row is shown now.")
        self._commands.start(
            self._decide(line, tr("Keep this row"), keep_warning, tr("Keep"), engine.keep_hidden, done)
        )

    def merge(self, line: ConflictLine) -> None:
        """Merge a hidden row with the row in its way."""
        engine = self._commands.engine.databases
        done = tr("The two rows were merged.")
        self._commands.start(
            self._decide(line, tr("Merge these rows"), merge_warning, tr("Merge"), engine.merge_hidden, done)
        )

    def delete(self, line: ConflictLine) -> None:
        """Delete a hidden row on all machines."""
        engine = self._commands.engine.databases
        done = tr("The next sync deletes the row on all machines.")
        self._commands.start(
            self._decide(line, tr("Delete this row"), delete_warning, tr("Delete"), engine.delete_hidden, done)
        )

    def answer(self, line: ConflictLine) -> None:
        """Ask whether a mass deletion in a table is intended."""
        self._commands.start(self._answer(line))

    async def _decide(
        self,
        line: ConflictLine,
        title: str,
        warning: Callable[[HiddenRow], Text],
        action: str,
        decide: Callable[[DatabaseId, HiddenRow], Awaitable[HiddenRow | None]],
        done: str,
    ) -> None:
        row = line.row
        if row is None:
            return
        sentence = " ".join((said(warning(row)), tr("A backup is made first.")))
        if not await confirm.confirm(self._window, title, sentence, action):
            return
        database = DatabaseId(line.database)
        try:
            left = await decide(database, row)
        finally:
            await self._reader.read(database)
        self._commands.status_message.emit(done if left is None else said(hidden_sentence(left)))

    async def _answer(self, line: ConflictLine) -> None:
        asked = line.suspended
        if asked is None:
            return
        delete = await rows_gone.ask(self._window, asked)
        if delete is not None:
            database = DatabaseId(line.database)
            try:
                await self._commands.engine.databases.answer_suspended(database, asked.table, delete=delete)
            finally:
                await self._reader.read(database)
