"""Who uses the settings file at the moment."""

from __future__ import annotations

import os
from contextlib import suppress

from engine.settings import config_dir


def window_is_open() -> bool:
    """Return whether a window has loaded the settings, and would overwrite what another program adds to them."""
    try:
        owner = int((config_dir() / "running.lock").read_text("utf-8").split("\n")[0])
    except (OSError, ValueError):
        return False
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(owner, 0)
        return True
    return False
