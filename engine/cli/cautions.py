"""What is said of a file beside what a command prints, whatever the command does."""

from __future__ import annotations

from pathlib import Path

from engine.cli.output import print_to_stderr
from engine.storage.other_sync import caution_of


def warn_of(path: Path) -> None:
    """Say it if another program syncs the folder in which a file lies."""
    if caution := caution_of(path):
        print_to_stderr(caution)
