"""What a kind of synced table does for a replica. The replica knows nothing else of it.

A kind stands on one connection and is used by one thread. The caller holds a transaction around each call: one that
reads, where nothing else is said. Tables are called by the names that peers know them by. Packed keys are those of the
wire; how a row is found by one, where a place is, and how stamps are kept, is the kind's own affair.

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
"""The columns that are compared; None: all."""


class Versions(Protocol):
    """A file's db_version, which all kinds count together."""

    def db_version(self) -> int:
        """The committed version, from disk."""

    def next_version(self, at_least: int = 0) -> int:
        """The version that writes of this transaction are stamped with; only ever grows within it."""

    def keep_floor(self, version: int | None = None) -> None:
        """Keep the committed version, or one of this transaction, as that which the file's never goes below."""

    def write_restore_mark(self, *, after_restore: bool = False) -> None:
        """Write a mark by which ``was_restored`` knows the file again, in this transaction. A restored file gets none
        until that was dealt with (``after_restore``)."""

    def was_restored(self) -> bool:
        """Return whether the file was restored from a backup while it was open."""


class FileState(Versions, Protocol):
    """That, and the file's schema."""

    def schema(self) -> object:
        """Another object whenever the schema has changed: another program may have done that, or a rollback."""


class KindCatalogue(SyncedTables, Protocol):
    """The tables of one kind, as of one version of the file's schema: another object when that changed."""

    @property
    def tables(self) -> Mapping[str, DescribedTable]:
        """Those that can be read and merged, also those that take no part in sync for now."""

    @property
    def parked(self) -> Mapping[str, str]:
        """Those that take no part for now, and why, in words that follow on "cannot be synced:"."""

    def tracking(self, table: str) -> SyncedTable | None:
        """The one whose rows are in the table called so in the file."""


class Decision(Protocol):
    """What was decided of the changes of a batch that are for one kind; nothing is written yet."""

    @property
    def won(self) -> int:
        """How many won."""

    def write(self) -> None:
        """Write them, in the caller's write transaction.

        Raises:
            InvalidChange, RowRefused, TableBroken: the caller rolls back.
        """

    def applied(self) -> Iterable[tuple[int, Applied]]:
        """What won, each with its place in the batch; after ``write``."""


class Merging(Protocol):
    """Merges changes in one write transaction: one object for each."""

    def batches(self, *, many: bool) -> AbstractContextManager[None]:
        """Stands around all batches; ``many``: it is worth while to prepare for a lot of rows."""

    def decide(self, batch: Sequence[Change]) -> Decision:
        """Decide which changes win. Of all that go into one transaction, those of one row come in their order.

        Raises:
            InvalidChange, SchemaMismatch, TableBroken: the caller rolls back.
        """


class Withheld(Protocol):
    """The rows of a kind that cannot be sent for now. They are left out by ``Kind.read``, and as soon as one can be
    sent, all its cells get the file's next version: a clock passes such a row only so."""

    def changed(self) -> Sequence[Any]:
        """The rows that are not any more as they are recorded, for ``release``."""

    def release(self, changed: Sequence[Any], *, readonly: bool) -> None:
        """Record what has changed; what can be sent is told anew, in a write transaction. Who may write nothing reads
        it again for as long as the file is open."""

    def find(self, error: Unsendable) -> Sequence[Any]:
        """The rows that reading came to grief on, for ``record``; none if it was for another reason."""

    def record(self, found: Sequence[Any], *, readonly: bool) -> None:
        """Record them: in a write transaction, or for as long as the file is open."""

    def waiting(self, *, every: bool = False) -> Waiting:
        """What is withheld, in words; ``every``: all rows by name, not only some."""

    def recheck_all(self) -> None:
        """Have the next ``changed`` look at every row that is recorded."""


class Reading(Protocol):
    """Reads changes in one transaction."""

    def read(self, share: Share, place: bytes | None, since: int, shown: Shown | None) -> bytes | None:
        """Read what of a table goes into a range on from a place.

        Args:
            place: where an earlier reading of the same range stopped; None to begin above ``since``, which is the same
                for all of a range.
            shown: what the filters let through; None: all of it.

        Returns:
            the place where it was full; None when that was all. A cell that is written meanwhile leaves the range
            upward, and none joins what lies behind a place.

        Raises:
            Unsendable: a row cannot be sent, and is not withheld yet.
            TableBroken: the table cannot be read, so that no clock may pass.
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
        """Its tables as they are now, also when another program changed them; with or without a transaction."""

    # What tables are

    def shape(self, table: str) -> Shape:
        """The shape of a table."""

    def plan(self, table: str) -> TablePlan:
        """The plan of a table, by which another side makes one alike."""

    def tracks(self, table: str) -> bool:
        """Whether a table of the file, called so, was made one of this kind, however it is now."""

    def obstacles(self, table: Table) -> tuple[str, ...]:
        """Why a table cannot be made one of this kind, a sentence each."""

    def cautions(self, tables: Sequence[Table]) -> Mapping[str, Sequence[str]]:
        """What to know of each of the person's tables, if it is synced as this kind."""

    # Changing them, in a write transaction

    def make(self, table: str) -> None:
        """Make a table one of this kind. Idempotent. Raises NotEligible with every obstacle."""

    def undo(self, table: str) -> None:
        """Undo that: its rows stay. Idempotent."""

    def begin_alter(self, table: str) -> None:
        """Its schema is about to be changed in this transaction."""

    def commit_alter(self, table: str) -> None:
        """It was: record what became of its rows."""

    def records(self) -> Sequence[str]:
        """All tables with sync records, in SQL: each has the file's version in a column called ``db_version``."""

    def check(self) -> list[Finding]:
        """What is damaged; in a transaction that reads."""

    def repair(self, found: Sequence[Finding]) -> list[Finding]:
        """Mend what of that which ``check`` has found has a remedy; returns what it was."""

    # Taking note of what programs wrote without recording it

    def is_captured(self) -> bool:
        """Whether everything is recorded. What reads for peers looks in its own transaction: a value that is read and
        recorded later would leave under an old version."""

    def capture(self) -> bool:
        """Record some of what was written, in a write transaction that is short. Returns whether there is more."""

    def capture_all(self) -> int:
        """Record all of it, in a write transaction; before it merges, so that the merge's version is above.

        Returns:
            the latest version that rows were recorded with by this; 0 for none.
        """

    # Giving changes out

    def reading(self, until: int, fill: Fill) -> Reading:
        """What reads changes with db_version <= ``until`` into ``fill``, in this transaction."""

    def is_place(self, place: bytes) -> bool:
        """Whether it has the form of a place, whoever made it."""

    def versions(self, table: str, since: int, until: int) -> Iterator[tuple[int, int]]:
        """The versions in a range in which something was written, in order, and how many changes each has, about."""

    def count_changes(self, table: str, since: int, until: int) -> int:
        """How many changes a table has in a range of versions, about."""

    def has_changes(self, table: str, since: int, until: int) -> bool:
        """Whether a table, which may be parked or broken, has changes in a range of versions."""

    def written_since(self, table: str, keys: Sequence[bytes], version: int) -> bool:
        """Whether any of the rows with these packed keys was written to above a version, or deleted."""

    # Comparing

    def rows_between(self, table: str, low: bytes, high: bytes, limit: int, columns: Compared = None) -> Slice:
        """Rows above the packed key ``low`` and up to ``high``, by key; an empty one stands for the table's end.
        ``columns``: those that are looked at, by default all.

        Keys are in the order of their storage classes and then of their bytes, whatever their collation.

        Raises:
            SchemaMismatch: there is no such table. InvalidChange: a key that is none of it.
        """

    def key_order(self, table: str) -> Callable[[bytes], Rank]:
        """What gives packed keys their place in that order. It raises InvalidChange."""

    def lengths_above(self, table: str, above: int) -> tuple[int, int | None]:
        """A slice of the digest of all causal lengths, above a number; and the number to go on above, if any."""

    def deleted_above(self, table: str, above: int) -> tuple[list[bytes], int | None]:
        """Keys of rows that were deleted, above a number, and the number to go on above, if any."""

    def values_at(
        self, table: str, key: bytes, most: int | None, columns: Compared = None
    ) -> tuple[SQLiteValue, ...] | None:
        """The columns, by name, all or only these, of a row by its packed key; None when there is
        none, and nothing of one with more than ``most`` bytes."""

    def live_rows(self, table: str) -> Iterator[tuple[tuple[SQLiteValue, ...], tuple[SQLiteValue, ...]]]:
        """(key, tracked columns) of each row, in the order of keys."""

    def hidden(self, table: str) -> Iterator[HiddenRow]:
        """The rows that a rule of the table keeps from being shown, in the order of their wire keys."""

    def count_hidden(self, table: str) -> int:
        """How many of these there are."""

    # Taking changes in

    def merging(self, rule: TriggerRule, *, js_numbers: bool, report_applied: bool) -> Merging:
        """What merges in this write transaction.

        Args:
            rule: for the triggers of the app, which is in force.
            js_numbers: values may have passed through JavaScript.
            report_applied: whether anybody will look at what won.
        """
