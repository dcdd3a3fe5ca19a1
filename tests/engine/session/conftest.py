"""Files that apps write to, closed when the test is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.replica import Replica
from engine.session import batch_limits

from .columns import App, NewApp
from .joins import NOTES, NewFile, put
from .world import make_replica


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    """Two files with the table item."""
    one, other = make_replica(tmp_path / "one.db"), make_replica(tmp_path / "other.db")
    yield one, other
    one.close()
    other.close()


@pytest.fixture
def new_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewApp]:
    """An app with a file that has a table with such columns; ranges go in small parts."""
    monkeypatch.setattr(batch_limits, "BATCH_CHANGES", 5)
    apps: list[App] = []

    def new(columns: Sequence[str] = "a", **more: Any) -> App:
        apps.append(App(tmp_path / f"{len(apps)}.db", columns, **more))
        return apps[-1]

    yield new
    for app in apps:
        app.close()


@pytest.fixture
def new_file(tmp_path: Path) -> Iterator[NewFile]:
    """A file of an app's with these rows ('a A': the key and the title), made syncable afterwards. The schema may write
    rows, too."""
    opened: list[Replica] = []

    def new(*rows: str, schema: str = NOTES, tables: tuple[str, ...] = ("notes",)) -> Replica:
        replica = make_replica(tmp_path / f"{len(opened)}.db", schema)
        opened.append(replica)
        put(replica, *rows)
        for table in tables:
            replica.make_ordinary(table)
        return replica

    yield new
    for replica in opened:
        replica.close()
