"""Made-up samples for the gallery: a row for each state, and files as apps may have them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize

from engine.api import Engine
from engine.cli.demo.hub import ROOM
from engine.crr import connect
from engine.events import ChangesMoved, DatabaseChanged, FlowChange, FlowDirection
from engine.history.journal import Journal
from engine.ids import DatabaseId, PeerId, SiteId
from engine.peer_state import PeerStatus, Remedy, State
from engine.replica import Conflicts
from engine.settings import Settings
from engine.tables import Coverage, HiddenRow, SuspendedDeletion, Waiting, WaitingRow
from engine.text import sentences, t
from gui.app import shell
from gui.window import Window

SMALL = QSize(1180, 480)
SETTINGS = Settings(discover=False)
"""Settings that make the pictures independent of who else is in the network."""


@asynccontextmanager
async def states() -> AsyncIterator[Window]:
    """Yield a window with a row for each state, and a database of each kind."""
    async with shell(Engine(SETTINGS, journal=Journal()), asyncio.Event()) as window:
        window.resize(SMALL)
        bridge = window.bridge
        bridge.databases_changed.emit(
            [
                DatabaseChanged(DatabaseId(name[0]), name, f"/home/me/{name}.db", SiteId(bytes(16)), 41)
                for name in ("diary", "library", "notes", "recipes")
            ]
        )
        states = [_status(number, state) for number, state in enumerate(State)]
        others = [
            replace(states[number], peer=PeerId(f"{database} {number}"), database=DatabaseId(database))
            for database, number in (("l", 0), ("l", 1), ("n", 2), ("r", 6))
        ]
        bridge.peers_changed.emit([*states, *others])
        guest = replace(states[0], peer=PeerId("studio"), name="studio", url="", guest=True, received=40)
        bridge.guests_changed.emit([guest])
        for database, synced, tables in (("d", 12, 15), ("l", 9, 9), ("n", 6, 1_204), ("r", 1, 1)):
            window.choice.coverage.coverage_read.emit(database, Coverage(synced, tables))
        for database, count in (("d", 3), ("l", 40), ("n", 1_200)):
            change = FlowChange("note", (1,), "text", "Shopping list", 41, None, 1)
            bridge.flow.emit(
                [ChangesMoved(time.time(), DatabaseId(database), "", FlowDirection.LOCAL, (change,) * count)]
            )
        window.splitter.setSizes([300, 100])
        yield window


_REASONS: dict[State, str] = {
    State.IN_SYNC: t("Everything is on both disks."),
    State.SENT: sentences(
        t("Everything was sent; this kind of server confirms it later."),
        t("Confirmed up to version {version} at {time}.", version=41, time="14:02"),
    ),
    State.SYNCING: t("Synced {done:,} of {count:,} changes.", done=4_310, count=36_000),
    State.CONNECTING: t("Connecting to {url}.", url="wss://studio.example/sync/todo"),
    State.WAITING: t("{where}: connection refused.", where="office.example:443"),
    State.IDLE: t("Next sync at {time}.", time="14:32"),
    State.PAUSED: t("Paused until {time}.", time="15:10"),
    State.NEEDS_YOU: sentences(
        t("The hub at {where} does not accept the token.", where="phone.example"),
        t("Enter the token that the hub's owner gave you."),
    ),
}
"""Sentences of the engine for each state, as the demo does not reach them all."""

_NAMES = ("Desktop", "Web server", "Laptop", "Studio", "Office", "Archive", "Train", "Phone")


def _status(number: int, state: State) -> PeerStatus:
    syncing = state is State.SYNCING
    ago = (3, 65, 8, 1900, 4300, 900, 86_400 * 2, 86_400 * 9)[number]
    return PeerStatus(
        peer=PeerId(state.name),
        name=_NAMES[number],
        database=DatabaseId("d"),
        url=f"wss://{_NAMES[number].lower().replace(' ', '-')}.example/sync/{ROOM}",
        room=ROOM,
        state=state,
        reason=_REASONS[state],
        site_id=SiteId(bytes([number]) * 16),
        received=1_240 if syncing else 41 * number,
        confirmed=41,
        to_receive=7_760 if syncing else 0,
        to_send=3 if state in (State.WAITING, State.NEEDS_YOU) else 0,
        done=1_240 if syncing else 0,
        total=9_000 if syncing else 0,
        changes_to_receive=31_690 if syncing else 0,
        changes_to_send=12 if state in (State.WAITING, State.NEEDS_YOU) else 0,
        changes=4_310 if syncing else 0,
        changes_left=31_690 if syncing else None,
        size=312_000 if syncing else 0,
        seconds_left=12 if syncing else None,
        last_success=time.time() - ago,
        last_attempt=time.time() - min(ago, 48),
        next_attempt=time.time() + 12 if state is State.WAITING else None,
        remedy=Remedy.EDIT if state is State.NEEDS_YOU else None,
    )


_FOLDER = HiddenRow("folders", b"b", "“b”", "unique", b"a", "“a”", {"name": "Inbox", "color": "blue"})
_NOTE = HiddenRow("notes", b"n", "“n7”", "parent", None, "", {"folder": "b", "title": "Trip"})
_NOT_SENT = t(
    "“{table}”, row {key} cannot be sent: {reason}.",
    table="item",
    key="3",
    reason=t("“{column}” is not valid text", column="name"),
)
CONFLICTS = Conflicts(
    hidden=((_FOLDER, {"color": ("blue", "red")}), (_NOTE, {})),
    more=0,
    waiting=Waiting(
        rows=(WaitingRow("item", "3", _NOT_SENT),),
        hints=(t("Once the text is corrected, or stored as a BLOB, the row is sent."),),
    ),
    suspended=(SuspendedDeletion("tags", 28, 30),),
)
"""One of each kind of conflict that waits for a person."""

NOTES = """
CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, text TEXT NOT NULL DEFAULT '');
SELECT crsql_as_crr('note');
INSERT INTO note (id, text) VALUES (1, 'one'), (2, 'two');
CREATE TABLE tag (name TEXT PRIMARY KEY NOT NULL, color TEXT);
INSERT INTO tag VALUES ('home', 'green');
CREATE TABLE person (mail TEXT);
CREATE TABLE alembic_version (version_num TEXT NOT NULL PRIMARY KEY);
"""
"""A file as an app may have it: tables that sync, could sync, cannot, and are a framework's own."""

CANNOT = """
CREATE TABLE person (mail TEXT);
CREATE TABLE visit (person INTEGER, day TEXT NOT NULL);
CREATE VIEW visits AS SELECT * FROM visit;
"""

STRANGE = (
    "INSERT INTO todo (id, text) VALUES (100, char(27) || '[31mred' || char(27) || '[0m')",
    "INSERT INTO todo (id, text) VALUES (101, '<b>bold</b> <img src=x> ' || char(0x202e) || 'turned')",
    "INSERT INTO todo (id, text) VALUES (102, 'two' || char(10) || 'lines' || char(9) || 'and a tab')",
    "INSERT INTO todo (id, text) VALUES (103, x'00ff10')",
    "INSERT INTO todo (id, text) VALUES (104, printf('%.3000c', 'x'))",
)


def make_file(path: Path, sql: str) -> None:
    """Create a database file with this SQL."""
    connection = connect(path, create=True)
    try:
        connection.execute(sql).fetchall()
    finally:
        connection.close()


def write_untracked(path: Path) -> None:
    """Write without a record by triggers, as if another engine's sync bit were stuck, so that no side knows."""
    connection = connect(path)
    try:
        connection.execute("SELECT crsql_internal_sync_bit(1)").fetchall()
        connection.execute("UPDATE todo SET text = 'Feed the fish' WHERE id IN (4, 5)")
        connection.execute("SELECT crsql_internal_sync_bit(0)").fetchall()
    finally:
        connection.close()
