"""Which changes of the flow are shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.events import ChangesMoved, FlowChange, FlowDirection
from gui.models.flow_text import LineWords


@dataclass(frozen=True, slots=True)
class FlowFilter:
    """Which lines are shown. An empty text and None let all pass.

    ``text`` may occur anywhere in a line, in any case; ``peer`` and ``database`` are ids.
    """

    text: str = ""
    peer: str | None = None
    table: str | None = None
    way: FlowDirection | None = None
    database: str | None = None

    def normal(self) -> FlowFilter:
        """Return the same with its text as it is looked for."""
        return replace(self, text=self.text.strip().lower())

    @property
    def looks_at_changes(self) -> bool:
        """Whether some changes of one event may pass and others not."""
        return bool(self.text) or self.table is not None

    def takes_event(self, event: ChangesMoved) -> bool:
        """Whether any change of an event can pass."""
        return (
            (self.way is None or event.way is self.way)
            and (self.database is None or event.database == self.database)
            and (self.peer is None or event.peer == self.peer)
        )

    def takes_change(self, event: ChangesMoved, change: FlowChange, words: LineWords) -> bool:
        """Whether a change of an event that passes does too; ``normal`` first."""
        if self.table is not None and change.table != self.table:
            return False
        return not self.text or self.text in words.searched(event, change)

    def passing(self, event: ChangesMoved, words: LineWords) -> tuple[FlowChange, ...]:
        """Return the changes of an event that pass; ``normal`` first."""
        if not self.takes_event(event):
            return ()
        if not self.looks_at_changes:
            return event.changes
        return tuple([change for change in event.changes if self.takes_change(event, change, words)])
