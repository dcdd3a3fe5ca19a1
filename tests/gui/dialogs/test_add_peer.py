"""Adding and changing peers: what each field says, and what the engine has afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit

from engine.api import Engine
from engine.checks.probe import Step
from engine.pairing.discovery import Found, mark
from engine.peer_state import State
from engine.settings import Direction, Mode, Pause, PeerConfig, Settings
from engine.settings.credentials import TokenStore
from engine.settings.typed_address import HUB_PORT
from gui.dialogs import add_peer, peer_form
from gui.dialogs.add_peer import PeerDialog
from gui.dialogs.peer_ways import Way
from tests.engine.live import PATIENCE, make_file, plain_engine, rows, until, write
from tests.gui.aio import on_gui_loop
from tests.gui.dialogs.answers import asking, click, press, type_into, unnamed
from tests.ports import free_port


@asynccontextmanager
async def world(folder: Path, *, token: str | None = None) -> AsyncIterator[tuple[Engine, str, Engine]]:
    """An engine with the database "here", the address of a hub with the room "room", and the hub's engine."""
    make_file(folder / "rooms/room")
    store = TokenStore(folder / "data", keyring=False)
    async with plain_engine() as server, Engine(Settings(), token_store=store) as engine:
        hub = await server.serving.start(folder / "rooms", port=free_port(), token=token)
        await engine.databases.add(make_file(folder / "here.db"))
        yield engine, hub.url, server


def fill(dialog: PeerDialog, url: str, room: str = "room", token: str = "") -> None:
    type_into(dialog.form.address.line, url)
    type_into(dialog.form.room.line, room)
    type_into(dialog.form.token.line, token)


def findings_of(dialog: PeerDialog) -> dict[Step, str]:
    return {step: note.text for step, note in dialog.connection_test.lines.items()}


@on_gui_loop
async def test_the_days_until_a_peer_is_stale(tmp_path: Path) -> None:
    async with world(tmp_path) as (engine, url, _):
        for days, kept in ((3, 3), (0, None)):
            peer = engine.settings.peers[0] if engine.settings.peers else None
            async with asking(PeerDialog, add_peer.ask(None, engine, peer)) as (dialog, answer):
                fill(dialog, url, "stale")
                dialog.form.stale.setValue(days)
                dialog.accept()
                await until(answer.done, "it is kept")
            assert engine.settings.peers[0].stale_days == kept


@on_gui_loop
async def test_every_field_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    async with world(tmp_path) as (engine, url, _), asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, answer):
        fields = {"address": dialog.form.address, "room": dialog.form.room, "token": dialog.form.token}
        assert {name: field.note.text for name, field in fields.items()} == dict.fromkeys(fields, "")
        assert not dialog.ok.isEnabled()
        assert not dialog.connection_test.button.isEnabled()
        assert fields["address"].line.accessibleDescription().startswith("Missing: the link.")
        dialog.ways.choose(Way.HUB)
        assert dialog.ok.toolTip() == "The address is empty. Write it like wss://example.org:8080/sync/ROOM."
        assert fields["address"].line.accessibleDescription().startswith("Missing: the address of the hub")
        assert {name: field.note.text for name, field in fields.items()} == dict.fromkeys(fields, "")
        fill(dialog, "http://example.org", "a/b", "a=b")
        for name, start in {
            "address": "http://example.org is the address of a web page. Use ws://example.org.",
            "room": "The room name “a/b” contains “/”, which hubs reject.",
            "token": "The token contains “,” or “=”",
        }.items():
            assert fields[name].note.text.startswith(start)
            assert fields[name].note.isVisible()
            assert fields[name].line.accessibleDescription() == fields[name].note.text
        fill(dialog, url, "a??")
        assert dialog.form.room.note.text == "", "a problem goes as soon as it is mended"
        assert dialog.ok.isEnabled()
        type_into(dialog.form.room.line, "a???")
        assert "cannot carry" in dialog.form.room.note.text
        assert not dialog.ok.isEnabled()
        press(dialog.form.room.line, Qt.Key.Key_Return)
        assert dialog.isVisible(), "Enter does not get past a problem"
        assert unnamed(dialog) == []
        assert dialog.height() >= dialog.layout().totalHeightForWidth(dialog.width())
        press(dialog, Qt.Key.Key_Escape)
        await until(answer.done, "Esc closes it")
        assert answer.result() is None
        assert engine.peers.statuses() == []


@on_gui_loop
async def test_what_is_pasted_chooses_the_way(tmp_path: Path) -> None:
    async with world(tmp_path) as (engine, _, _), asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, _):
        form = dialog.form
        assert dialog.ways.way is Way.LINK
        assert [part.isVisible() for part in (dialog.nearby, form.room, dialog.connection_test)] == [False] * 3
        dialog.ways.buttons[Way.NETWORK].click()
        assert [part.isVisible() for part in (dialog.nearby, form.room)] == [True, False]
        type_into(form.address.line, "wss://hub.example/sync/todo")
        assert dialog.ways.way is Way.HUB
        assert [part.isVisible() for part in (dialog.nearby, form.room, dialog.connection_test)] == [False, True, True]
        type_into(form.address.line, "syncline://pair?")
        assert dialog.ways.way is Way.LINK
        assert form.address.note.text, "it is no whole one"
        dialog.reject()


@on_gui_loop
async def test_what_is_not_typed_is_filled_in(tmp_path: Path) -> None:
    async with world(tmp_path) as (engine, _, _), asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, _):
        dialog.ways.choose(Way.HUB)
        form = dialog.form
        type_into(form.address.line, "hub.example.org")
        assert form.words.text == f"Connects to wss://hub.example.org:{HUB_PORT}/sync/here"
        assert form.room.line.placeholderText() == "here", "as the database is called"
        assert dialog.ok.isEnabled()
        draft = form.draft()
        assert (draft.url, draft.room) == (f"wss://hub.example.org:{HUB_PORT}/sync/here", "here")
        type_into(form.room.line, "todo")
        assert form.draft().room == "todo"
        type_into(form.room.line, "")
        form.database.setCurrentIndex(form.database.findData(peer_form.NEW))
        assert not dialog.ok.isEnabled()
        assert form.room.line.accessibleDescription() == "Missing: the name of the database on the hub."
        dialog.reject()


@on_gui_loop
async def test_an_added_peer_comes_to_be_in_sync(tmp_path: Path) -> None:
    async with world(tmp_path, token="right") as (engine, url, _):
        write(tmp_path / "rooms/room", "INSERT INTO item (id, name) VALUES (1, 'one')")
        async with asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, answer):
            await until(lambda: dialog.form.where.text, "it is told where tokens are kept")
            assert str(tmp_path / "data/tokens.json") in dialog.form.where.text
            fill(dialog, f" {url.removesuffix('/sync')} ", token="right")
            assert dialog.form.name.placeholderText() == f"room at {url[5:-5]}"
            dialog.form.direction.setCurrentIndex(1)
            press(dialog.form.token.line, Qt.Key.Key_Return)
        peer = answer.result()
        assert peer is not None
        assert engine.settings.peers == (peer,)
        assert (peer.url, peer.room, peer.mode, peer.direction) == (f"{url}/room", "room", Mode.LIVE, Direction.RECEIVE)
        assert isinstance(peer.mode, Mode)
        assert peer.name == f"room at {url[5:-5]}"
        await engine.peers.wait_in_sync(timeout=PATIENCE)
        assert engine.peers.statuses()[0].state is State.IN_SYNC
        assert "right" in (tmp_path / "data/tokens.json").read_text()


@on_gui_loop
async def test_the_room_may_stand_in_the_address(tmp_path: Path) -> None:
    async with world(tmp_path) as (engine, url, _), asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, answer):
        form = dialog.form
        fill(dialog, f"{url}/..%2Fx", "other")
        assert form.address.note.text.startswith("The room name “../x” starts with a dot")
        assert form.room.isEnabled()
        assert not dialog.ok.isEnabled()
        type_into(form.address.line, f"{url}/r%6Fom")
        assert (form.room.text, form.room.isEnabled()) == ("room", False), "it says which, and is not asked for again"
        click(dialog.ok)
        await until(answer.done, "it is kept")
        peer = answer.result()
        assert peer is not None
        assert (peer.url, peer.room) == (f"{url}/room", "room")
        await engine.peers.wait_in_sync(timeout=PATIENCE)
        async with asking(PeerDialog, add_peer.ask(None, engine)) as (again, _):
            fill(again, url)
            assert "already syncs this database with this room" in again.form.room.note.text, "however it is written"
            press(again, Qt.Key.Key_Escape)


@on_gui_loop
async def test_changing_a_peer(tmp_path: Path) -> None:
    async with world(tmp_path, token="right") as (engine, url, _):
        database = engine.settings.databases[0].id
        peer = replace(PeerConfig.new(database, url, room="room", name="Desk"), stale_days=3, paused=Pause.FOREVER)
        await engine.peers.add(peer, token="wrong")
        async with asking(PeerDialog, add_peer.ask(None, engine, peer)) as (dialog, answer):
            assert dialog.windowTitle() == "Edit peer"
            assert not dialog.form.database.isEnabled()
            assert not dialog.form.minutes.isVisible()
            assert dialog.form.token.line.text() == "wrong"
            assert dialog.form.token.line.displayText() != "wrong"
            dialog.form.mode.setCurrentIndex(1)
            assert dialog.form.minutes.isVisible()
            dialog.form.minutes.setValue(7)
            type_into(dialog.form.name, "Laptop")
            type_into(dialog.form.token.line, "right")
            click(dialog.ok)
        changed = replace(peer, name="Laptop", mode=Mode.EVERY, minutes=7)
        assert answer.result() == changed
        assert engine.settings.peers == (changed,)
        assert engine.peers.tokens.of(peer.id) == "right"
        async with asking(PeerDialog, add_peer.ask(None, engine, changed)) as (dialog, answer):
            click(dialog.ok)
        assert answer.result() == changed
        assert engine.peers.tokens.of(peer.id) == "right"


@on_gui_loop
async def test_a_token_that_no_try_has_needed_yet(tmp_path: Path) -> None:
    async with world(tmp_path) as (engine, url, _):
        peer = replace(PeerConfig.new(engine.settings.databases[0].id, url, room="room"), paused=Pause.FOREVER)
        await engine.peers.add(peer, token="kept")
        settings, file = engine.settings, tmp_path / "data/tokens.json"
    whole = file.read_text()
    async with Engine(settings, token_store=TokenStore(tmp_path / "data", keyring=False)) as engine:
        file.write_text("{")
        async with asking(PeerDialog, add_peer.ask(None, engine, peer)) as (dialog, answer):
            await until(lambda: "the file is damaged" in dialog.problem.text, "it says why no token is seen")
            assert dialog.form.token.line.text() == ""
            file.write_text(whole)
            click(dialog.ok)
        assert answer.result() == peer
        assert file.read_text() == whole, "what was not seen stays as it is"
        async with asking(PeerDialog, add_peer.ask(None, engine, peer)) as (dialog, answer):
            await until(lambda: dialog.form.token.line.text() == "kept", "the token is filled in")
            click(dialog.ok)
        assert file.read_text() == whole


@on_gui_loop
async def test_the_same_room_twice(tmp_path: Path) -> None:
    async with world(tmp_path) as (engine, url, _):
        database = engine.settings.databases[0].id
        await engine.peers.add(PeerConfig.new(database, url, room="room", name="Desk"))
        async with asking(PeerDialog, add_peer.ask(None, engine, database=database)) as (dialog, _):
            fill(dialog, url)
            assert dialog.form.room.note.text == "“Desk” already syncs this database with this room."
            assert not dialog.ok.isEnabled()
            dialog.reject()


@on_gui_loop
async def test_without_a_database(tmp_path: Path) -> None:
    async with plain_engine() as engine, asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, _):
        assert dialog.form.database.currentData() == peer_form.NEW, "there is no other"
        assert not dialog.ok.isEnabled()
        fill(dialog, "ws://127.0.0.1:1/sync")
        assert dialog.ok.isEnabled()
        dialog.reject()


async def choose_place(dialog: PeerDialog, path: Path) -> None:
    """Say where to make the new file."""
    await until(lambda: [one for one in dialog.findChildren(QFileDialog) if one.isVisible()], "it asks where")
    [chooser] = [one for one in dialog.findChildren(QFileDialog) if one.isVisible()]
    type_into(chooser.findChild(QLineEdit, "fileNameEdit"), str(path))
    press(chooser.findChild(QLineEdit, "fileNameEdit"), Qt.Key.Key_Return)


@on_gui_loop
async def test_a_room_makes_a_file_where_there_is_none(tmp_path: Path) -> None:
    async with world(tmp_path, token="right") as (engine, url, _):
        write(tmp_path / "rooms/room", "INSERT INTO item (id, name) VALUES (1, 'one')")
        ours = tmp_path / "ours.db"
        async with asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, answer):
            dialog.form.database.setCurrentIndex(dialog.form.database.findData(peer_form.NEW))
            fill(dialog, url, "nowhere", "right")
            click(dialog.ok)
            await choose_place(dialog, ours)
            await until(lambda: dialog.problem.text, "it says why not")
            assert "This hub has no room “nowhere”." in dialog.problem.text
            assert (ours.exists(), len(engine.settings.databases), dialog.ok.isEnabled()) == (False, 1, True)
            fill(dialog, url, token="right")
            click(dialog.connection_test.button)
            await until(lambda: not dialog.connection_test.busy, "the test is over")
            assert findings_of(dialog)[Step.SCHEMA] == "The new file gets “item”."
            click(dialog.ok)
            await choose_place(dialog, ours)
            await until(answer.done, "it is added")
        await engine.peers.wait_in_sync(timeout=PATIENCE)
        assert engine.settings.peers[0].database == engine.settings.databases[1].id
        assert rows(ours) == rows(tmp_path / "rooms/room") != []


@on_gui_loop
async def test_a_link_makes_a_file_where_there_is_none(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "here", keyring=False)
    async with (
        Engine(Settings(), data=tmp_path / "there") as there,
        Engine(Settings(), token_store=store, data=tmp_path / "here") as here,
    ):
        theirs = make_file(tmp_path / "theirs.db")
        write(theirs, "INSERT INTO item (id, name) VALUES (1, 'one')")
        shared = await there.databases.add(theirs)
        await there.sharing.start([shared.id])
        link = there.sharing.invite(shared.id).text()
        async with asking(PeerDialog, add_peer.ask(None, here, link=link)) as (dialog, answer):
            assert dialog.form.database.currentData() == peer_form.NEW, "there is no other"
            click(dialog.ok)
            await until(lambda: dialog.findChildren(QFileDialog), "it asks where")
            dialog.findChildren(QFileDialog)[0].reject()
            await until(dialog.ok.isEnabled, "nothing was chosen, and nothing is lost")
            click(dialog.ok)
            await choose_place(dialog, tmp_path / "ours.db")
            await until(answer.done, "it is paired")
        await here.peers.wait_in_sync(timeout=PATIENCE)
        assert rows(tmp_path / "ours.db") == rows(theirs) != []


# The test button


@on_gui_loop
async def test_what_cannot_be_saved_is_said_in_the_dialog(tmp_path: Path) -> None:
    async with world(tmp_path, token="right") as (engine, url, _):
        (tmp_path / "data").touch()  # where the folder of the tokens should come
        async with asking(PeerDialog, add_peer.ask(None, engine)) as (dialog, _):
            fill(dialog, url, token="right")
            click(dialog.ok)
            await until(lambda: dialog.problem.text, "the problem is said")
            assert "tokens.json could not be" in dialog.problem.text
            assert dialog.ok.isEnabled()
            assert engine.peers.statuses() == []
            (tmp_path / "data").unlink()
            click(dialog.ok)
        await engine.peers.wait_in_sync(timeout=PATIENCE)


@on_gui_loop
async def test_a_pasted_link_pairs_and_shows_the_words(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "here", keyring=False)
    async with (
        Engine(Settings(), data=tmp_path / "there") as there,
        Engine(Settings(), token_store=store, data=tmp_path / "here") as here,
    ):
        shared = await there.databases.add(make_file(tmp_path / "theirs.db"))
        await there.sharing.start([shared.id])
        await here.databases.add(make_file(tmp_path / "ours.db"))
        link = there.sharing.invite(shared.id)
        async with asking(PeerDialog, add_peer.ask(None, here)) as (dialog, answer):
            type_into(dialog.form.address.line, link.text()[:-30])
            assert not dialog.ok.isEnabled()
            assert "link" in dialog.form.address.note.text
            type_into(dialog.form.address.line, link.text())
            assert " ".join(link.words) in dialog.form.words.text
            assert dialog.ok.isEnabled()
            assert not dialog.form.room.isEnabled()
            assert not dialog.connection_test.button.isEnabled()
            assert unnamed(dialog) == []
            dialog.accept()
            await until(answer.done, "it is paired")
        assert answer.result() == here.settings.peers[0]
        assert here.settings.peers[0].fingerprint == link.fingerprint
        async with asking(PeerDialog, add_peer.ask(None, here, here.settings.peers[0])) as (dialog, answer):
            type_into(dialog.form.name, "Laptop")
            dialog.accept()
            await until(answer.done, "it is saved")
        assert here.settings.peers[0].name == "Laptop"
        assert here.settings.peers[0].fingerprint == link.fingerprint
        async with asking(PeerDialog, add_peer.ask(None, here)) as (dialog, answer):  # again, now that it is found
            machine = Found("its-own-name", ("127.0.0.1",), 1, 1, mark(link.fingerprint), ())
            dialog.nearby.model.show((machine,))
            type_into(dialog.form.address.line, there.sharing.invite(shared.id).text())
            assert dialog.form.name.placeholderText() == "Laptop"
            dialog.accept()
            await until(answer.done, "it is paired")
        assert [peer.name for peer in here.settings.peers] == ["Laptop"]
        await here.peers.wait_in_sync(timeout=PATIENCE)
