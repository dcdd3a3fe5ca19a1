"""A long sync shows how far it is, though the clock moves only at a range's end."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.change import Change
from engine.links.peer_status import Progress
from engine.session import batch_limits
from engine.session.progress import versions_behind

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
