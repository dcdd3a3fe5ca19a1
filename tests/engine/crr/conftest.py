"""Fixtures of the CRR tests: small files made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from engine.replica import Replica

FOO = "CREATE TABLE foo (a INTEGER PRIMARY KEY NOT NULL, b, c)"

MakeReplica = Callable[..., Replica]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeReplica]:
    """make(name, schema, *tables): a new file with the schema, its tables made syncable."""
    opened: list[Replica] = []

    def build(name: str = "a", schema: str = FOO, tables: tuple[str, ...] = ("foo",)) -> Replica:
        replica = Replica.open(tmp_path / f"{name}.db", create=True)
        opened.append(replica)
        replica.connection.execute(schema)
        for table in tables:
            replica.make_crr(table)
        return replica

    yield build
    for replica in opened:
        replica.close()


@pytest.fixture
def foo(make: MakeReplica) -> apsw.Connection:
    """A connection to a file with the CRR foo(a, b, c)."""
    return make().connection
