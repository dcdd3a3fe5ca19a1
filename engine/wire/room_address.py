"""The room in a peer's address: ``wss://hub.example/sync/ROOM``, by which any proxy can distribute rooms over hubs.

It is always percent-encoded in the same way, so that every proxy picks the same hub for it. ``?room=ROOM`` is
understood too.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from engine.errors import UsageError, WireError
from engine.text import t
from engine.wire.handshake import ROOMS, check_room, room_in_path

_KEY = "room"


def room_of(url: str) -> str:
    """Return the room that an address names, '' if it names none.

    Raises:
        UsageError: the room is invalid, or the address names two different ones.
    """
    parts = urlsplit(url)
    try:
        in_path = room_in_path(parts.path)
    except WireError as error:
        raise UsageError(str(error)) from None
    rooms = [value for key, value in parse_qsl(parts.query, keep_blank_values=True) if key == _KEY]
    named = dict.fromkeys(map(check_room, (*([in_path] if in_path else ()), *rooms)))
    _check_one(*named)
    return next(iter(named), "")


def place_room(url: str, room: str = "") -> tuple[str, str]:
    """Return the address with the room in its path, and the room: the one that it names, or else ``room``.

    The room is added only to the path ``/sync/``. Any other path is left alone, as a published server or a proxy may
    know no other.

    Raises:
        UsageError: neither names a room, the two differ, or the room is invalid.
    """
    named = room_of(url)
    if named and room:
        _check_one(named, room)
    room = check_room(named or room)
    parts = urlsplit(url)
    if parts.path == ROOMS or (named and f"{parts.path}/".startswith(ROOMS)):
        url = urlunsplit(parts._replace(path=ROOMS + quote(room, safe=""), query=_others(parts.query)))
    return url, room


def without_room(url: str) -> str:
    """Return the address without its room, for comparing two addresses."""
    parts = urlsplit(url)
    path = ROOMS.rstrip("/") if parts.path.startswith(ROOMS) else parts.path
    return urlunsplit(parts._replace(path=path, query=_others(parts.query)))


def _others(query: str) -> str:
    """Return a query without the room."""
    pairs = parse_qsl(query, keep_blank_values=True)
    others = [pair for pair in pairs if pair[0] != _KEY]
    return query if others == pairs else urlencode(others)


def _check_one(*rooms: str) -> None:
    if len(set(rooms)) > 1:
        one, other = rooms[:2]
        raise UsageError(
            t("The address names the room “{one}”, which is not “{other}”.", one=one, other=other),
            hint=t("Name the room once, in the address: wss://example.org:8080/sync/ROOM."),
        )
