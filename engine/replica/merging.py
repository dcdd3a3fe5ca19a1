"""Merging a batch of changes into tables of every kind, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import groupby
from operator import attrgetter, itemgetter

from engine.change import Change, by
from engine.ids import SiteId
from engine.replica.kinds import Kinds
from engine.tables.applied import AppliedLog
from engine.tables.batches import are_many, batches
from engine.tables.kind import Decision, Kind, Merging
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import Applied

Share = tuple[Decision, Sequence[int] | None]
"""What was decided about a kind's share of a batch, and the positions of that share in the batch; None for all of
it."""


class Merger:
    """Hands each kind its share of every batch.

    All shares of a batch are decided before any is written, so that a change that no kind accepts leaves nothing
    written.

    Args:
        report_applied: whether to collect in ``applied`` what won; without it, memory is bounded.
    """

    def __init__(self, kinds: Kinds, rule: TriggerRule, *, js_numbers: bool, report_applied: bool) -> None:
        self._kinds = kinds
        self.catalogue, self._in_use = kinds.in_use()
        self._rule = rule
        self._js_numbers = js_numbers
        self._report_applied = report_applied
        self.won = 0
        self.applied = AppliedLog()

    def merge(self, changes: Iterable[Change], author: SiteId | None = None) -> None:
        """Merge all of them, in order; ``author`` replaces every change's site id.

        Raises:
            InvalidChange, SchemaMismatch, TableBroken: the caller rolls back.
        """
        many, kinds = are_many(changes), self._in_use
        mergings = {
            kind.label: kind.merging(self._rule, js_numbers=self._js_numbers, report_applied=self._report_applied)
            for kind in kinds
        }
        if author is not None:
            changes = by(author, changes)
        with self._rule.in_force(self.catalogue), _around(mergings.values(), many=many):
            for batch in batches(changes):
                if len(kinds) == 1:
                    self._write([(mergings[kinds[0].label].decide(batch), None)])
                else:
                    self._write(self._decided(batch, mergings))

    def _write(self, shares: Sequence[Share]) -> None:
        won = 0
        for decision, _ in shares:
            if decision.won:
                decision.write()
                won += decision.won
        if won:
            self.won += won
            if self._report_applied:
                self.applied.add(won, lambda: _in_order(shares))

    def _decided(self, batch: Sequence[Change], mergings: Mapping[str, Merging]) -> list[Share]:
        places: dict[str, list[int]] = {}
        at = 0
        for table, run in groupby(batch, attrgetter("table")):
            end = at + sum(1 for _ in run)
            places.setdefault(self._kind(table).label, []).extend(range(at, end))
            at = end
        return [(mergings[kind].decide([batch[n] for n in where]), where) for kind, where in places.items()]

    def _kind(self, table: object) -> Kind:
        return self._kinds.of(table) if isinstance(table, str) else self._kinds.first


def _around(mergings: Collection[Merging], *, many: bool) -> AbstractContextManager[object]:
    """Enter what each kind does around all batches."""
    if len(mergings) == 1:
        return next(iter(mergings)).batches(many=many)
    with ExitStack() as around:
        for merging in mergings:
            around.enter_context(merging.batches(many=many))
        return around.pop_all()


def _in_order(shares: Sequence[Share]) -> list[Applied]:
    told = [
        (place if places is None else places[place], one)
        for decision, places in shares
        for place, one in decision.applied()
    ]
    told.sort(key=itemgetter(0))
    return [one for _, one in told]
