"""The columns of the peers table: their headings, their explanations, and which facts about a peer they show."""

from __future__ import annotations

import enum
from operator import attrgetter

from engine.peer_state import PeerStatus
from gui.language import tr


class Column(enum.IntEnum):
    """The columns of the table."""

    NAME = 0
    DATABASE = 1
    STATE = 2
    RECEIVED = 3
    CONFIRMED = 4
    TO_SEND = 5
    TO_RECEIVE = 6
    LAST_SUCCESS = 7
    LAST_ATTEMPT = 8
    ADDRESS = 9


FACTS = {
    Column.NAME: attrgetter("name", "state", "last_success"),
    Column.DATABASE: attrgetter("database"),
    Column.STATE: attrgetter("state", "reason", "done", "total", "changes_left", "waiting"),
    Column.RECEIVED: attrgetter("received", "site_id"),
    Column.CONFIRMED: attrgetter("confirmed", "site_id"),
    Column.TO_SEND: attrgetter("to_send", "changes_to_send", "site_id"),
    Column.TO_RECEIVE: attrgetter("to_receive", "changes_to_receive", "site_id"),
    Column.LAST_SUCCESS: attrgetter("last_success", "state"),
    Column.LAST_ATTEMPT: attrgetter("last_attempt"),
    Column.ADDRESS: attrgetter("url", "room"),
}
"""The attributes of ``PeerStatus`` that a column depends on."""
NUMBERS = (Column.RECEIVED, Column.CONFIRMED, Column.TO_SEND, Column.TO_RECEIVE)
"""The columns that hold a number."""
DUE = (Column.TO_SEND, Column.TO_RECEIVE)
"""The columns that count changes."""


def heading(column: Column) -> str:
    """Return the heading of a column."""
    return {
        Column.NAME: tr("Peer"),
        Column.DATABASE: tr("Database"),
        Column.STATE: tr("State"),
        Column.RECEIVED: tr("Last-seen clock"),
        Column.CONFIRMED: tr("Confirmed clock"),
        Column.TO_SEND: tr("To send"),
        Column.TO_RECEIVE: tr("To receive"),
        Column.LAST_SUCCESS: tr("Last success"),
        Column.LAST_ATTEMPT: tr("Last attempt"),
        Column.ADDRESS: tr("Address"),
    }[column]


def explained(column: Column) -> str:
    """Return what a column means, for the tooltip of its heading."""
    return {
        Column.NAME: tr("What you call the other side."),
        Column.DATABASE: tr("The database on this machine that is synced with it."),
        Column.STATE: tr("Derived from the clocks; hover over a state to see why."),
        Column.RECEIVED: tr("Everything that the peer wrote up to this version is on this disk."),
        Column.CONFIRMED: tr("The peer has confirmed everything in this database up to this version."),
        Column.TO_SEND: tr("Changes written here that the peer has not confirmed yet."),
        Column.TO_RECEIVE: tr("Changes that the peer has announced and that are not on this disk yet."),
        Column.LAST_SUCCESS: tr("When both sides last had all of each other's changes."),
        Column.LAST_ATTEMPT: tr("When a connection was last tried."),
        Column.ADDRESS: tr("The address, and the room there."),
    }[column]


def versions(peer: PeerStatus, column: Column) -> int:
    """Return the number of versions in one of the ``NUMBERS``."""
    return {
        Column.RECEIVED: peer.received,
        Column.CONFIRMED: peer.confirmed,
        Column.TO_SEND: peer.to_send,
        Column.TO_RECEIVE: peer.to_receive,
    }[column]


def changes(peer: PeerStatus, column: Column) -> int | None:
    """Return the number of changes in one of ``DUE``; None where only that of their versions is known."""
    return peer.changes_to_send if column is Column.TO_SEND else peer.changes_to_receive
