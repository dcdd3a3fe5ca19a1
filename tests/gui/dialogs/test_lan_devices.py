"""Machines in the network, as the dialog that adds a peer lists them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt

from engine.api import Engine
from engine.api.pairing import Pairing
from engine.pairing.discovery import Found, machine_name, mark
from engine.settings import Settings
from engine.settings.credentials import TokenStore
from gui.dialogs import add_peer
from gui.dialogs.add_peer import PeerDialog
from gui.dialogs.lan_devices import LanDevicesPanel
from gui.dialogs.peer_ways import Way
from gui.models.lan_devices import Column
from tests.engine.live import make_file, until
from tests.gui.aio import on_gui_loop
from tests.gui.dialogs.answers import asking, press, type_into, unnamed


class Gated:
    """Looks at a database no sooner than it may."""

    def __init__(self, pairing: Pairing, databases: Sequence[str]) -> None:
        self.gates = {database: asyncio.Event() for database in databases}
        self._pairing = pairing

    async def discovery_id(self, database: str) -> str:
        await self.gates[database].wait()
        return await self._pairing.discovery_id(database)

    async def close(self) -> None:
        await self._pairing.close()


@on_gui_loop
async def test_the_database_that_was_chosen_last_counts(tmp_path: Path) -> None:
    other = "CREATE TABLE other (id PRIMARY KEY NOT NULL); SELECT crsql_as_crr('other')"
    async with Engine(Settings()) as engine:
        first = (await engine.databases.add(make_file(tmp_path / "first.db"))).id
        last = (await engine.databases.add(make_file(tmp_path / "last.db", other))).id
        engine.pairing = gated = Gated(engine.pairing, (first, last))  # type: ignore[assignment]
        panel = LanDevicesPanel(engine)
        looks = [asyncio.create_task(panel.set_database(database)) for database in (first, last)]
        await asyncio.sleep(0)
        for database in (last, first):
            gated.gates[database].set()
            await looks.pop()
        fitting = Found("machine", ("127.0.0.1",), 1, 1, "", (await engine.pairing.discovery_id(last),))
        assert panel.model.fits(fitting)
        panel.deleteLater()


@on_gui_loop
async def test_machines_are_found_and_go(tmp_path: Path) -> None:
    """Others may be there too: tests that run at the same time announce theirs."""
    store = TokenStore(tmp_path / "here", keyring=False)
    async with (
        Engine(Settings(), data=tmp_path / "there") as there,
        Engine(Settings(), token_store=store, data=tmp_path / "here") as here,
    ):
        shared = await there.databases.add(make_file(tmp_path / "theirs.db"))
        fitting = await here.databases.add(make_file(tmp_path / "ours.db"))
        other = "CREATE TABLE other (id PRIMARY KEY NOT NULL); SELECT crsql_as_crr('other')"
        await here.databases.add(make_file(tmp_path / "other.db", other))
        async with asking(PeerDialog, add_peer.ask(None, here, database=fitting.id)) as (dialog, answer):
            dialog.ways.choose(Way.NETWORK)
            nearby, model = dialog.nearby, dialog.nearby.model

            def row() -> int | None:
                assert there.sharing.server is not None
                marks = {model.rows[row].certificate: row for row in range(model.rowCount())}
                return marks.get(mark(there.sharing.server.fingerprint))

            def cell(column: Column) -> str:
                return str(model.index(row() or 0, column).data())

            assert "On the other machine, press Share" in nearby.table.placeholder
            await there.sharing.start([shared.id])
            await until(lambda: row() is not None, "it is found")
            await until(lambda: cell(Column.OFFERS) == "a database with the same tables", "and what it offers")
            assert cell(Column.MACHINE) == machine_name()
            dialog.form.database.setCurrentIndex(1)
            await until(lambda: cell(Column.OFFERS) == "databases with other tables", "the other one does not fit")
            dialog.form.database.setCurrentIndex(0)
            nearby.table.selectRow(row() or 0)
            assert nearby.note.text.startswith(f"{machine_name()} accepts only machines with a pairing link.")
            assert not dialog.ok.isEnabled(), "being found lets nobody in"
            nearby.table.setFocus()
            press(nearby.table, Qt.Key.Key_Return)
            assert dialog.form.address.line.hasFocus()
            assert unnamed(dialog) == []
            link = there.sharing.invite(shared.id)
            type_into(dialog.form.address.line, link.text())
            assert dialog.form.name.placeholderText() == machine_name()
            dialog.accept()
            await until(answer.done, "it is paired")
        assert here.settings.peers[0].name == machine_name()
        async with asking(PeerDialog, add_peer.ask(None, here, database=fitting.id)) as (dialog, answer):
            nearby, model = dialog.nearby, dialog.nearby.model
            await until(lambda: row() is not None, "it is found again")
            await until(lambda: cell(Column.OFFERS) == "already a peer of this database", "it is known")
            gone = row() or 0
            certificate = model.rows[gone].certificate
            await there.sharing.stop()
            marks = lambda: [model.rows[row].certificate for row in range(model.rowCount())]  # noqa: E731
            await until(lambda: certificate not in marks(), "it goes")
            dialog.reject()


@on_gui_loop
async def test_looking_around_can_be_switched_off(tmp_path: Path) -> None:
    async with Engine(Settings(discover=False)) as engine:
        await engine.databases.add(make_file(tmp_path / "ours.db"))
        async with asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, _):
            await until(lambda: "switched off" in dialog.nearby.table.placeholder, "it says so")
            assert "in the settings" in dialog.nearby.table.placeholder
            dialog.reject()
