"""The published programs, started once for all tests of a process: loading them takes longer than most of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.old import OldSqlite
from tests.peers.oracle import Oracle


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """The published cr-sqlite."""
    with Oracle() as running:
        yield running


@pytest.fixture(scope="session")
def old() -> Iterator[OldSqlite]:
    """An old SQLite."""
    with OldSqlite() as running:
        yield running
