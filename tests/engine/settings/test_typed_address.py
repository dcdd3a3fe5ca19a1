"""What a typed address may leave out."""

from __future__ import annotations

import pytest

from engine.settings.typed_address import HUB_PORT, completed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hub.example.org", f"wss://hub.example.org:{HUB_PORT}"),
        (" desktop ", f"wss://desktop:{HUB_PORT}"),
        ("hub.example.org:443/sync/todo", "wss://hub.example.org:443/sync/todo"),
        ("hub.example.org/sync?room=todo", f"wss://hub.example.org:{HUB_PORT}/sync?room=todo"),
        ("localhost", f"ws://localhost:{HUB_PORT}"),
        ("127.0.0.1:9", "ws://127.0.0.1:9"),
        ("[::1]", f"ws://[::1]:{HUB_PORT}"),
        ("192.168.1.5", f"wss://192.168.1.5:{HUB_PORT}"),
        ("ws://hub.example.org/sync", "ws://hub.example.org/sync"),
        ("https://hub.example.org", "https://hub.example.org"),
        ("wss:", "wss:"),
        ("me@hub.example.org", "me@hub.example.org"),
        ("two words", "two words"),
        ("", ""),
    ],
)
def test_what_is_left_out_is_filled_in(typed: str, meant: str) -> None:
    assert completed(typed) == meant
