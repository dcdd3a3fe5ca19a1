"""Replicas that write at random and sync by version in random pairs end up with the same rows and the same history."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import apsw
import pytest

from engine.replica import Replica
from engine.tables import Received
from tests import budget
from tests.peers import schemas
from tests.peers.scripts import Writer, statements
from tests.peers.tables import COMPOSITE, KEY_ONLY, TEXT_KEY, TYPED, UNTYPED, Table


class Mesh:
    """Some replicas with the same tables, each of which may sync with each other.

    Args:
        folder: for their files.
        choose: everything is chosen by it.
    """

    def __init__(self, folder: Path, choose: random.Random) -> None:
        self.choose = choose
        self.tables = draw_tables(choose)
        self.writer = Writer(choose, self.tables)
        self.replicas = [Replica.open(folder / f"{n}.db", create=True) for n in range(choose.randint(3, 6))]
        self.came: dict[tuple[Replica, Replica], list[tuple[int, int]]] = {}
        """The versions of the first replica that came from the second."""
        for replica in self.replicas:
            replica.connection.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").fetchall()
            for table in self.tables:
                replica.connection.execute(table.create)
                replica.make_crr(table.name)

    def write(self, replica: Replica) -> None:
        """A statement or a transaction; what a constraint refuses counts as none."""
        for statement in self.writer.program(0):
            try:
                replica.connection.execute(statement.sql, statement.args).fetchall()
            except (apsw.ConstraintError, apsw.MismatchError):
                continue

    def alter(self) -> None:
        """The same schema change everywhere, though not all has been synced."""
        steps = statements(self.writer.alter())
        for replica in self.replicas:
            for step in steps:
                replica.connection.execute(step.sql, step.args).fetchall()
        self.tables = self.writer.tables

    def pull(self, to: Replica, source: Replica) -> bool:
        """Everything new at ``source``, in slices of any size, some twice, perhaps without what ``to`` wrote or gave
        itself; says whether there was any."""
        choose = self.choose
        since = to.received_clock(source.site_id)
        found = source.changes(
            since,
            exclude_site=choose.choice([None, to.site_id]),
            exclude_versions=choose.choice([(), self.came.get((source, to), ())]),
            limit=choose.choice([None, 1, 5]),
        )
        batch = list(found.changes)
        if choose.random() < 0.3:
            choose.shuffle(batch)
        if choose.random() < 0.2:
            batch += found.changes
        if choose.random() < 0.2:  # the line breaks in the middle
            to.merge(batch[: len(batch) // 2])
        result = to.merge(batch, received=Received(source.site_id, found.until))
        self.came.setdefault((to, source), []).append((result.before, result.after))
        assert to.received_clock(source.site_id) == found.until
        assert result.after >= result.before
        stamped = {c.db_version for c in to.changes(result.before).changes}
        assert stamped <= {applied.local_version for applied in result.applied}, "only this merge is in its interval"
        assert not to.merge(batch).applied, "a batch that came before changes nothing"
        return found.more or bool(found.changes)

    def settle(self) -> None:
        """Pull until nobody has anything new."""
        pairs = [(to, source) for to in self.replicas for source in self.replicas if to is not source]
        rounds = 0
        while sum(self.pull(to, source) for to, source in pairs):
            rounds += 1
            assert rounds < 500, "the replicas never come to rest"

    def rows(self, replica: Replica) -> list[str]:
        return [repr((table.name, row)) for table in self.tables for row in replica.live_rows(table.name)]

    def close(self) -> None:
        for replica in self.replicas:
            assert replica.connection.execute("PRAGMA integrity_check").get == "ok"
            replica.close()


def draw_tables(choose: random.Random) -> tuple[Table, ...]:
    """Random ones, which hold every storage class; or those whose values clash most."""
    return schemas.draw(choose) if choose.random() < 0.6 else (TYPED, TEXT_KEY, COMPOSITE, KEY_ONLY, UNTYPED)


@pytest.mark.soak
@pytest.mark.slow
def test_replicas_converge() -> None:
    for case in budget.cases("CRR convergence", seconds=8, at_least=5):
        choose = case.random
        with tempfile.TemporaryDirectory() as folder:
            mesh = Mesh(Path(folder), choose)
            for _ in range(choose.randrange(5, 80)):
                if choose.random() < 0.02:
                    mesh.alter()
                elif choose.random() < 0.6:
                    mesh.write(choose.choice(mesh.replicas))
                else:
                    mesh.pull(*choose.sample(mesh.replicas, 2))
            mesh.settle()
            first, *others = mesh.replicas
            for other in others:
                assert other.digests() == first.digests(), f"{mesh.rows(first)}\n{mesh.rows(other)}"
            mesh.close()
