"""Reading: all changes of a file, at once and in parts, and the last ten."""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from engine.cli.bench.files import Files
from engine.cli.bench.samples import TABLE, Sample, samples
from engine.cli.bench.timing import Case, Watch
from engine.replica import Replica
from engine.sqlite.sql import ident, idents, literal
from engine.tables import Span

TAIL = 10
"""How many changes the newest version has, in the case ``tail``."""

PART = 5_000
"""How many changes are in a part."""


def cases(rows: int) -> Iterator[Case]:
    """Yield all changes at once and in parts for every table, and the tail for integer keys."""
    for sample in samples(rows):
        files = Files(sample)
        try:
            yield from _cases(sample, files)
        finally:
            files.close()


def _cases(sample: Sample, files: Files) -> Iterator[Case]:
    def whole(watch: Watch) -> None:
        with files.replica(files.filled) as replica, watch.running():
            assert len(replica.changes().changes) == sample.changes

    def parts(watch: Watch) -> None:
        with files.replica(files.filled) as replica, watch.running():
            until, place, count = None, b"", 0
            while place or not count:
                part = replica.part(Span(0, until, (TABLE,)), place=place, changes=PART)
                until, place, count = part.until, part.place, count + len(part.changes)
            assert count == sample.changes

    def join(watch: Watch) -> None:
        with files.replica(files.filled) as replica:
            sql = _join(replica)
            with watch.running():
                assert len(replica.connection.execute(sql, (0,)).fetchall()) == sample.changes

    plain = "the same join in the same order, not packed"
    yield Case("read", "all" + sample.suffix, sample.rows, sample.changes, whole, plain, join)
    yield Case("read", "parts" + sample.suffix, sample.rows, sample.changes, parts, plain, join)
    if sample.suffix:
        return

    def tail(watch: Watch) -> None:
        with files.replica(files.filled) as replica:
            since = _write_tail(replica.connection)
            with watch.running():
                assert len(replica.changes(since).changes) == TAIL

    def tail_join(watch: Watch) -> None:
        with files.replica(files.filled) as replica:
            since = _write_tail(replica.connection)
            sql = _join(replica)
            with watch.running():
                assert len(replica.connection.execute(sql, (since,)).fetchall()) == TAIL

    yield Case("read", "tail", sample.rows, TAIL, tail, plain, tail_join)


def _join(replica: Replica) -> str:
    """Return the plain join that defines the changes, written out here because ``cells`` reads by the row."""
    [shape] = replica.shapes()
    same_row = " AND ".join(f"t.{ident(name)} = p.{ident(name)}" for name in shape.key)
    value = " ".join(f"WHEN {literal(name)} THEN t.{ident(name)}" for name in shape.columns)
    return (
        f"SELECT {idents(shape.key, prefix='p.')}, c.col_name, CASE c.col_name {value} END, c.col_version,"
        f" c.db_version, c.site_id, ifnull(s.col_version, 1), c.seq FROM {TABLE}__crsql_clock AS c"
        f" CROSS JOIN {TABLE}__crsql_pks AS p ON p.__crsql_key = c.key LEFT JOIN {TABLE} AS t ON {same_row}"
        f" LEFT JOIN {TABLE}__crsql_clock AS s ON s.key = c.key AND s.col_name = '-1'"
        " WHERE c.db_version > ? ORDER BY c.db_version, c.seq"
    )


def _write_tail(db: apsw.Connection) -> int:
    since: int = db.execute("SELECT crsql_db_version()").get
    db.execute(f"UPDATE {TABLE} SET number = -1 WHERE id <= {TAIL}")
    return since
