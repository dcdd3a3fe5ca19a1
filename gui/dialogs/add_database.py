"""The dialog that adds a database: which tables can be synced, and why others cannot; it also stops syncing a table,
and changes which programs may write to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.api import Engine
from engine.errors import ReferencesUndecided, SynclineError
from engine.ids import DatabaseId
from engine.peer_state import State
from engine.settings import DatabaseConfig
from engine.sqlite.paths import resolved
from engine.storage.other_sync import caution_of
from engine.tables import LikelyReference, TableStatus
from gui.dialogs.base import AsyncDialog, closed, in_words
from gui.dialogs.confirm import confirm
from gui.dialogs.inline_message import InlineMessage
from gui.language import said, tr
from gui.models.values import as_tip
from gui.panels.cell_keys import CellTree, say_whole
from gui.theme import state_icon

WIDTH, HEIGHT = 620, 460
WIDEST = 900
TABLE, ROWS, STATUS = range(3)


async def choose_file(parent: QWidget | None) -> Path | None:
    """Ask for an existing database file; None if the person cancels."""

    dialog = QFileDialog(parent, tr("Add database"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(
        [
            tr("SQLite databases ({patterns})", patterns="*.db *.sqlite *.sqlite3 *.db3 *.sqlitedb"),
            tr("All files ({patterns})", patterns="*"),
        ]
    )
    chosen: list[str] = []
    dialog.fileSelected.connect(chosen.append)
    await closed(dialog)
    return Path(chosen[0]) if chosen else None


async def choose_new_file(parent: QWidget | None, name: str) -> Path | None:
    """Ask where to create a database file, proposing ``name``; None if the person cancels."""
    dialog = QFileDialog(parent, tr("Choose where to create the new database"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # none is: one that holds tables is refused
    dialog.setDefaultSuffix("db")
    dialog.selectFile(name)
    chosen: list[str] = []
    dialog.fileSelected.connect(chosen.append)
    await closed(dialog)
    return Path(chosen[0]) if chosen else None


async def ask(parent: QWidget | None, engine: Engine, path: Path | None = None) -> DatabaseConfig | None:
    """Let a person add a database, or make more tables of a known one syncable.

    Args:
        parent: the window that the dialog belongs to.
        engine: the open engine that the database is added to.
        path: the database file; None asks for it.

    Returns:
        the database as the engine now knows it; None if the person cancelled.

    Raises:
        ReplicaError: the file cannot be used; the message says why.
    """
    path = path or await choose_file(parent)
    if path is None:
        return None
    dialog = DatabaseDialog(parent, engine, path, await engine.databases.inspect(path))
    dialog.caution.show_message(said(await asyncio.to_thread(caution_of, path)))
    accepted = await dialog.answered()
    return dialog.saved if accepted or dialog.saved else None


class DatabaseDialog(AsyncDialog):
    """The dialog of ``ask``, for the tables of one file; ``saved`` is the outcome, None unless accepted.

    Args:
        path: the database file.
        tables: the state of each table in it.
    """

    def __init__(self, parent: QWidget | None, engine: Engine, path: Path, tables: Sequence[TableStatus]) -> None:
        super().__init__(parent)
        self.saved: DatabaseConfig | None = None
        self._engine = engine
        self._path = resolved(path)
        self._known = next((one for one in engine.settings.databases if one.path == self._path), None)
        self.setWindowTitle(tr("Tables") if self._known else tr("Add database"))
        self._make(tables)
        self.show_tables(tables)
        if self._known is None:
            self._check_all()  # what is proposed; whoever wants less takes it away
        self.resize(self._width(tables), HEIGHT)
        self.tree.setFocus()

    # What is seen

    def _make(self, tables: Sequence[TableStatus]) -> None:
        self.name = QLineEdit(self._known.name if self._known else self._path.stem)
        self.name.setAccessibleName(tr("Name"))
        self.name.setReadOnly(self._known is not None)
        file = QLabel(str(self._path))
        file.setTextFormat(Qt.TextFormat.PlainText)
        file.setWordWrap(True)
        file.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.tree = CellTree()
        self.tree.setAccessibleName(tr("Tables of the file"))
        self.tree.setHeaderLabels([tr("Table"), tr("Rows"), tr("Sync")])
        self.tree.headerItem().setTextAlignment(ROWS, Qt.AlignmentFlag.AlignRight)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.header().setStretchLastSection(True)
        self.tree.header().setMinimumSectionSize(self.fontMetrics().averageCharWidth() * 10)
        self.tree.header().setSectionResizeMode(TABLE, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setSectionResizeMode(ROWS, QHeaderView.ResizeMode.ResizeToContents)
        self.all = QPushButton(tr("Select &all"))
        self.plain = QPushButton(tr("&Stop syncing…"))
        self.plain.setToolTip(tr("Stops syncing the selected table; its rows stay"))
        self.plain.setVisible(self._known is not None)
        self.turn = QPushButton(self._turning(None))
        self.price = InlineMessage()
        self.backup = InlineMessage()
        self.caution = InlineMessage(None, partial(state_icon, State.WAITING))
        self.problem = InlineMessage.of_problem()
        self.buttons = QDialogButtonBox()
        text = tr("Make syncable") if self._known else tr("Add")
        self.ok = self.buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.ok.setDefault(True)
        form = QFormLayout()
        form.addRow(tr("File:"), file)
        form.addRow(tr("&Name:"), self.name)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.tree, 1)
        beside = QHBoxLayout()
        for button in (self.all, self.plain, self.turn):
            button.setAutoDefault(False)
            beside.addWidget(button)
        beside.addStretch()
        column.addLayout(beside)
        for part in (self.price, self.backup, self.caution, self.problem, self.buttons):
            column.addWidget(part)
        self.setTabOrder(self.name, self.tree)
        self.tree.itemChanged.connect(self._refresh)
        self.all.clicked.connect(self._check_all)
        self.tree.currentItemChanged.connect(self._refresh)
        self.plain.clicked.connect(lambda: self.start(self._make_plain()))
        self.turn.clicked.connect(lambda: self.start(self._turn()))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def show_tables(self, tables: Sequence[TableStatus]) -> None:
        """Fill the list; each table that can be made syncable gets a check box."""
        self.tree.clear()
        self._eligible: list[QTreeWidgetItem] = []
        self._proposed: list[QTreeWidgetItem] = []
        self._questions: list[tuple[LikelyReference, QTreeWidgetItem]] = []
        self._without_triggers = {table.name: table.without_triggers for table in tables if table.without_triggers}
        self._synced = {table.name: table.kind for table in tables if table.syncable}
        for table in tables:
            item = QTreeWidgetItem(self.tree, [table.name, QLocale().toString(table.rows), self._status(table)])
            say_whole(item)
            item.setSizeHint(STATUS, QSize(0, self.fontMetrics().height() + 8))
            item.setTextAlignment(ROWS, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(TABLE, as_tip(tr("Key: {columns}", columns=", ".join(table.key) or "–")))
            if not table.syncable and (table.eligible or table.without_triggers):
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(TABLE, Qt.CheckState.Unchecked)
                self._eligible.append(item)
                if table.proposed:
                    self._proposed.append(item)
            for sentence in (table.not_proposed,) if table.not_proposed else table.reasons + table.cautions:
                self._add_reason(item, sentence)
            if table.without_triggers:
                self._add_reason(item, table.without_triggers)
            for reference in table.likely_references:
                self._add_question(item, reference)
            item.setExpanded(True)
        self.all.setVisible(len(self._proposed) > 1)
        self._refresh()

    def _add_question(self, item: QTreeWidgetItem, reference: LikelyReference) -> None:
        """Ask whether a column refers to rows of another table; checked, since it looks as if it does."""
        box = self._add_reason(item, tr("{evidence} Sync it as one", evidence=said(reference.sentence)))
        box.setFlags(box.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
        box.setCheckState(TABLE, Qt.CheckState.Checked)
        self._questions.append((reference, box))

    def answers(self, columns: Sequence[tuple[str, str]]) -> dict[LikelyReference, bool]:
        """Return, for each likely reference among these (table, column) pairs, whether the person confirmed it."""
        return {
            reference: box.checkState(TABLE) is Qt.CheckState.Checked
            for reference, box in self._questions
            if (reference.table, reference.column) in columns
        }

    def _add_reason(self, item: QTreeWidgetItem, reason: str) -> QTreeWidgetItem:
        reason = said(reason)
        child = QTreeWidgetItem(item, [reason])
        child.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren)
        child.setFirstColumnSpanned(True)
        child.setToolTip(TABLE, as_tip(reason))
        return child

    def _width(self, tables: Sequence[TableStatus]) -> int:
        """Return a width in pixels that fits the longest reason, up to ``WIDEST``; a longer one has a tooltip."""
        told = [one for table in tables for one in (*table.reasons, table.not_proposed, table.without_triggers)]
        told += [one.sentence for table in tables for one in table.likely_references]
        widths = [self.fontMetrics().horizontalAdvance(said(sentence)) + 80 for sentence in told]
        return min(max([WIDTH, *widths]), WIDEST)

    def _status(self, table: TableStatus) -> str:
        if table.syncable:
            return tr("Syncable") if table.kind == "ordinary" else tr("Syncable, for programs with cr-sqlite only")
        if table.not_proposed:
            return tr("Not proposed")
        if table.without_triggers:
            return tr("Can be made syncable, with a limit")
        return tr("Can be made syncable") if table.eligible else tr("Cannot be synced")

    # What is ticked

    def chosen(self) -> list[str]:
        """Return the names of the tables to make syncable."""
        return [item.text(TABLE) for item in self._eligible if item.checkState(TABLE) is Qt.CheckState.Checked]

    def _current(self) -> str:
        """Return the name of the current table; '' for none."""
        item = self.tree.currentItem()
        return "" if item is None else (item.parent() or item).text(TABLE)

    def _check_all(self) -> None:
        for item in self._proposed:
            item.setCheckState(TABLE, Qt.CheckState.Checked)

    def _refresh(self, *_: object) -> None:
        """Show what the choice entails, and enable what is possible."""
        kind = self._synced.get(self._current())
        self.plain.setEnabled(kind is not None)
        self.turn.setEnabled(kind is not None)
        self.turn.setText(self._turning(kind or next(iter(self._synced.values()), None)))
        self.turn.setVisible(self._known is not None and bool(self._synced))
        chosen = self.chosen()
        self.price.show_message(self._price())
        self.backup.show_message(self._backup(writes=bool(chosen) or self._known is None))
        self.ok.setEnabled(bool(chosen) or (self._known is None and bool(self._synced)))
        self.ok.setToolTip("" if self.ok.isEnabled() else tr("Choose at least one table to make syncable."))

    def _turning(self, kind: str | None) -> str:
        """Return the label of the button that changes who may write to a synced table of this kind."""
        if kind == "ordinary":
            return tr("Only for programs with cr-&sqlite…")
        return tr("Let other programs &write to it again")

    def _price(self) -> str:
        if self._eligible:
            return tr(
                "To sync a table, Syncline adds some bookkeeping to the file."
                " Your programs go on using the file as before."
            )
        if self._synced:
            return ""
        if self.tree.topLevelItemCount():
            return tr("None of this file's tables can be synced as they are; the reasons are listed above.")
        return tr("The file has no tables yet. Open it in its app first, then add it.")

    def _backup(self, *, writes: bool) -> str:
        backups = self._engine.databases.backups
        if backups is None or not writes:
            return ""
        return tr("A backup is made first, in {folder}.", folder=backups.folder)

    # The end

    def accept(self) -> None:
        """Add the database; the dialog closes if that succeeds."""
        if self.ok.isEnabled():
            self._allow(False)
            self.start(self._save())

    async def _make_plain(self) -> None:
        """Stop syncing the current table, if the person confirms."""
        table, known = self._current(), self._known
        sentence = tr(
            "Stop syncing “{table}”? Its rows stay, here and on the other side, but are no longer synced."
            " A backup is made first.",
            table=table,
        )
        sure = await confirm(self, tr("Stop syncing"), sentence, tr("Stop syncing"))
        if not sure or known is None:
            return
        self._allow(False)
        try:
            await self._engine.databases.make_plain(known.id, table)
        except SynclineError as error:
            self.problem.show_message(in_words(error))
        self.show_tables(await self._engine.databases.tables(known.id))
        self._allow(True)

    async def _turn(self) -> None:
        """Let any program write to the current table or, if the person confirms, only those with cr-sqlite."""
        table, known = self._current(), self._known
        extension = self._synced.get(table) == "ordinary"
        sentence = tr(
            "Only programs that load cr-sqlite will be able to write to “{table}”; the others get an error. It stays "
            "synced. A backup is made first.",
            table=table,
        )
        title = tr("Only for programs with cr-sqlite")
        if known is None or (extension and not await confirm(self, title, sentence, tr("Change"))):
            return
        self._allow(False)
        try:
            await self._engine.databases.make_syncable(known.id, table, extension=extension)
        except SynclineError as error:
            self.problem.show_message(in_words(error))
        else:
            self.problem.show_message("")
        self.show_tables(await self._engine.databases.tables(known.id))
        self._select(table)
        self._allow(True)

    def _select(self, table: str) -> None:
        for item in self.tree.findItems(table, Qt.MatchFlag.MatchExactly, TABLE):
            self.tree.setCurrentItem(item)

    async def _agreed(self) -> bool:
        """Return whether the person accepts the limits of the chosen tables; True if there are none."""
        chosen = [table for table in self.chosen() if table in self._without_triggers]
        if not chosen:
            return True
        told = "\n\n".join(f"{table}: {said(self._without_triggers[table])}" for table in chosen)
        return await confirm(self, tr("Without triggers"), told, tr("Make syncable"))

    async def _save(self) -> None:
        engine = self._engine
        if not await self._agreed():
            self._allow(True)
            return
        try:
            self.saved = await engine.databases.add(self._path, self.name.text().strip())
            for table in self.chosen():
                await self._make_syncable(self.saved.id, table)
        except SynclineError as error:
            if self.saved is not None:
                self.show_tables(await engine.databases.tables(self.saved.id))
            self._allow(True)
            self.problem.show_message(in_words(error))
            self.fit()
        else:
            QDialog.accept(self)

    async def _make_syncable(self, database: DatabaseId, table: str) -> None:
        databases, without = self._engine.databases, table in self._without_triggers
        while True:
            try:
                await databases.make_syncable(database, table, without_triggers=without)
                return
            except ReferencesUndecided as error:
                answers = self.answers(error.columns)
                if not answers:
                    raise
                await databases.answer_references(database, answers)

    def _allow(self, allowed: bool) -> None:
        for part in (self.name, self.tree, self.all, self.plain, self.turn, self.ok):
            part.setEnabled(allowed)
        if allowed:
            self._refresh()
