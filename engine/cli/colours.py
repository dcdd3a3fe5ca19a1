"""Colour, on terminals only; ``NO_COLOR`` turns it off (no-color.org)."""

from __future__ import annotations

import os
from enum import Enum
from typing import TextIO


class Colour(Enum):
    """A colour for emphasis, by its ANSI number."""

    RED = 31
    GREEN = 32
    YELLOW = 33


def wanted(stream: TextIO) -> bool:
    """Return whether output to this stream may have colour."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painted(text: str, colour: Colour | None, stream: TextIO) -> str:
    """Return the text in a colour, if the stream may have one."""
    return f"\033[{colour.value}m{text}\033[0m" if colour is not None and wanted(stream) else text
