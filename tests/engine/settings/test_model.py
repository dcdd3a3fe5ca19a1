"""Addresses, configurations, pauses and switches: what is good, and what is refused in words."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.settings import (
    SETTINGS,
    DatabaseConfig,
    Mode,
    Pause,
    PeerConfig,
    Settings,
    check_url,
    checked,
)
from tests.engine.settings.test_settings import PEER


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("ws://localhost:8080", "ws://localhost:8080/sync"),
        (" WSS://Example.ORG/ ", "wss://example.org/sync"),
        ("ws://h/vlcn-ws/", "ws://h/vlcn-ws/"),
        ("ws://h/A?b=C", "ws://h/A?b=C"),
        ("ws://[::1]:80/x", "ws://[::1]:80/x"),
    ],
)
def test_good_addresses(url: str, checked: str) -> None:
    assert check_url(url) == checked
    assert check_url(checked) == checked


@pytest.mark.parametrize(
    ("url", "sentence", "hint"),
    [
        ("", "empty", "wss://"),
        (None, "empty", "wss://"),
        ("http://h:1/x", "web page", "Use ws://h:1/x."),
        ("https://h", "web page", "Use wss://h."),
        ("localhost:8080", "does not begin", "ws://localhost:8080"),
        ("ftp://h", "does not begin", "wss://"),
        ("ws://", "no host", "wss://"),
        ("ws:///sync", "no host", "wss://"),
        ("ws://h:0", "port 0", "wss://"),
        ("ws://h:99999", "host or port", "wss://"),
        ("ws://h:x", "host or port", "wss://"),
        ("ws://[::1", "host or port", "wss://"),
        ("ws://a b", "space", "wss://"),
        ("ws://a\nb", "control", "wss://"),
        ("ws://h/#x", "“#”", "wss://"),
        ("ws://me:secret@h", "password", "own field"),
        ("me:secret@h", "password", "own field"),
    ],
)
def test_bad_addresses_in_words(url: str, sentence: str, hint: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        check_url(url)
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value) + caught.value.hint


def test_new_configs_check_and_name_themselves(tmp_path: Path) -> None:
    database = DatabaseConfig.new(tmp_path / "todo.db")
    assert (database.name, database.path) == ("todo", tmp_path / "todo.db")
    peer = PeerConfig.new(database.id, "ws://localhost:1", room="todo")
    assert (peer.name, peer.url, peer.database) == ("todo at localhost:1", "ws://localhost:1/sync/todo", database.id)
    assert peer.id != PeerConfig.new(database.id, "ws://localhost:1", room="todo").id
    for wrong in ({"url": "x"}, {"room": ""}, {"mode": Mode.EVERY, "minutes": 0}):
        with pytest.raises(UsageError):
            PeerConfig.new(**{"database": "d", "url": "ws://h", "room": "r", **wrong})  # type: ignore[arg-type]


def test_pauses() -> None:
    assert PEER.pause_left() is None
    assert replace(PEER, paused=Pause.FOREVER).pause_left() == float("inf")
    left = replace(PEER, paused=Pause.lasting(timedelta(hours=1))).pause_left()
    assert left is not None
    assert 0 < left <= 3600
    assert replace(PEER, paused=Pause.lasting(-timedelta(seconds=1))).pause_left() is None
    tomorrow = Pause.until_tomorrow()
    assert tomorrow.until is not None
    assert tomorrow.until.tzinfo is not None
    assert (tomorrow.until.hour, tomorrow.until.minute) == (0, 0)
    assert 0 < tomorrow.left() <= 25 * 3600


def test_the_table_covers_every_switch() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Settings)}
    fields.pop("databases")
    fields.pop("peers")
    assert {name: setting.default for name, setting in SETTINGS.items()} == fields
    assert all(setting.read(setting.default) == setting.default for setting in SETTINGS.values())
    assert all(setting.label and setting.help.endswith(".") for setting in SETTINGS.values())
    for setting in SETTINGS.values():
        assert all(setting.read(value) == value for value, _ in setting.choices)
        assert bool(setting.choices or setting.longest) == (setting.default.__class__ is str)
        assert (setting.span != (0, 0)) == (setting.default.__class__ is int)


@pytest.mark.parametrize(
    ("switches", "words"),
    [({"colour": 1}, "no setting “colour”"), ({"theme": "red"}, "should be one of"), ({"stale_days": 0}, "3650")],
)
def test_switches_are_checked_in_words(switches: dict[str, object], words: str) -> None:
    assert checked(theme="dark", stale_days=3) == {"theme": "dark", "stale_days": 3}
    with pytest.raises(UsageError, match=words):
        checked(**switches)
