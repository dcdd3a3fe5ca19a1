"""The demo without a hub, as a person runs it."""

from __future__ import annotations

from pathlib import Path

from tests.engine.programs import Command


def test_three_machines_find_each_other_and_agree(tmp_path: Path) -> None:
    out = Command(tmp_path / "home")("demo", "--p2p", "--once", "--keep", tmp_path / "files")
    assert out.splitlines()[-1] == "identical"
    assert out.count("its tables match") == 3
    assert out.count("todo: 3 rows") == 3
    assert not (tmp_path / "home").exists()
    assert (tmp_path / "files" / "tablet" / "todo.db").exists()
