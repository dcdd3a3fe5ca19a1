"""Which rows of two sides have met, and which are still to be joined (``joining``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.table_shape import UNKNOWN, Dataset, ParkedTable
from engine.tables import Meeting

from . import endings
from .actions import Snapshot
from .digests import DigestSession


class MeetingSession(DigestSession):
    """The part of a session in our own dialect that knows which rows have met.

    Attributes:
        meetings: tables whose rows have met, or of which one side has no rows.
        joining: tables whose rows have not met, until it is settled how to join them or that a person has to be asked.
    """

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self.meetings: tuple[Meeting, ...] = ()
        self.joining: dict[str, Meeting] = {}
        self._now: Mapping[str, Dataset] = {}
        """Which rows our tables have now, if that has changed."""
        self._told_at = 0
        """The version of the other side's file when it announced its rows."""
        self._arrival_told = False
        """Whether a merge has recorded that all of them are here."""
        self._apart: dict[str, ParkedTable] = {}
        """Tables about which a person is asked."""

    def _meet_rows(self, theirs: Mapping[str, Dataset], version: int) -> tuple[str, ...]:
        """Take over what the other side tells about its rows, as of a version of its file.

        Returns:
            the tables whose rows have to be joined.
        """
        self._told_at = version
        meetings = []
        for name in self.common:
            mine, there = self.here.datasets[name], theirs.get(name, UNKNOWN)
            meeting = Meeting(name, mine, there)
            if mine.joins(there):
                self.joining[name] = meeting
            else:
                meetings.append(meeting)
        self.meetings = tuple(meetings)
        return tuple(self.joining)

    @property
    def apart(self) -> tuple[ParkedTable, ...]:
        """The tables about which a person is asked how to join them."""
        return tuple(self._apart.values())

    @property
    def in_sync(self) -> bool:
        return super().in_sync and not self.joining

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        self._now = datasets
        self._pass_on()

    def _pass_on(self) -> None:
        """Greet again if our rows were joined with others since, or all rows that were on their way from elsewhere have
        arrived: a peer that does not know would take them for rows that it has never met."""
        for name, told, theirs in self.meetings if self.greeted else ():
            now = self._now.get(name)
            if now is None or not theirs.here or not (told.ordinary or theirs.ordinary):
                continue
            known = told.older | theirs.older
            joined = now.older > known and (now.whole or now.mixes(theirs))
            came = now.older >= told.older and now.whole and told.awaits_others(theirs)
            if joined or came:
                self.close(endings.JOINED)
        for name in (*self.joining, *self._apart) if self.greeted else ():
            told, now = self.here.datasets[name], self._now.get(name)
            if not told.whole and now is not None and now.older >= told.older and now.whole:
                self.close(endings.JOINED)

    def _arrived(self, version: int) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
        if self._arrival_told or version < self._told_at:
            return ()
        self._arrival_told = True
        return tuple((one.table, one.theirs.here) for one in self.meetings if one.table in self.common)
