"""A process that is killed while it writes what it has covered: nothing is said of it at the end of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from coverage import CoverageData

from tests.coverage_data import drop_unfinished


def data(path: Path) -> Path:
    """What coverage writes at the end of a process, all at once."""
    made = CoverageData(str(path))
    made.add_lines({f"/module{n}.py": range(1, 1000) for n in range(100)})
    made.write()
    made.close()
    return path


@pytest.mark.parametrize("kept", [0, 100, 4096, 0.5, 0.99])
def test_only_what_was_written_to_its_end_is_kept(tmp_path: Path, kept: float) -> None:
    whole = data(tmp_path / "data.host.1.x")
    cut = data(tmp_path / "data.host.2.x")
    whole_size = cut.stat().st_size
    with cut.open("r+b") as file:
        file.truncate(int(kept * whole_size) if isinstance(kept, float) else kept)
    assert drop_unfinished(tmp_path) == [cut]
    assert list(tmp_path.iterdir()) == [whole]
    read = CoverageData(str(whole))
    read.read()
    assert len(read.measured_files()) == 100
