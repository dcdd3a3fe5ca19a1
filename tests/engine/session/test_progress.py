"""A long sync shows how far it is, though the clock moves only at a range's end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.change import Change
from engine.links.peer_status import Progress
from engine.session import batch_limits
from engine.session.progress import versions_behind
from engine.tables import Span
from engine.wire import Coming, decode

from .world import make_replica, own_pair


def change(table: str, version: int) -> Change:
    return Change(table, b"", "c", None, 1, version, None, 1, 0)


@pytest.mark.parametrize(
    ("changes", "behind"),
    [
        ([], 0),
        ([change("a", 20)], 5),
        ([change("a", 30), change("a", 25)], 10),
        ([change("a", 30), change("b", 20)], 15),
        ([change("b", 30)], 20),
        ([change("unknown", 15)], 2),
    ],
)
def test_how_much_of_a_range_lies_behind(changes: list[Change], behind: int) -> None:
    assert versions_behind(changes, ("a", "b"), 10, 30) == behind


def test_a_sync_counts_what_it_moved_and_tells_how_long_it_goes_on() -> None:
    def facts(changes: int, left: int) -> SimpleNamespace:
        unknown = {"changes_to_receive": None, "changes_to_send": 0}
        return SimpleNamespace(changes=changes, to_receive=left, to_send=0, in_sync=left == 0, **unknown)

    progress = Progress()
    seen = []
    for now, changes, left, size in (
        (0.0, 10, 0, 100), (1.0, 10, 100, 100), (2.0, 60, 90, 600), (11.0, 460, 50, 5_000), (21.0, 960, 0, 9_000),
        (30.0, 965, 5, 9_050),
    ):  # fmt: skip
        progress.update(facts(changes, left), now, size)  # type: ignore[arg-type]
        seen.append((progress.changes, progress.size, progress.seconds_left))
    assert seen == [(0, 0, None), (0, 0, None), (50, 500, None), (450, 4_900, 10), (0, 0, None), (5, 50, None)]


def test_progress_moves_within_a_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 30)
    one, other = (make_replica(tmp_path / f"{name}.db") for name in ("one", "other"))
    for number in range(100):
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))
    wire = own_pair(one, other)
    seen: list[list[int]] = [[], []]
    for end, progress, mine in zip(wire.ends, (Progress(), Progress()), seen, strict=True):
        step = end.step

        def watched(step=step, end=end, progress=progress, mine=mine) -> bool:  # type: ignore[no-untyped-def]
            worked = bool(step())
            progress.update(end.session, 0.0)
            if progress.total == 100 and mine[-1:] != [progress.done]:
                mine.append(progress.done)
            return worked

        monkeypatch.setattr(end, "step", watched)
    wire.run()
    one.close()
    other.close()
    for mine in seen:
        assert mine == sorted(mine), "progress went back"
        assert len([done for done in mine if 0 < done < 100]) >= 5


def test_what_is_left_is_counted_in_changes_on_both_sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction is one version, however many rows it writes."""
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 30)
    one, other = (make_replica(tmp_path / f"{name}.db") for name in ("one", "other"))
    with one.connection:
        for number in range(400):
            one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))
    total = one.count_changes(0)
    assert (one.db_version(), total) == (1, len(one.changes().changes))
    wire = own_pair(one, other)
    due: list[list[int]] = [[], []]
    moved: list[int] = []
    for number, end in enumerate(wire.ends):
        step = end.step

        def watched(step=step, end=end, mine=due[number], first=number == 0) -> bool:  # type: ignore[no-untyped-def]
            worked = bool(step())
            facts = end.session.facts()
            left = facts.changes_to_send if first else facts.changes_to_receive
            if mine[-1:] != [left]:
                mine.append(left)
            if first and left:
                moved.append(facts.changes + left)
            return worked

        monkeypatch.setattr(end, "step", watched)
    wire.run()
    one.close()
    other.close()
    for mine in due:
        counted = mine[mine.index(max(mine)) :]
        assert max(mine) > total * 3 // 4
        assert counted == sorted(counted, reverse=True)
        assert len(counted) > 5
        assert counted[-1] == 0
    assert max(due[0]) == total
    assert set(moved) <= {1, total}, "what was moved and what is left are everything that there is"


@pytest.mark.parametrize("protocol", [6, 7])
def test_an_older_syncline_is_not_told_how_much_is_coming(
    protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 30)
    one, other = (make_replica(tmp_path / f"{name}.db") for name in ("one", "other"))
    with one.connection:
        for number in range(200):
            one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))
    wire = own_pair(one, other, protocol=protocol)
    came: list[int] = []
    receive = wire.ends[1].session.receive

    def watched(data: bytes) -> None:
        if isinstance(message := decode(data), Coming):
            came.append(message.changes)
        receive(data)

    monkeypatch.setattr(wire.ends[1].session, "receive", watched)
    wire.run()
    assert wire.ends[1].session.in_sync
    assert came == ([one.count_changes(0)] if protocol == 7 else [])
    one.close()
    other.close()


def test_a_count_leaves_out_what_came_over_the_same_connection(tmp_path: Path) -> None:
    one = make_replica(tmp_path / "one.db")
    for number in range(50):
        one.connection.execute("INSERT INTO item (id, name) VALUES (?, 'n')", (number,))
    total = len(one.changes(exclude_versions=((10, 40),)).changes)
    part = one.part(Span(0, None, ("item",)), exclude_versions=((10, 40),), changes=5, count=True)
    assert (len(part.changes), part.left) == (5, total - 5)
    rest = one.part(Span(0, part.until, ("item",)), place=part.place, exclude_versions=((10, 40),), count=True)
    assert (len(rest.changes), rest.left, rest.place) == (total - 5, 0, b"")
    one.close()
