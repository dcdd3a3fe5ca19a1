"""Tables that were empty when they were made syncable have no older rows: nothing of them is asked about."""

from __future__ import annotations

import random

import pytest

from engine.table_shape import Join, Where

from .joins import NewFile, in_sync, put, rows, sync, wire

OTHER = "CREATE TABLE other (id TEXT PRIMARY KEY, v)"
CRR = "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body); SELECT crsql_as_crr('notes')"


@pytest.mark.parametrize("seed", range(3))
def test_what_is_written_to_a_table_that_was_empty_is_not_asked_about(new_file: NewFile, seed: int) -> None:
    """Also when both apps write before the first meeting, and on while it goes on."""
    one, other = new_file(), new_file()
    put(one, "a A", "b B")
    put(other, "a other", "c C")
    line, rng = wire(one, other), random.Random(seed)
    for step in range(12):
        assert line.step(rng)
        put(one, f"one{step} x")
    in_sync(one, other)
    assert {"a other", "b B", "c C", "one0 x"} <= set(rows(one))


def test_one_side_that_was_empty_is_not_asked_about(new_file: NewFile) -> None:
    """Its rows are no older than the syncing; from then on it has those of before of the other side."""
    one, other, third = new_file(), new_file("a A", "b B"), new_file("b third")
    put(one, "a one")
    in_sync(one, other)
    assert rows(one) == ["a one", "b B"]
    assert [parked.where for parked in sync(third, one)[0].parked] == [Where.JOIN]


def test_rows_of_before_are_asked_about_though_both_met_one_that_was_empty(new_file: NewFile) -> None:
    begun, again, one, other = new_file(), new_file(), new_file("a A"), new_file("a B")
    in_sync(begun, again)
    in_sync(begun, one)
    in_sync(again, other)
    assert [parked.where for parked in sync(one, other)[0].parked] == [Where.JOIN]


def test_undone_a_table_that_was_empty_has_no_older_rows(new_file: NewFile) -> None:
    one, other = new_file(), new_file("a A")
    later = {"notes": other.dataset_ids().get("notes", frozenset({bytes(16)}))}
    one.undo_joins(later)
    put(one, "a B")
    in_sync(one, other)


def test_rows_that_came_since_the_greeting_was_made_are_joined_too(new_file: NewFile) -> None:
    one, other = new_file(), new_file("a B")
    line = wire(one, other)
    put(one, "a A")
    line.run()
    in_sync(one, other)
    assert rows(one) == ["a B"]


@pytest.mark.parametrize("undone", [0, 1])
def test_what_is_written_while_a_table_is_not_synced_is_asked_about(new_file: NewFile, undone: int) -> None:
    """Both were empty when they became syncable, and have met; what the other side has may not win unasked."""
    files = new_file(), new_file()
    put(files[0], "a A", "b B")
    in_sync(*files)
    put(files[1], "b B2")
    in_sync(*files)
    files[undone].make_plain("notes")
    put(files[undone], "b edited", "c C")
    files[undone].make_ordinary("notes")
    client, _ = sync(*files)
    [parked] = client.parked
    assert parked.found is not None
    assert (parked.found.same, parked.found.differ) == (1, 1)
    assert {"b B2", "b edited"} == {row for file in files for row in rows(file) if row.startswith("b")}
    in_sync(*files, how=Join.SAME)
    assert rows(files[0]) == ["a A", "b edited" if undone else "b B2", "c C"]
    put(files[0], "d D")
    in_sync(*files)


def test_what_is_as_it_was_when_it_is_synced_again_is_joined_unasked(new_file: NewFile) -> None:
    one, other, third = new_file(), new_file(), new_file()
    put(one, "a A", "b B")
    in_sync(one, other)
    in_sync(other, third)
    one.make_plain("notes")
    put(one, "c C")
    put(third, "d D")
    one.make_ordinary("notes")
    in_sync(one, other)
    in_sync(third, other)
    in_sync(one, other)
    in_sync(one, third)
    assert rows(one) == ["a A", "b B", "c C", "d D"]
