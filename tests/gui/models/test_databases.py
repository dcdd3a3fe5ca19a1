"""The list of databases: what is said of each, their order, and the line of traffic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from engine.events import DatabaseChanged, Guest, SharingChanged
from engine.ids import DatabaseId, SiteId
from engine.peer_state import State
from engine.settings import DatabaseConfig, Settings
from engine.tables import Coverage
from gui.models.database_status import ALL, describe, left_out, tables_of
from gui.models.databases import TRAFFIC_ROLE, DatabasesModel
from gui.models.traffic import STEP, STEPS, Traffic
from tests.gui.aio import QT_PATIENCE
from tests.gui.models.samples import change, moved, status


def database(name: str, problem: str = "") -> DatabaseChanged:
    """One whose id is its name."""
    return DatabaseChanged(DatabaseId(name), name, f"/{name}.db", SiteId(bytes(16)), 1, problem)


@pytest.fixture
def model(qtbot: QtBot) -> DatabasesModel:
    model = DatabasesModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.update_databases([database("notes"), database("books")])
    return model


def names(model: DatabasesModel) -> list[str]:
    return [model.index(row).data() for row in range(model.rowCount())]


def test_all_stand_on_top_then_those_that_need_somebody_then_by_name(model: DatabasesModel) -> None:
    assert names(model) == ["All databases", "books", "notes"]
    model.update_peers([status("a", database="notes", state=State.NEEDS_YOU), status("b", database="books")])
    assert names(model) == ["All databases", "notes", "books"]
    assert model.status(ALL).state is model.status("notes").state is State.NEEDS_YOU
    model.update_databases([database("atlas")])
    assert names(model) == ["All databases", "notes", "atlas", "books"]
    model.update_peers([status("a", database="notes")])
    assert names(model) == ["All databases", "atlas", "books", "notes"]
    model.remove_database("atlas")
    model.remove_database("nobody")
    assert names(model) == ["All databases", "books", "notes"]


def test_each_says_what_a_person_wants_to_know(model: DatabasesModel) -> None:
    assert model.status("notes").line == "No peer yet"
    peers = [status("1", database="notes", name="hub"), status("2", database="notes", name="desktop")]
    model.update_peers(peers)
    model.set_coverage("notes", Coverage(12, 15))
    assert model.status("notes").line == "In sync with desktop and hub · 12 of 15 tables"
    model.update_peers([replace(peers[0], state=State.WAITING)])
    assert model.status("notes").whole == "Waiting: hub. In sync with desktop."
    assert model.status(ALL).brief == "Waiting: hub"
    model.update_peers([replace(peers[1], database=DatabaseId("books"))])
    assert model.status("books").line == "In sync with desktop", "a peer may be given another database"
    model.remove_peer("1")
    assert model.status("notes").state is None
    tip = model.index(model.row_of("notes")).data(Qt.ItemDataRole.ToolTipRole)
    assert "3 stay on this machine" in tip
    spoken = model.index(model.row_of("notes")).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "notes, No peer yet, 12 of 15 tables"


def test_what_cannot_be_used_needs_somebody(model: DatabasesModel) -> None:
    model.update_databases([database("notes", "The file is gone.")])
    assert model.status("notes").state is State.NEEDS_YOU
    assert model.status("notes").whole == "The file is gone."
    assert "notes" in model.status(ALL).brief


def test_before_it_is_open_nothing_is_said_of_peers(qtbot: QtBot) -> None:
    model = DatabasesModel()
    model.set_settings(Settings(databases=(DatabaseConfig(DatabaseId("d"), "todo", Path("/t")),)))
    assert [model.status(one).line for one in ("d", ALL)] == ["Opening…", "Opening…"]


def test_who_comes_where_it_is_shared(model: DatabasesModel) -> None:
    shared = DatabaseConfig(DatabaseId("notes"), "notes", Path("/notes.db"), room="notes")
    model.set_settings(Settings(share=True, databases=(shared,)))
    assert model.status("notes").line == "Shared; nobody is connected"
    guests = (Guest("studio", "notes", connected=True, seen=1.0), Guest("attic", "other", connected=True, seen=1.0))
    model.set_sharing(SharingChanged(8787, guests))
    assert model.status("notes").line == "Shared with studio"


@pytest.mark.parametrize(
    ("coverage", "words", "stay"),
    [
        (Coverage(1, 1), "1 table", ""),
        (Coverage(0, 1), "0 of 1 tables", "0 of 1 tables; 1 stays on this machine."),
        (Coverage(9, 9), "9 tables", ""),
        (Coverage(8, 9), "8 of 9 tables", "8 of 9 tables; 1 stays on this machine."),
        (Coverage(1_000, 3_000), "1,000 of 3,000 tables", "1,000 of 3,000 tables; 2,000 stay on this machine."),
    ],
)
def test_coverage_in_words(coverage: Coverage, words: str, stay: str) -> None:
    assert (tables_of(coverage), left_out(coverage)) == (words, stay)


def test_of_many_peers_the_number_is_said() -> None:
    peers = [status(str(number), name=f"peer {number}") for number in range(1_200)]
    assert describe("d", "d", peers).brief == "In sync with 1,200 peers"
    assert describe("d", "d", peers[:3]).brief == "In sync with peer 0, peer 1 and peer 2"
    assert describe(ALL, "", peers[:2]).brief == "In sync with 2 peers"


def test_traffic_of_the_last_hour() -> None:
    now = 0.0
    traffic = Traffic(lambda: now)
    assert traffic.append([moved(change(1), change(2))]) == {"d"}
    assert traffic.line("d")[-1] == traffic.line()[-1] == 2
    assert traffic.line("other") == [0] * STEPS
    now = STEP * (STEPS - 1)
    traffic.append([moved(change(3))])
    assert (traffic.line("d")[0], traffic.line("d")[-1]) == (2, 1)
    now += STEP
    assert sum(traffic.line("d")) == 1
    now += STEP * STEPS
    assert traffic.empty


def test_the_line_is_painted_anew_when_something_moves(model: DatabasesModel, qtbot: QtBot) -> None:
    model.update_databases([database("d")])
    with qtbot.waitSignal(model.dataChanged, timeout=QT_PATIENCE):
        model.append([moved(change(1))])
    assert sum(model.index(model.row_of("d")).data(TRAFFIC_ROLE)) == 1
    assert sum(model.index(model.row_of("notes")).data(TRAFFIC_ROLE)) == 0
    assert not model.still


def test_a_caution_of_its_file_is_said_with_its_state(model: DatabasesModel) -> None:
    model.update_peers([status("1", database="notes", name="hub")])
    model.set_caution("notes", "“notes.db” is in a folder that another program syncs.")
    assert model.status("notes").whole == "In sync with hub. “notes.db” is in a folder that another program syncs."
    assert model.status("books").whole == "No peer yet"
    model.update_peers([status("1", database="notes", name="hub", state=State.WAITING)])
    assert model.status("notes").whole.endswith("that another program syncs.")
