"""The ring against a plain list."""

from __future__ import annotations

from gui.models.ring_buffer import Ring
from tests import budget
from tests.gui.models.samples import any_event


def test_it_holds_what_a_list_would() -> None:
    for case in budget.cases("flow ring", seconds=1):
        choose = case.random
        ring = Ring(choose.randrange(1, 40))
        lines: list[int] = []  # the changes' numbers are their lines' numbers
        for _ in range(30):
            events = []
            for _ in range(choose.randrange(4)):
                event = any_event(choose, ring.end + sum(len(e.changes) for e in events), 12)
                events.append(event)
            ring.append(events)
            lines += [change.version for event in events for change in event.changes]
            if choose.random() < 0.1:
                cut = [change.version for event in ring.take() for change in event.changes]
                assert cut == lines[-ring.capacity :]
                lines = []
            else:
                ring.drop(choose.choice([ring.end - ring.capacity, ring.first, ring.end + 3]))
                lines = [number for number in lines if number >= ring.first]
            assert len(ring) == len(lines)
            assert [ring.line(number)[1].version for number in range(ring.first, ring.end)] == lines
            if lines:
                first = choose.randrange(ring.first, ring.end)
                end = choose.randrange(first, ring.end + 1)
                found = [(number, change.version) for number, _, change in ring.lines(first, end)]
                assert found == [(number, number) for number in range(first, end)]
