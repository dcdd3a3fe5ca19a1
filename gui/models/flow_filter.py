"""The filter of the change flow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.events import ChangesMoved, FlowChange, FlowDirection
from gui.models.flow_text import LineWords


@dataclass(frozen=True, slots=True)
class FlowFilter:
    """Which changes are shown; '' and None let everything pass.

    Attributes:
        text: what must occur somewhere in the line, in any case.
        peer, database: ids.
        table: the name of a table.
        way: the direction.
    """

    text: str = ""
    peer: str | None = None
    table: str | None = None
    way: FlowDirection | None = None
    database: str | None = None

    def normal(self) -> FlowFilter:
        """Return the same filter with its text in the form that is searched for."""
        return replace(self, text=self.text.strip().lower())

    @property
    def looks_at_changes(self) -> bool:
        """Whether some changes of an event may pass and others not."""
        return bool(self.text) or self.table is not None

    def takes_event(self, event: ChangesMoved) -> bool:
        """Return whether any change of an event can pass."""
        return (
            (self.way is None or event.way is self.way)
            and (self.database is None or event.database == self.database)
            and (self.peer is None or event.peer == self.peer)
        )

    def takes_change(self, event: ChangesMoved, change: FlowChange, words: LineWords) -> bool:
        """Return whether a change passes, given that its event does; call ``normal`` first."""
        if self.table is not None and change.table != self.table:
            return False
        return not self.text or self.text in words.searched(event, change)

    def passing(self, event: ChangesMoved, words: LineWords) -> tuple[FlowChange, ...]:
        """Return the changes of an event that pass; call ``normal`` first."""
        if not self.takes_event(event):
            return ()
        if not self.looks_at_changes:
            return event.changes
        return tuple([change for change in event.changes if self.takes_change(event, change, words)])
