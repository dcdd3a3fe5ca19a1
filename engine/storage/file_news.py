"""What is read whenever a file may have changed, and the interface of those who want to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from engine.errors import SynclineError
from engine.ids import SiteId
from engine.replica import Replica
from engine.table_shape import Dataset, Parked, Shape

Marks = tuple[tuple[str, str], ...]


class News(NamedTuple):
    """A file at one moment.

    Attributes:
        site_id: its current id.
        marks: as ``Replica.marks``.
        ordinary: whether it has tables to which any program writes.
        datasets: as ``Replica.kept_datasets``.
        version: its db_version.
        shapes: its synced tables.
        parked: those that take no part in sync for now.
    """

    site_id: SiteId | None
    marks: Marks
    ordinary: bool
    datasets: Mapping[str, Dataset]
    version: int
    shapes: tuple[Shape, ...]
    parked: tuple[Parked, ...]

    def made_anew(self, before: Marks) -> bool:
        """Return whether a synced table has started over since the marks were these."""
        synced = {shape.name for shape in self.shapes}
        return any(name in synced for name, _ in set(before).difference(self.marks))


class Listener(Protocol):
    """Wants to know when the file has changed."""

    def version_moved(self, version: int) -> None:
        """Hear that the file's db_version is now ``version``, whoever wrote it."""

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        """Hear how the synced tables look now that one was added, dropped, altered, parked or released."""

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """Hear the dataset ids of each table, after rows were joined with others or have all arrived."""

    def replaced(self) -> None:
        """Hear that another file has taken the place of the open one, so that nothing known about it holds."""

    def troubled(self, error: SynclineError | None) -> None:
        """Hear why the file cannot be used at the moment; None: it can be used again."""


def read(replica: Replica) -> News:
    """Read the news of a file."""
    return News(
        replica.site_id_on_disk(),
        replica.marks(),
        replica.has_ordinary(),
        replica.kept_datasets(),
        replica.db_version(),
        replica.shapes(),
        replica.parked(),
    )
