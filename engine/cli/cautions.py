"""Warnings about a file that any command prints beside its own output."""

from __future__ import annotations

from pathlib import Path

from engine.cli.output import print_to_stderr
from engine.storage.other_sync import caution_of


def warn_of(path: Path) -> None:
    """Warn if another program syncs the folder that a file is in."""
    if caution := caution_of(path):
        print_to_stderr(caution)
