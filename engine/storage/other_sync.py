"""Notices a file that another program syncs too, as in the folder of a cloud drive or of Syncthing.

Such a program copies the file while it is being written to, and replaces it with other machines' copies.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from engine.sqlite.paths import resolved
from engine.text import t

_MARKS = {
    ".stfolder": "Syncthing",
    ".dropbox": "Dropbox",
    ".dropbox.cache": "Dropbox",
    ".tmp.drivedownload": "Google Drive",
    ".tmp.driveupload": "Google Drive",
    ".nextcloudsync.log": "Nextcloud",
    ".owncloudsync.log": "Nextcloud",
}
"""Names of what these programs keep in the folder that they sync."""

_JOURNAL = re.compile(r"\._?sync_[0-9a-f]{8,}\.db")
"""The same for Nextcloud's client, which puts a hash of the account into the name."""

_NAMES = {
    r"Dropbox( \(.+\))?": "Dropbox",
    r"OneDrive( - .+)?": "OneDrive",
    r"Google ?Drive": "Google Drive",
    r"Nextcloud\d*": "Nextcloud",
    r"iCloud ?Drive": "iCloud Drive",
    r"Mobile Documents": "iCloud Drive",
}
"""Default names of such folders."""

_PROVIDERS = {
    "Dropbox": "Dropbox",
    "OneDrive": "OneDrive",
    "GoogleDrive": "Google Drive",
    "Nextcloud": "Nextcloud",
    "iCloud": "iCloud Drive",
}
"""Prefixes of their names in ``CloudStorage``, where macOS keeps all of them."""


def syncing_program(path: Path) -> str:
    """Return the name of the program that syncs a folder which this file is in; '' if none is known."""
    for folder in resolved(path).parents:
        if program := _by_name(folder) or _by_mark(folder):
            return program
    return ""


def caution_of(path: Path) -> str:
    """Return a sentence about a file that another program syncs; '' for any other file."""
    program = syncing_program(path)
    if not program:
        return ""
    return t(
        "“{file}” is in a folder that another program syncs ({program}), which can damage it: move it out of there.",
        file=path.name,
        program=program,
    )


def _by_name(folder: Path) -> str:
    if folder.parent.name == "CloudStorage":
        return next((name for start, name in _PROVIDERS.items() if folder.name.startswith(start)), "")
    return next((program for name, program in _NAMES.items() if re.fullmatch(name, folder.name)), "")


def _by_mark(folder: Path) -> str:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in _MARKS:
                return _MARKS[entry.name]
            if _JOURNAL.fullmatch(entry.name):
                return "Nextcloud"
    return ""
