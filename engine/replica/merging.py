"""Merging a batch of changes into tables of every kind, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter, itemgetter

from engine.change import Change, by
from engine.replica.kinds import Kinds
from engine.tables.applied import AppliedLog
from engine.tables.batches import are_many, batches
from engine.tables.kind import Decision, Kind, Merging
from engine.tables.types import Applied

Share = tuple[Decision, Sequence[int] | None]
"""What was decided of a kind's share of a batch, and the places of that in the batch; None for all of it."""


class Merger:
    """Hands each kind its share of every batch. All shares of a batch are decided before one is written, so that a
    change that no kind takes has written nothing.

    Args:
        tell: whether to remember in ``applied`` what won; without it, memory is bounded.
    """

    def __init__(self, kinds: Kinds, *, js_numbers: bool, tell: bool) -> None:
        self._kinds = kinds
        self._js_numbers = js_numbers
        self._tell = tell
        self._merging: dict[str, Merging] = {}
        self.won = 0
        self.applied = AppliedLog()

    def merge(self, changes: Iterable[Change], author: bytes | None = None) -> None:
        """Merge all of them, in order; ``author`` takes the place of every change's site id.

        Raises:
            InvalidChange, SchemaMismatch, TableBroken: the caller rolls back.
        """
        many = are_many(changes)
        with ExitStack() as around:
            for kind in self._kinds.in_use():
                merging = kind.merging(js_numbers=self._js_numbers, tell=self._tell)
                self._merging[kind.label] = merging
                around.enter_context(merging.batches(many=many))
            for batch in batches(changes if author is None else by(author, changes)):
                self._merge_batch(batch)

    def _merge_batch(self, batch: Sequence[Change]) -> None:
        shares = [share for share in self._decided(batch) if share[0].won]
        for decision, _ in shares:
            decision.write()
        won = sum(decision.won for decision, _ in shares)
        self.won += won
        if self._tell and won:
            self.applied.add(won, lambda: _in_order(shares))

    def _decided(self, batch: Sequence[Change]) -> list[Share]:
        if len(self._merging) == 1:
            [merging] = self._merging.values()
            return [(merging.decide(batch), None)]
        places: dict[str, list[int]] = {}
        at = 0
        for table, run in groupby(batch, attrgetter("table")):
            end = at + sum(1 for _ in run)
            places.setdefault(self._kind(table).label, []).extend(range(at, end))
            at = end
        return [(self._merging[kind].decide([batch[n] for n in where]), where) for kind, where in places.items()]

    def _kind(self, table: object) -> Kind:
        return self._kinds.of(table) if isinstance(table, str) else self._kinds.first


def _in_order(shares: Sequence[Share]) -> list[Applied]:
    told = [
        (place if places is None else places[place], one)
        for decision, places in shares
        for place, one in decision.applied()
    ]
    told.sort(key=itemgetter(0))
    return [one for _, one in told]
