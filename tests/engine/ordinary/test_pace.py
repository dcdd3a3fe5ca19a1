"""Captures are short, however slow the machine is: what a writer waits for."""

from __future__ import annotations

from engine.ordinary.pace import FEWEST, LONGEST, MOST, Pace
from tests.engine.ordinary.conftest import NOTES, Open


def test_it_follows_the_machine() -> None:
    pace = Pace()
    for _ in range(9):
        pace.took(LONGEST / 10, full=True)
    assert pace.rows == MOST
    pace.took(2 * LONGEST, full=True)
    assert pace.rows == MOST // 2
    for _ in range(9):
        pace.took(2 * LONGEST, full=False)
    assert pace.rows == FEWEST


def test_a_capture_of_a_few_rows_says_nothing_of_many() -> None:
    pace = Pace()
    before = pace.rows
    pace.took(0.0, full=False)
    assert pace.rows == before


def test_a_capture_takes_no_more_than_that(new: Open) -> None:
    """Each takes some of the log, and nothing is lost between them."""
    file = new(NOTES)
    rows = ", ".join(f"('{n}', 'T', NULL, {n})" for n in range(3 * FEWEST))
    file.app(f"INSERT INTO notes VALUES {rows}")
    file.tables._pace.rows = FEWEST
    sizes: list[int] = []
    more = True
    while more:
        with file.transaction():
            before = file.db.execute("SELECT count(*) FROM crsql_syncline_log_1").get
            more = file.tables.capture()
            sizes.append(before - file.db.execute("SELECT count(*) FROM crsql_syncline_log_1").get)
    assert sum(sizes) == 3 * FEWEST
    assert sizes[0] == FEWEST
    assert len(file.versions()) == 3 * FEWEST
