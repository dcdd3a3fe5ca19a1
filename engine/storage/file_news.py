"""What is looked at whenever a file may have moved, and who wants to know."""

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
        site_id: the id that it has now. marks: as ``Replica.marks``.
        ordinary: whether it has tables to which any program writes.
        datasets: ``Replica.kept_datasets``.
    """

    site_id: SiteId | None
    marks: Marks
    ordinary: bool
    datasets: Mapping[str, Dataset]
    version: int
    shapes: tuple[Shape, ...]
    parked: tuple[Parked, ...]

    def made_anew(self, before: Marks) -> bool:
        """Whether a synced table began anew since the marks were these."""
        synced = {shape.name for shape in self.shapes}
        return any(name in synced for name, _ in set(before).difference(self.marks))


class Listener(Protocol):
    """Wants to know when the file has moved."""

    def version_moved(self, version: int) -> None:
        """The file's db_version is ``version`` now, whoever wrote it."""

    def schema_changed(self, tables: tuple[Shape, ...], parked: tuple[Parked, ...]) -> None:
        """The synced tables look so now: one came, went or was altered, was parked or released."""

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """The rows of each table are known by these ids now: some were joined with others, or have all come."""

    def replaced(self) -> None:
        """Another file has taken the place of the one that was open: nothing known of it holds."""

    def troubled(self, error: SynclineError | None) -> None:
        """The file cannot be used at the moment, and why; None: it can be again."""


def read(replica: Replica) -> News:
    """Look at the file."""
    return News(
        replica.site_id_on_disk(),
        replica.marks(),
        replica.has_ordinary(),
        replica.kept_datasets(),
        replica.db_version(),
        replica.shapes(),
        replica.parked(),
    )
