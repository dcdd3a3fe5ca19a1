"""The schema files of a hub (cr-sqlite.md 10.7): plain SQL, each known to peers by its name and a hash of its text."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from engine.errors import ReplicaError
from engine.text import t
from engine.wire.schema_hash import cryb64


class Schema(NamedTuple):
    """One schema file as it is now."""

    name: str
    version: int
    text: str


class Schemas:
    """The schema files of a folder, read when asked for; None if there is no folder."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def find(self, name: str) -> Schema | None:
        """Return the schema ``name``; for '' the only schema, if there is just one.

        Raises:
            ReplicaError: its file cannot be read.
        """
        if self.folder is None:
            return None
        try:
            # a peer's name is only ever compared with those that are there
            there = [path for path in self.folder.iterdir() if path.is_file() and not path.name.startswith(".")]
            for path in there:
                if path.name == name or (not name and len(there) == 1):
                    text = path.read_text("utf-8")
                    return Schema(path.name, cryb64(text), text)
        except (OSError, UnicodeDecodeError) as error:
            raise ReplicaError(
                t("The schemas in {folder} cannot be read: {reason}.", folder=self.folder, reason=error)
            ) from None
        return None
