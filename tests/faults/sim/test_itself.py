"""The simulator under test: a seed replays exactly, and planted defects are found."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from engine.clocks import coverage, table_marks
from engine.crr import catalogue
from engine.crr.catalogue import Catalogue
from engine.replica import Replica
from engine.session import Merge, SynclineSession, base, common_tables, execute, vlcn
from engine.tables import Known, MergeResult, Received
from engine.tables.withheld.rows import WithheldRows

from .timeline import Failed
from .world import TOPOLOGIES, simulate

SEEDS = 60
"""Seeds in which a planted defect must show; each does in a few."""


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_seed_replays_exactly(topology: str) -> None:
    first, outcome = simulate(topology, random.Random(11))
    again, same = simulate(topology, random.Random(11))
    assert first.time.story(100_000) == again.time.story(100_000)
    assert outcome == same
    assert len(first.time.log) > 50


def test_a_seed_replays_exactly_in_another_process() -> None:
    """No order may depend on the hashes of this run."""
    command = [sys.executable, "-m", "tests.faults.sim", "--topology", "ring", "--seed", "5"]
    stories = [
        subprocess.run(
            command,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert stories[0] == stories[1]
    assert b"everything is settled" in stories[0]


def _clock_with_the_first_slice(patch: pytest.MonkeyPatch) -> None:
    def merge(replica: Replica, action: Merge, *, floor: int) -> list[MergeResult]:
        received, results = action.received, []
        for at in range(0, max(1, len(action.changes)), execute.MERGE_SLICE):
            part = action.changes[at : at + execute.MERGE_SLICE]
            results.append(
                replica.merge(part, author=action.author, received=received, js_numbers=action.js_numbers, floor=floor)
            )
            received = None
        return results

    patch.setattr(execute, "merge", merge)


def _clock_with_the_first_batch(patch: pytest.MonkeyPatch) -> None:
    accept = base.Session._accept

    def early(self: base.Session, changes: Any, *, place: object = None, **options: Any) -> None:
        accept(self, changes, **options)

    patch.setattr(base.Session, "_accept", early)


def _confirmed_before_it_is_merged(patch: pytest.MonkeyPatch) -> None:
    accept, merged = base.Session._accept, SynclineSession._merged

    def early(self: SynclineSession, changes: Any, **options: Any) -> None:
        merged(self, Merge((), options["since"] if options["place"] else options["until"], None))
        accept(self, changes, **options)

    patch.setattr(SynclineSession, "_accept", early)
    patch.setattr(SynclineSession, "_merged", lambda *_: None)


def _others_versions_taken_for_the_peers(patch: pytest.MonkeyPatch) -> None:
    done = base.Session.merge_done

    def wide(self: base.Session, results: Any) -> None:
        for result in results:
            self.outbound.note_own_versions(self.local_version, result.after)
        done(self, results)

    patch.setattr(base.Session, "merge_done", wide)


def _gaps_for_stock_servers(patch: pytest.MonkeyPatch) -> None:
    outgoing = vlcn._VlcnSession._outgoing

    def gap(self: Any, result: Any) -> None:
        self.outbound.position = max(self.outbound.position, result.until - 1)
        outgoing(self, result)

    patch.setattr(vlcn._VlcnSession, "_outgoing", gap)


def _columns_that_one_side_lacks_are_left_out(patch: pytest.MonkeyPatch) -> None:
    """So that clocks pass what was never merged."""
    merge = execute.merge

    def lenient(replica: Replica, action: Merge, **options: Any) -> list[MergeResult]:
        columns = {(shape.name, column) for shape in replica.shapes() for column in (*shape.columns, "-1")}
        fitting = tuple(change for change in action.changes if (change.table, change.cid) in columns)
        return merge(replica, replace(action, changes=fitting), **options)

    patch.setattr(execute, "merge", lenient)
    patch.setattr(common_tables, "difference", lambda *_: "")


def _a_clock_covers_tables_that_came_later(patch: pytest.MonkeyPatch) -> None:
    known = Replica.known

    def careless(self: Replica, site_id: bytes, parked: Collection[str] = ()) -> Known:
        return replace(known(self, site_id, parked), tables=self.crr_tables())

    patch.setattr(Replica, "known", careless)


def _a_clock_goes_on_covering_a_parked_table(patch: pytest.MonkeyPatch) -> None:
    record = coverage.record_received

    def careless(db: apsw.Connection, received: Received, tables: Catalogue) -> None:
        before = coverage._covered(db, received.site_id)
        record(db, received, tables)
        covered = {**before, **coverage._covered(db, received.site_id)}
        coverage._write(db, coverage._TABLES, (received.site_id, json.dumps(covered)))

    patch.setattr(coverage, "record_received", careless)
    patch.setattr(coverage, "covers_any", lambda *_: False)


def _all_holds_of_any_table_of_the_name(patch: pytest.MonkeyPatch) -> None:
    class Same(dict[object, str]):
        def __contains__(self, _: object) -> bool:
            return True

        def __missing__(self, _: object) -> str:
            return "the same"

    patch.setattr(catalogue, "marks", lambda _: Same())


def _a_range_goes_on_whatever_became_of_its_tables(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(table_marks, "check", lambda *_: None)


def _withheld_rows_are_recorded_in_memory_alone(patch: pytest.MonkeyPatch) -> None:
    record = WithheldRows.record
    patch.setattr(WithheldRows, "record", lambda self, found, *, readonly: record(self, found, readonly=True))


def _rows_keep_their_versions_when_they_are_released(patch: pytest.MonkeyPatch) -> None:
    release = WithheldRows.release
    patch.setattr(WithheldRows, "release", lambda self, changed, *, readonly: release(self, changed, readonly=True))


@pytest.mark.parametrize(
    ("plant", "topologies"),
    [
        (_withheld_rows_are_recorded_in_memory_alone, ["stock hub"]),
        (_rows_keep_their_versions_when_they_are_released, ["hub"]),
        (_all_holds_of_any_table_of_the_name, ["chain"]),
        (_a_range_goes_on_whatever_became_of_its_tables, ["hub"]),
        (_columns_that_one_side_lacks_are_left_out, ["chain"]),
        (_a_clock_covers_tables_that_came_later, ["chain"]),
        (_a_clock_goes_on_covering_a_parked_table, ["hub", "chain"]),
        (_clock_with_the_first_slice, ["chain"]),
        (_clock_with_the_first_batch, ["ring"]),
        (_confirmed_before_it_is_merged, ["hub", "mesh"]),
        (_others_versions_taken_for_the_peers, ["chain"]),
        (_gaps_for_stock_servers, ["published hub"]),
    ],
)
def test_planted_defects_are_found(
    plant: Callable[[pytest.MonkeyPatch], None], topologies: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    for seed in range(SEEDS):
        _, outcome = simulate(topologies[seed % len(topologies)], random.Random(seed))
        if isinstance(outcome, Failed):
            return
    pytest.fail(f"{SEEDS} seeds did not show it.")
