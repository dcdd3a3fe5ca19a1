"""Joining rows of two sides that have never met, before anything of them is merged.

Both sides leave such a table out of what they exchange. The one that dialled compares its rows with the other's, page
by page. If no value can be lost, both record that the rows belong together, and greet again. Otherwise a person on its
side is asked, and the table stays out until that person has said how.

If it is cut at any point, the next session starts over: rows that were taken over by then are equal, and as soon as one
of the two sides has recorded the join, it is done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Mapping
from typing import Any

from engine.errors import ProtocolError
from engine.ids import SiteId
from engine.table_shape import Join, JoinCount, ParkedTable, Shape, Where
from engine.tables import Known, Meeting
from engine.text import Text, sentences, t
from engine.wire import LEADING, Joined, Leads, RowMessage, encode

from . import endings, join_texts
from .actions import BackUp, FindReferring, GiveUpRows, JoinAction, Settle, Snapshot, TakeNames
from .join_comparison import Compared, compare_rows
from .join_order import roots_first
from .join_pairs import find_copies
from .join_takeover import Takeover, take_over
from .meeting import MeetingSession
from .row_queries import Question

PATIENCE = 10.0
"""Seconds to wait for rows that are on their way from a third side before comparing with those that have arrived. What
arrives later is compared then (``Dataset.mixed``)."""

LOOK_AGAIN = 5.0
"""Seconds after which rows that a person is asked about are compared again if any were written meanwhile, or ten times
as long as the comparison took, if that is more."""

EVERY_TABLE = ""
"""The name in ``JoinSession.joins`` that stands for all tables not named there."""

Joins = Generator["Question | JoinAction | Joined | _Wait", Any, None]


class _Wait:
    """A request to continue after ``PATIENCE``."""


def _no_answers(_: SiteId) -> Mapping[str, Join]:
    """Return no answers; a named function, since a session must consist of values that can be copied."""
    return {}


def _to_nobody(_: SiteId) -> None:
    """Do nothing, as nobody listens; a named function for the same reason."""


class JoinSession(MeetingSession):
    """The part of a session in our own dialect that joins rows.

    Attributes:
        leads: whether this side compares, and asks the person here: the side that dialled does, unless the other has an
            answer.
        gave_lead: whether the side that was dialled has the answer; it hangs up once rows are joined.
        joins: how a person has said that tables are to be joined, by name.
        answers: the same by the site id of whoever dials, for the side that is dialled.
        claimed: called with the site id of a peer for which these answers are used.
    """

    def __init__(self, here: Snapshot, *, now: Callable[[], float], sends: bool = True, receives: bool = True) -> None:
        super().__init__(here, now=now, sends=sends, receives=receives)
        self.leads = False
        self.gave_lead = False
        self.joins: Mapping[str, Join] = {}
        self.answers: Callable[[SiteId], Mapping[str, Join]] = _no_answers
        self.claimed: Callable[[SiteId], None] = _to_nobody
        self._settled = False
        """Whether any was joined."""
        self._kept: int | None = None
        """The version that the backup made beforehand holds."""
        self._met: set[str] = set()
        """Tables whose rows had met before there were dataset ids."""
        self._steps: Joins | None = None
        self._awaited: int | str | None = None
        """What the steps wait for: the answer to a question, by number, or a message about a table."""
        self._to_settle: deque[str] = deque()
        """What the other side has joined, while that is being recorded here."""
        self._waits_until: float | None = None
        """When steps that wait for time to pass continue."""
        self._asked: dict[str, Meeting] = {}
        """Tables about which a person here is asked, as long as joining them would lose something."""
        self._looked_at: tuple[int, int | None] = (0, None)
        """The versions of both sides when these were last compared."""
        self._look_again = 0.0
        """When to compare them again, if the versions have changed by then."""

    def would_lead(self, joins: Mapping[str, Join]) -> bool:
        """Return whether this side, which was dialled, could join tables that are left out if it greeted with these
        answers. Rows of a peer that may not write here are never joined."""
        if self.leads or not self.receives or self.protocol < LEADING or self.closed is not None:
            return False
        return any(name in joins or EVERY_TABLE in joins for name in (*self.joining, *self._apart))

    def _claim_lead(self) -> None:
        """Take the lead from the side that dialled, if a person here has said how to join."""
        assert self.peer is not None
        joins = self.answers(self.peer)
        if self.would_lead(joins):
            self.leads, self.joins = True, joins
            self.claimed(self.peer)
            self._send(encode(Leads()))

    def _on_leads(self) -> None:
        """Leave comparing and joining to the other side."""
        if not self.leads or self.kin:
            raise ProtocolError(t("{message} came that was never asked for.", message=Leads.__name__))
        self.leads, self.gave_lead = False, True

    def _begin_joining(self, known: Known) -> None:
        """Begin, now that the other file has proved to be the expected one."""
        self._met = {name for name in known.met if name in self.joining}
        if not self.wary:
            self._lead()

    def _lead(self) -> None:
        if self.leads and self.kin and self.joining and self._steps is None and self.closed is None:
            self._steps = self._join_all()
            self._resume(None)

    def joined(self, result: Any) -> None:
        """Answer a ``JoinAction``."""
        if self.closed:
            return
        if self._to_settle:
            self._recorded(self._to_settle.popleft(), settled=result)
        else:
            self._resume(result)

    # The side that leads

    def _resume(self, result: Any) -> None:
        """Take the next step, with the outcome of the one before."""
        assert self._steps is not None
        self._awaited = None
        try:
            step = self._steps.send(result)
        except StopIteration:
            self._steps = None
            return
        if isinstance(step, _Wait):
            self._waits_until = self.now() + PATIENCE
        elif isinstance(step, Question):
            self._awaited = self.ask(step)
        elif isinstance(step, Joined):
            self._awaited = step.table
            self._send(encode(step))
        else:
            self._actions.append(step)

    def deadline(self) -> float | None:
        due, look = super().deadline(), self._next_look()
        if due is None or look is None:
            return look if due is None else due
        return min(due, look)

    def _next_look(self) -> float | None:
        """Return when to compare, or to compare again; None for never, as things are."""
        if self._waits_until is None and not self._asked:  # as with nearly all, and this is asked after each step
            return None
        if self.closed is not None or self._waits_until is not None:
            return self._waits_until if self.closed is None else None
        news = (self.local_version, self.inbound.announced) != self._looked_at
        return self._look_again if self._asked and self._steps is None and news else None

    def tick(self) -> None:
        due = self._next_look()
        if due is not None and self.now() >= due:
            if self._waits_until is None:
                self._steps = self._compare_again()
            self._waits_until = None
            self._resume(None)
        super().tick()

    def _compare_again(self) -> Joins:
        """Check whether what a person is asked about still holds: rows may have been made equal, here or there."""
        begun, self._looked_at = self.now(), (self.local_version, self.inbound.announced)
        for name in tuple(self._asked):
            rows = Compared()
            yield from compare_rows(name, self.common_columns[name], rows, unless_lost=True)
            if rows.count.harmless:
                self.close(endings.JOINED)
                return
        self._look_again = self.now() + max(LOOK_AGAIN, 10 * (self.now() - begun))

    def _join_all(self) -> Joins:
        self._looked_at, self._look_again = (self.local_version, self.inbound.announced), self.now() + LOOK_AGAIN
        waits = {
            name: told.awaits_others(theirs) or theirs.awaits_others(told)
            for name, told, theirs in self.joining.values()
        }
        if not (yield from self._replace()):
            return
        for name in sorted(roots_first(self.joining, self._refers), key=lambda one: waits[one]):
            meeting = self.joining[name]
            how = self._how(name)
            if waits[name] and how is None and name not in self._met:
                yield _Wait()
            if name not in self._met and how is not Join.BOTH and not (yield from self._prepare(meeting, how)):
                if self.closed is not None:
                    return
                continue
            done = yield Settle(meeting)
            if not done:
                self.close(endings.ALTERED)
                return
            yield Joined(name, True)
            self._settled = True
            del self.joining[name]
        if self._settled:
            self.close(endings.JOINED)
        elif not self.common:
            self.close(endings.not_joined(self.apart))

    def _how(self, name: str) -> Join | None:
        """Return what a person has said."""
        return self.joins.get(name, self.joins.get(EVERY_TABLE))

    def _replace(self) -> Generator[Any, Any, bool]:
        """Give up the rows of all tables for which a person has said so at once, as they may refer to each other.

        Return whether the others can be joined now.
        """
        names = roots_first(self.joining, self._refers)
        chosen = [name for name in names if self._how(name) is Join.REPLACE and name not in self._met]
        refused: dict[str, Text] = {}
        while chosen:
            found = {name: join_texts.ROOTS_FIRST for name in chosen if self._has_unsettled_key(name, chosen)}
            if not found:
                in_way: Mapping[str, str] = yield FindReferring(tuple(chosen))
                found = {name: join_texts.referred(other) for name, other in in_way.items()}
            if not found:
                break
            refused |= found
            chosen = [name for name in chosen if name not in found]
        for name, why in refused.items():
            rows = Compared()
            yield from compare_rows(name, self.common_columns[name], rows)
            self._ask_person(name, rows.count, why=why)
        if chosen:
            given_up = tuple(self.joining[name] for name in chosen)
            if not (yield GiveUpRows(given_up, (yield from self._back_up()))):
                self.close(endings.ALTERED)
                return False
            self._settled = True
            for name in chosen:
                del self.joining[name]
        return True

    def _back_up(self, table: str = "", since: int = 0) -> Generator[Any, Any, Any]:
        """Make one backup of the file before the first change; return the version that it holds, or None as ``BackUp``
        does."""
        if self._kept is None:
            self._kept = yield BackUp(table, since)
        return self._kept

    def _has_unsettled_key(self, name: str, chosen: Collection[str]) -> bool:
        """Return whether keys of a table hold the numbers of rows in others that are not joined with it."""
        roots = {self._refers(name).get(column, name) for column in self._shape(name).key}
        return not roots.isdisjoint({*self.joining, *self._apart} - {*chosen})

    def _shape(self, name: str) -> Shape:
        return next(shape for shape in self.here.tables if shape.name == name)

    def _refers(self, name: str) -> Mapping[str, str]:
        return self._shape(name).refers

    def _prepare(self, meeting: Meeting, how: Join | None) -> Generator[Any, Any, bool]:
        """Compare, and do what a person has said; return whether the rows can be joined now."""
        name = meeting.table
        numbers = self._refers(name)
        rows = Compared()
        yield from compare_rows(name, self.common_columns[name], rows)
        count = rows.count
        if name in numbers.values() and count.here and count.there:
            return (yield from self._prepare_copies(meeting, how, rows))
        elif any(numbers.get(column) in self._apart for column in self._shape(name).key):
            self._ask_person(name, count, why=join_texts.ROOTS_FIRST)
        elif count.harmless:
            return True
        elif how is None:
            self._asked[name] = meeting
            self._ask_person(name, count)
        elif 2 * (count.same + count.differ) < count.same + count.differ + min(count.here, count.there):
            self._ask_person(name, count, why=join_texts.TOO_FEW)
        else:
            return (yield from self._take_theirs(name, rows))
        return False

    def _prepare_copies(self, meeting: Meeting, how: Join | None, rows: Compared) -> Generator[Any, Any, bool]:
        """Prepare as ``_prepare`` does, for an auto-numbered table: rows whose global keys only one side has may be
        copies of the same rows, or have only their numbers in common."""
        name = meeting.table
        unsettled = {name, *self.joining, *self._apart}
        left_out = {column for column, root in self._refers(name).items() if root in unsettled}
        columns = self.common_columns[name]
        found = yield from find_copies(name, columns, left_out, unless_few=how is None)
        pairs, count = found.finish(), found.count
        copies = [pair for pair in pairs if pair.here != pair.there]
        others = min(count.here, count.there)
        if how is None:
            if 2 * len(copies) > len(copies) + others:
                self._ask_person(name, count, why=join_texts.COPIES)
            elif rows.count.harmless:
                return True
            else:
                self._asked[name] = meeting
                self._ask_person(name, rows.count)
        elif 2 * len(pairs) < len(pairs) + others:
            self._ask_person(name, count, why=join_texts.FEW_COPIES)
        elif copies and found.shared:
            self._ask_person(name, count, why=join_texts.SHARED)
        else:
            partly = not left_out.isdisjoint(columns)
            names = tuple((pair.here, pair.there, partly or not pair.equal) for pair in copies)
            if not names:
                return (yield from self._take_theirs(name, rows))
            kept = yield from self._back_up(name, found.version)
            if kept is not None and (yield TakeNames(name, names, min(kept, found.version))):
                return (yield from self._take_theirs(name, rows))
            self.close(endings.ALTERED)
        return False

    def _take_theirs(self, name: str, rows: Compared) -> Generator[Any, Any, bool]:
        """Take over the other side's rows where the two differ; return False if one is too large to be sent in this
        way, or the app has written to one since the backup, so that all must be compared again."""
        if rows.count.harmless:
            return True
        kept = yield from self._back_up()
        outcome = yield from take_over(name, rows, self.common_columns[name], kept)
        if outcome is Takeover.TOO_LARGE:
            self._ask_person(name, rows.count, why=join_texts.TOO_LARGE)
        elif outcome is Takeover.WRITTEN:
            self.close(endings.ALTERED)
        return outcome is Takeover.DONE

    def _ask_person(self, name: str, count: JoinCount, *, why: Text | str = "") -> None:
        """Leave the table out until a person has said how to join it."""
        self._apart[name] = ParkedTable(
            name, sentences(join_texts.found(name, count), why, join_texts.CHOOSE), Where.JOIN, count
        )
        del self.joining[name]
        self._send(encode(Joined(name, False, count)))

    # Both sides

    def _on_rows(self, message: RowMessage) -> None:
        if isinstance(message, Question):
            if message.table not in (*self.common, *self.joining, *self._apart):
                raise ProtocolError(t("The other side asked for rows of a table that only one side has."))
            self._answer(message)
            return
        super()._on_rows(message)
        if message.number == self._awaited:
            self._resume(self.check.answers.pop(message.number))

    def _on_joined(self, message: Joined) -> None:
        """Handle the message that rows are joined, or that a person on the other side is asked."""
        name = message.table
        if self.leads:
            if name != self._awaited or not message.settled:
                raise ProtocolError(t("{message} came that was never asked for.", message=type(message).__name__))
            self._resume(None)
        elif name not in self.joining:
            raise ProtocolError(t("{message} came that was never asked for.", message=type(message).__name__))
        elif not message.settled:
            del self.joining[name]
            found = message.found._replace(here=message.found.there, there=message.found.here)
            self._apart[name] = ParkedTable(
                name, sentences(join_texts.found(name, found), join_texts.ASKED_THERE), Where.THERE, found
            )
        elif self.receives:
            self._to_settle.append(name)
            self._actions.append(Settle(self.joining[name]))
        else:  # who may not write here does not change what is known of the rows, either
            self._recorded(name, settled=True)

    def _recorded(self, name: str, *, settled: bool) -> None:
        if settled:
            self._send(encode(Joined(name, True)))
        else:
            self.close(endings.ALTERED)
