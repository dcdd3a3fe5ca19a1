"""Comparing with a peer in a dialog: the result in words, the rows, and the mends."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from engine.session import Verdict
from gui.dialogs import verify
from gui.dialogs.verify import VerifyDialog
from tests.engine.checks.test_row_diff import connected, spelled, twins, untracked
from tests.engine.live import PATIENCE, plain_engine, rows, until
from tests.gui.aio import on_gui_loop
from tests.gui.dialogs.answers import asking, click, press, unnamed


def cells(dialog: VerifyDialog) -> list[list[str]]:
    model = dialog.model
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


def test_identical_is_said_with_its_counts(tmp_path: Path) -> None:
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, 1_200)

    @on_gui_loop
    async def go() -> None:
        async with plain_engine() as server, plain_engine() as client:
            peer = await connected(client, server, one, room)
            async with asking(VerifyDialog, verify.show(None, client, peer, "Laptop")) as (dialog, _):
                assert unnamed(dialog) == []
                await until(lambda: not dialog.busy, "it has compared")
                assert dialog.outcome.text == f"Identical: 1 table, {dialog.locale().toString(1200)} rows."
                assert not any(button.isVisible() for button in dialog.mends)
                press(dialog, Qt.Key.Key_Escape)

    go()


def test_what_differs_is_listed_and_mended(tmp_path: Path) -> None:
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, 20)
    untracked(one, "UPDATE item SET name = '<b>mine</b>' WHERE id = 3", "DELETE FROM item WHERE id = 9")

    @on_gui_loop
    async def go() -> None:
        async with plain_engine() as server, plain_engine() as client:
            peer = await connected(client, server, one, room)
            async with asking(VerifyDialog, verify.show(None, client, peer, "Laptop")) as (dialog, _):
                await until(lambda: not dialog.busy, "it has compared")
                assert dialog.outcome.text == "Rows that differ: 2."
                assert cells(dialog) == [
                    ["item", "3", "name: <b>mine</b>", "name: name 3"],
                    ["item", "9", "no such row", "extra: NULL, n: 63, name: name 9"],
                ]
                assert unnamed(dialog) == []
                click(dialog.mends[0])
                await until(lambda: not dialog.busy, "ours are sent again")
                assert dialog.problem.text == ""
                click(dialog.mends[3])
                await until(lambda: not dialog.busy, "theirs are taken")
                assert dialog.report is not None
                assert dialog.report.verdict is Verdict.IDENTICAL
                press(dialog, Qt.Key.Key_Escape)
        assert rows(one) == rows(room)

    go()


def test_what_went_wrong_is_said(tmp_path: Path) -> None:
    one, room = tmp_path / "a.db", tmp_path / "hub" / "room"
    twins(one, room, 2)

    @on_gui_loop
    async def go() -> None:
        async with plain_engine() as server, plain_engine() as client:
            peer = await connected(client, server, one, room)
            await client.peers.wait_in_sync(timeout=PATIENCE)
            await client.change_settings(auto_sync=False)
            async with asking(VerifyDialog, verify.show(None, client, peer, "Laptop")) as (dialog, _):
                await until(lambda: not dialog.busy, "it has tried")
                assert "is not connected" in dialog.problem.text
                press(dialog, Qt.Key.Key_Escape)

    go()


def test_a_key_in_two_spellings_is_shown_with_both(tmp_path: Path) -> None:
    one, room = spelled(tmp_path / "a.db", 1, 2), spelled(tmp_path / "hub" / "room", 1.0, 2)

    @on_gui_loop
    async def go() -> None:
        async with plain_engine() as server, plain_engine() as client:
            peer = await connected(client, server, one, room)
            async with asking(VerifyDialog, verify.show(None, client, peer, "Laptop")) as (dialog, _):
                await until(lambda: not dialog.busy, "it has compared")
                assert cells(dialog) == [
                    ["one", "1", "key: 1", "key: 1.0"],
                    ["two", "x, 1", "key: x, 1", "key: x, 1.0"],
                ]
                press(dialog, Qt.Key.Key_Escape)

    go()
