"""The room in an address: where it is found, where it is put, and what is refused."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.wire.handshake import Greeting, decode_subprotocol, encode_subprotocol
from engine.wire.room_address import place_room, room_of, without_room


@pytest.mark.parametrize(
    ("url", "room", "placed"),
    [
        ("wss://h/sync/", "garden", ("wss://h/sync/garden", "garden")),
        ("wss://h/sync/", "To do", ("wss://h/sync/To%20do", "To do")),
        ("wss://h/sync/", "a?b#c%d", ("wss://h/sync/a%3Fb%23c%25d", "a?b#c%d")),
        ("wss://h/sync/garden", "", ("wss://h/sync/garden", "garden")),
        ("wss://h/sync/garden", "garden", ("wss://h/sync/garden", "garden")),
        ("wss://h/sync/g%61rden", "", ("wss://h/sync/garden", "garden")),
        ("wss://h/sync/café", "", ("wss://h/sync/caf%C3%A9", "café")),
        ("wss://h/sync/caf%c3%a9", "café", ("wss://h/sync/caf%C3%A9", "café")),
        ("wss://h/sync?room=To%20do", "", ("wss://h/sync/To%20do", "To do")),
        ("wss://h/sync/?a=b&room=garden&c=d", "garden", ("wss://h/sync/garden?a=b&c=d", "garden")),
        ("wss://h/sync/garden?room=garden", "", ("wss://h/sync/garden", "garden")),
        ("wss://h/sync/garden?a=%2f", "", ("wss://h/sync/garden?a=%2f", "garden")),
        ("wss://h/sync", "garden", ("wss://h/sync", "garden")),  # what a proxy passes on may be this alone
        ("wss://h/vlcn-ws", "garden", ("wss://h/vlcn-ws", "garden")),
        ("wss://h/vlcn-ws?room=garden", "", ("wss://h/vlcn-ws?room=garden", "garden")),
        ("wss://h/else/sync/other", "garden", ("wss://h/else/sync/other", "garden")),
    ],
)
def test_the_room_is_placed(url: str, room: str, placed: tuple[str, str]) -> None:
    assert place_room(url, room) == placed
    assert place_room(*placed) == placed, "as it is kept"
    path = placed[0].removeprefix("wss://h").partition("?")[0]
    assert decode_subprotocol(encode_subprotocol(placed[1]), path) == Greeting(placed[1], None, None)


@pytest.mark.parametrize(
    ("url", "room", "said"),
    [
        ("wss://h/sync/", "", "room name is empty"),
        ("wss://h/sync", "", "room name is empty"),
        ("wss://h/sync/garden", "Garden", "names the room “garden”, which is not “Garden”"),
        ("wss://h/sync?room=garden", "other", "names the room “garden”, which is not “other”"),
        ("wss://h/sync/garden?room=other", "", "names the room “garden”, which is not “other”"),
        ("wss://h/sync?room=garden&room=other", "", "names the room “garden”, which is not “other”"),
        ("wss://h/sync/garden/", "garden", "hubs reject"),
        ("wss://h/sync/%2E%2E%2Fgarden", "", "starts with a dot"),
        ("wss://h/sync/%FF", "", "percent-encoded"),
        ("wss://h/sync/garden%", "garden", "percent-encoded"),
        ("wss://h/sync/", "a/b", "hubs reject"),
        ("wss://h/sync?room=", "garden", "room name is empty"),
    ],
)
def test_what_may_not_be_is_refused(url: str, room: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        place_room(url, room)


def test_one_without_the_room() -> None:
    assert without_room("wss://h/sync/garden?a=b") == without_room("wss://h/sync?a=b") == "wss://h/sync?a=b"
    assert without_room("wss://h/vlcn-ws") == without_room("wss://h/vlcn-ws?room=garden") == "wss://h/vlcn-ws"
    assert without_room("wss://h/sync?a=b&room=garden") == "wss://h/sync?a=b"
    assert (room_of("wss://h/sync"), room_of("wss://h/sync/"), room_of("wss://h")) == ("", "", "")
