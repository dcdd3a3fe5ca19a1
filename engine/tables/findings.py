"""The kinds of damage to a file's sync records, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.text import Text, t


class Damage(Enum):
    """A kind of damage: the words for one and for many, and what repairing does about it."""

    UNRECORDED_ROWS = (
        t("row was written without a record, so no peer receives it"),
        t("rows were written without a record, so no peer receives them"),
        t("recorded as written now"),
    )
    UNRECORDED_VALUES = (
        t("value was written without a record, so no peer receives it"),
        t("values were written without a record, so no peer receives them"),
        t("recorded as written now"),
    )
    NEVER_SENT = (
        t("sync record has version 0, which no peer asks for"),
        t("sync records have version 0, which no peer asks for"),
        t("recorded as written now"),
    )
    LOST_ROWS = (
        t("row is recorded, but gone"),
        t("rows are recorded, but gone"),
        t("record removed; what a peer still has comes back"),
    )
    DELETED_ROWS = (
        t("row was deleted without a record, so peers still have it"),
        t("rows were deleted without a record, so peers still have them"),
        t("recorded as deleted now"),
    )
    LOST_COLUMNS = (
        t("sync record is for a column that is gone, so nothing can be sent"),
        t("sync records are for columns that are gone, so nothing can be sent"),
        "dropped",
    )
    TABLE_GONE = (
        t("sync record is left of this table, which was dropped or renamed"),
        t("sync records are left of this table, which was dropped or renamed"),
        "dropped",
    )
    KEY_CHANGED = (
        t("sync record is for another primary key, so the table cannot be synced"),
        t("sync records are for another primary key, so the table cannot be synced"),
        t("recreated, without the deletions so far"),
    )
    TRIGGERS = (
        t("sync trigger is missing or was changed, so writes are not recorded"),
        t("sync triggers are missing or were changed, so writes are not recorded"),
        t("recreated, and all values of the table recorded as written now"),
    )
    OLD_TRIGGERS = (
        t("sync trigger does not know a new column, so updates fail"),
        t("sync triggers do not know a new column, so updates fail"),
        t("recreated"),
    )
    STRAY_TRIGGERS = (
        t("sync trigger has the name of another table, so writes fail"),
        t("sync triggers have the name of another table, so writes fail"),
        "dropped",
    )
    PARKED = (
        t("reason keeps it from being synced"),
        t("reasons keep it from being synced"),
        t("synced again, from the start"),
    )
    NO_RECORDS = (
        t("sync trigger has no sync records, so writes fail"),
        t("sync triggers have no sync records, so writes fail"),
        t("recreated, and all rows recorded as written now"),
    )
    USED_UP = (
        t("row has an exhausted or nearly exhausted version, so it cannot be sent any more, or soon"),
        t("rows have exhausted or nearly exhausted versions, so they cannot be sent any more, or soon"),
        t("recorded as written again now"),
    )
    COUNTER = (
        t("sync record has an exhausted or nearly exhausted file version"),
        t("sync records have exhausted or nearly exhausted file versions"),
        t("renumbered; the file has a new site id, and syncs with each peer once more from the start"),
    )
    NO_TEXT = (
        t("row contains invalid text, so it is withheld"),
        t("rows contain invalid text, so they are withheld"),
        "",
    )
    NO_NAMES = (
        t("table has a name or a default in its schema that is not valid text"),
        t("tables have names or defaults in their schema that are not valid text"),
        "",
    )
    RECORDS = (
        t("table of sync records is missing or was changed, so the table cannot be synced"),
        t("tables of sync records are missing or were changed, so the table cannot be synced"),
        t("recreated, and all rows recorded as written now"),
    )
    ROW_NAMES = (
        t("table of sync records is missing or was changed, and with it what other machines call its rows"),
        t("tables of sync records are missing or were changed, and with them what other machines call its rows"),
        t("recreated, and its rows recorded as new ones: machines that have them already have them twice then"),
    )
    LOG = (
        t("log or trigger that notes which rows are written is missing or was changed"),
        t("logs or triggers that note which rows are written are missing or were changed"),
        t("recreated, and all rows compared with what was recorded"),
    )
    LEFT_OVER = (
        t("log, trigger or table of sync records is left of a table that is not synced any more"),
        t("logs, triggers and tables of sync records are left of tables that are not synced any more"),
        "dropped",
    )
    BAD_RECORDS = (
        t("sync record is damaged"),
        t("sync records are damaged"),
        t("recorded as written again now"),
    )
    AHEAD = (
        t("sync record has a version that the file has not reached, so it is not sent"),
        t("sync records have versions that the file has not reached, so they are not sent"),
        t("the file's version raised above them"),
    )
    STRICT = (
        t("table for sync records is STRICT, so programs with SQLite before 3.37 cannot open the file"),
        t("tables for sync records are STRICT, so programs with SQLite before 3.37 cannot open the file"),
        t("converted to ordinary tables, with their content"),
    )
    ORPHANS = (
        t("row refers to one that is gone: sync does not enforce the foreign keys of a table that is not synced"),
        t("rows refer to rows that are gone: sync does not enforce the foreign keys of a table that is not synced"),
        "",
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of damage to one table.

    Attributes:
        table: its name.
        damage: the kind.
        count: how many rows, values, records or triggers.
        reason: why the table is parked, if that is the damage.
        named: some of the rows, if they have to be known, in words.
    """

    table: str
    damage: Damage
    count: int
    reason: str = ""
    named: str = ""

    @property
    def sentence(self) -> Text:
        """What is damaged, for a person."""
        if self.reason:
            return t("cannot be synced: {reason}.", reason=self.reason)
        one, many, _ = self.damage.value
        damage = one if self.count == 1 else many
        if self.named:
            return t("{count:,} {damage}: {rows}.", count=self.count, damage=damage, rows=self.named)
        return t("{count:,} {damage}.", count=self.count, damage=damage)

    @property
    def harms(self) -> bool:
        """Whether what is synced suffers from it."""
        return self.damage not in (Damage.STRICT, Damage.PARKED, Damage.ORPHANS)

    @property
    def remedy(self) -> str:
        """What repairing does about it; '' if that is up to the person."""
        remedy: str = self.damage.value[2]
        return remedy
