"""The JSON lines between the drivers here and their Node processes; SQLite's storage classes stay apart."""

from __future__ import annotations

import json
from typing import Any


class RawText(bytes):
    """TEXT whose bytes are not valid UTF-8."""


def _tagged(value: object) -> object:
    match value:
        case None | str() | bool():
            return value
        case int():
            return {"$int": str(value)}
        case float():
            return {"$real": repr(value).replace("inf", "Infinity")}
        case RawText():
            return {"$text": value.hex()}
        case bytes() | bytearray() | memoryview():
            return {"$blob": bytes(value).hex()}
        case dict():
            return {key: _tagged(item) for key, item in value.items()}
        case list() | tuple():
            return [_tagged(item) for item in value]
    raise TypeError(f"{type(value).__name__} is no SQLite value")


def _untagged(found: dict[str, Any]) -> object:
    if len(found) != 1:
        return found
    ((tag, text),) = found.items()
    match tag:
        case "$int":
            return int(text)
        case "$real":
            return float(text)
        case "$blob":
            return bytes.fromhex(text)
        case "$text":
            return RawText.fromhex(text)
    return found


def encode(message: dict[str, object]) -> str:
    """One line without its end. Every int in it is a SQLite INTEGER, every float a REAL."""
    return json.dumps(_tagged(message))


def decode(line: str) -> dict[str, Any]:
    """The message of one line; INTEGER and the protocol's own numbers are ints, REAL is a float."""
    message = json.loads(line, object_hook=_untagged)
    if not isinstance(message, dict):
        raise ValueError(f"no message: {line[:200]}")
    return message
