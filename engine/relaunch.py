"""What starts this very Syncline once more, in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "syncline"


def command(*arguments: str) -> list[str]:
    """Return the words that run Syncline with these arguments, from any folder.

    They are the launcher of a checkout, the installed script, the bundle's own program, or the module.
    """
    if getattr(sys, "frozen", False):  # the bundle: it is its own interpreter
        return [sys.executable, *arguments]
    launcher = Path(__file__).parents[1] / NAME
    script = Path(sys.executable).parent / (f"{NAME}.exe" if os.name == "nt" else NAME)
    for file in (launcher, script):
        if file.is_file() and os.access(file, os.X_OK):
            return [str(file), *arguments]
    return [sys.executable, "-m", "engine.cli", *arguments]
