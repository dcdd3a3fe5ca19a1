"""``syncline make-syncable``."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from engine.crr import connect


def test_make_syncable_refused_leaves_the_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "plain.db"
    app = connect(tmp_path / "other.db", create=True)
    app.execute(f"ATTACH '{path}' AS plain; CREATE TABLE plain.t (id INTEGER PRIMARY KEY, u UNIQUE)").fetchall()
    app.close()
    before = path.read_bytes()
    assert main(["make-syncable", str(path), "t"]) == 1
    assert path.read_bytes() == before
