"""The interface of a kind of synced table, which is all that a replica knows of it.

A kind works on one connection and is used by one thread. The caller holds a transaction around each call: a read
transaction unless said otherwise. Tables are identified by the names that peers use. Packed keys are those of the wire;
how a row is found by one, what a place is, and how stamps are kept is up to the kind.

All kinds of a file share one db_version (``Versions``), one clock for each peer, and one order of changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from engine.change import Change, SQLiteValue
from engine.table_plan import TablePlan
from engine.table_shape import Shape
from engine.tables.digests import Rank, Slice
from engine.tables.findings import Finding
from engine.tables.introspect import Table
from engine.tables.ranges import Share
from engine.tables.reading import Fill, Shown, Unsendable
from engine.tables.trigger_rule import TriggerRule
from engine.tables.types import Applied, DescribedTable, SyncedTable, SyncedTables
from engine.tables.waiting import HiddenRow, Waiting

Compared = Collection[str] | None
"""The columns to compare; None for all."""


class Versions(Protocol):
    """A file's db_version, which all kinds share."""

    def db_version(self) -> int:
        """Return the committed version, from disk."""

    def next_version(self, at_least: int = 0) -> int:
        """Return the version to stamp this transaction's writes with; it only ever grows within the transaction."""

    def keep_floor(self, version: int | None = None) -> None:
        """Keep the file's version from ever falling below the committed one, or below one of this transaction."""

    def write_restore_mark(self, *, after_restore: bool = False) -> None:
        """Write a mark by which ``was_restored`` recognises the file, in this transaction.

        A restored file gets none until the restore was dealt with (``after_restore``).
        """

    def was_restored(self) -> bool:
        """Return whether the file was restored from a backup while it was open."""


class FileState(Versions, Protocol):
    """A file's version and schema."""

    def schema(self) -> object:
        """Return an object that is replaced whenever the schema has changed, by another program or a rollback."""


class KindCatalogue(SyncedTables, Protocol):
    """The tables of one kind, as of one version of the file's schema; replaced when that changes."""

    @property
    def tables(self) -> Mapping[str, DescribedTable]:
        """The tables that can be read and merged, including those that take no part in sync for now."""

    @property
    def parked(self) -> Mapping[str, str]:
        """The tables that take no part in sync for now, and why, in words that follow on "cannot be synced:"."""

    def tracking(self, table: str) -> SyncedTable | None:
        """Return the synced table whose rows are in the file's table of this name."""


class Decision(Protocol):
    """What was decided of one kind's changes in a batch; nothing is written yet."""

    @property
    def won(self) -> int:
        """How many changes won."""

    def write(self) -> None:
        """Write the changes that won, in the caller's write transaction.

        Raises:
            InvalidChange, RowRefused, TableBroken: the caller rolls back.
        """

    def applied(self) -> Iterable[tuple[int, Applied]]:
        """Iterate over the changes that won, each with its place in the batch. Call it after ``write``."""


class Merging(Protocol):
    """Merges changes in one write transaction; there is one object for each."""

    def batches(self, *, many: bool) -> AbstractContextManager[None]:
        """Return the context for all batches of a merge; ``many``: preparing for a lot of rows is worth it."""

    def decide(self, batch: Sequence[Change]) -> Decision:
        """Decide which changes win. Within a transaction, the changes to one row must come in order.

        Raises:
            InvalidChange, SchemaMismatch, TableBroken: the caller rolls back.
        """


class Withheld(Protocol):
    """The rows of a kind that cannot be sent for now.

    ``Kind.reading`` leaves them out. As soon as one can be sent, all its cells get the file's next version, which is
    what lets a clock pass it.
    """

    def changed(self) -> Sequence[Any]:
        """Return the rows that are no longer as they are recorded, for ``release``."""

    def release(self, changed: Sequence[Any], *, readonly: bool) -> None:
        """Record what has changed, and give rows that can be sent new versions, in a write transaction.

        With ``readonly``, such rows are only read again for as long as the file is open.
        """

    def find(self, error: Unsendable) -> Sequence[Any]:
        """Return the rows at which reading failed, for ``record``; none if it failed for another reason."""

    def record(self, found: Sequence[Any], *, readonly: bool) -> None:
        """Record rows, in a write transaction; with ``readonly``, only for as long as the file is open."""

    def waiting(self, *, every: bool = False) -> Waiting:
        """Return what is withheld, in words; ``every``: name all rows, not only some."""

    def recheck_all(self) -> None:
        """Have the next ``changed`` check every recorded row."""


class Reading(Protocol):
    """Reads changes in one transaction."""

    def read(self, share: Share, place: bytes | None, since: int, shown: Shown | None) -> bytes | None:
        """Read a table's share of a range, from a place on.

        Args:
            place: where an earlier reading of the same range stopped; None to begin above ``since``, which is the same
                for the whole range.
            shown: what the filters let through; None for everything.

        Returns:
            the place where it became full; None at the end. A cell that is written meanwhile leaves the range upward,
            and none is added behind a place.

        Raises:
            Unsendable: a row cannot be sent, and is not withheld yet.
            TableBroken: the table cannot be read, so that no clock may pass it.
        """


class Kind(Protocol):
    """One kind of synced table, on one connection."""

    @property
    def label(self) -> str:
        """What people call it."""

    @property
    def withheld(self) -> Withheld:
        """Its rows that cannot be sent for now."""

    def catalogue(self) -> KindCatalogue:
        """Return its tables as they are now, even if another program changed them; with or without a transaction."""

    # Describing tables

    def shape(self, table: str) -> Shape:
        """Return the shape of a table."""

    def plan(self, table: str) -> TablePlan:
        """Return the plan of a table, from which another side makes one like it."""

    def tracks(self, table: str) -> bool:
        """Return whether the file's table of this name was made one of this kind, whatever its present state."""

    def obstacles(self, table: Table) -> tuple[str, ...]:
        """Return why a table cannot be made one of this kind, a sentence for each obstacle."""

    def cautions(self, tables: Sequence[Table]) -> Mapping[str, Sequence[str]]:
        """Return what a person should know about each of these tables, if it is synced as this kind."""

    # Changing tables, in a write transaction

    def make(self, table: str) -> None:
        """Make a table one of this kind. Idempotent.

        Raises:
            NotEligible: it cannot be; names every obstacle.
        """

    def undo(self, table: str) -> None:
        """Stop syncing a table; its rows stay. Idempotent."""

    def begin_alter(self, table: str) -> None:
        """Prepare for a change of the table's schema in this transaction."""

    def commit_alter(self, table: str) -> None:
        """Finish a change of the table's schema, and record what became of its rows."""

    def records(self) -> Sequence[str]:
        """Return all tables of sync records, quoted for SQL; each has the file's version in a column ``db_version``."""

    def check(self) -> list[Finding]:
        """Return what is damaged; in a read transaction."""

    def repair(self, found: Sequence[Finding]) -> list[Finding]:
        """Repair those findings of ``check`` that have a remedy; return them."""

    # Capturing what programs wrote without recording it

    def is_captured(self) -> bool:
        """Return whether everything is recorded.

        Reading for peers checks it in its own transaction: a value that is read first and recorded later would be sent
        under an old version.
        """

    def capture(self) -> bool:
        """Record some of what was written, in a short write transaction. Return whether there is more."""

    def capture_all(self) -> int:
        """Record everything that was written, in a write transaction, before it merges, so that the merge's version is
        above.

        Returns:
            the latest version that rows were recorded with; 0 for none.
        """

    # Reading changes for peers

    def reading(self, until: int, fill: Fill) -> Reading:
        """Return a reader of changes with db_version <= ``until`` into ``fill``, for this transaction."""

    def is_place(self, place: bytes) -> bool:
        """Return whether these bytes have the form of a place, whoever made them."""

    def versions(self, table: str, since: int, until: int) -> Iterator[tuple[int, int]]:
        """Iterate over the versions in a range that have changes, in order, each with about how many."""

    def count_changes(self, table: str, since: int, until: int) -> int:
        """Return about how many changes a table has in a range of versions."""

    def has_changes(self, table: str, since: int, until: int) -> bool:
        """Return whether a table, which may be parked or broken, has changes in a range of versions."""

    def written_since(self, table: str, keys: Sequence[bytes], version: int) -> bool:
        """Return whether any of the rows with these packed keys was written or deleted above a version."""

    # Comparing

    def rows_between(self, table: str, low: bytes, high: bytes, limit: int, columns: Compared = None) -> Slice:
        """Return rows above the packed key ``low`` and up to ``high``, by key; an empty key stands for the table's
        start or end.

        Keys are ordered by storage class and then by their bytes, whatever their collation.

        Args:
            columns: those to compare; by default all.

        Raises:
            SchemaMismatch: there is no such table.
            InvalidChange: a key is not one of this table.
        """

    def key_order(self, table: str) -> Callable[[bytes], Rank]:
        """Return the function that gives packed keys their sort key in that order. It raises InvalidChange."""

    def lengths_above(self, table: str, above: int) -> tuple[int, int | None]:
        """Return a slice of the digest of causal lengths above a number, and the number to continue above or None."""

    def deleted_above(self, table: str, above: int) -> tuple[list[bytes], int | None]:
        """Return packed keys of deleted rows above a number, and the number to continue above or None."""

    def values_at(
        self, table: str, key: bytes, most: int | None, columns: Compared = None
    ) -> tuple[SQLiteValue, ...] | None:
        """Return the values of a row's columns, by name, given its packed key.

        Args:
            most: the most bytes of a row that is returned.
            columns: the columns to return; by default all.

        Returns:
            None if there is no such row; () if it has more than ``most`` bytes.
        """

    def live_rows(self, table: str) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
        """Iterate over (key, tracked columns) of each row, ordered by key."""

    def hidden(self, table: str) -> Iterator[HiddenRow]:
        """Iterate over the rows that a rule of the table keeps from being shown, ordered by wire key."""

    def count_hidden(self, table: str) -> int:
        """Return how many rows are hidden."""

    # Merging changes

    def merging(self, rule: TriggerRule, *, js_numbers: bool, report_applied: bool) -> Merging:
        """Return the merger for this write transaction.

        Args:
            rule: the rule for the app's triggers, which is in force.
            js_numbers: values may have passed through JavaScript.
            report_applied: whether anybody will look at what won.
        """
