"""Recognises tables in which a framework keeps facts about a single file, by name and columns. They are not proposed.

A record of applied migrations, for example: if it were synced, a file would appear to have had another machine's
migrations, and its app would not run them. A person who selects such a table has it synced all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from engine.tables.introspect import Table
from engine.text import t


class _Known(NamedTuple):
    """A framework, and the columns without which a table of that name is not its own."""

    framework: str
    columns: frozenset[str]


def _known(framework: str, columns: str) -> _Known:
    return _Known(framework, frozenset(columns.split()))


_TABLES: Mapping[str, _Known] = {
    "android_metadata": _known("Android", "locale"),
    "room_master_table": _known("Room", "id identity_hash"),
    "z_metadata": _known("Core Data", "z_version z_uuid"),
    "z_primarykey": _known("Core Data", "z_ent z_name"),
    "z_modelcache": _known("Core Data", "z_content"),
    "grdb_migrations": _known("GRDB", "identifier"),
    "django_migrations": _known("Django", "app name applied"),
    "alembic_version": _known("Alembic", "version_num"),
    "schema_migrations": _known(t("a migration tool"), "version"),
    "ar_internal_metadata": _known("Rails", "key value"),
    "__efmigrationshistory": _known("Entity Framework", "migrationid productversion"),
    "__efmigrationslock": _known("Entity Framework", "id timestamp"),
    "knex_migrations": _known("Knex", "name batch"),
    "knex_migrations_lock": _known("Knex", "is_locked"),
    "sequelizemeta": _known("Sequelize", "name"),
    "_prisma_migrations": _known("Prisma", "checksum migration_name"),
    "__drizzle_migrations": _known("Drizzle", "hash created_at"),
    "_sqlx_migrations": _known("SQLx", "version checksum"),
    "__diesel_schema_migrations": _known("Diesel", "version run_on"),
    "refinery_schema_history": _known("Refinery", "version checksum"),
    "goose_db_version": _known("Goose", "version_id is_applied"),
    "flyway_schema_history": _known("Flyway", "installed_rank checksum"),
    "databasechangelog": _known("Liquibase", "id author filename"),
    "databasechangeloglock": _known("Liquibase", "locked lockgranted"),
    "phinxlog": _known("Phinx", "version migration_name"),
    "doctrine_migration_versions": _known("Doctrine", "version executed_at"),
}
"""Known tables, by name in lower case."""

_MIGRATIONS = (
    _known("Laravel", "id migration batch"),
    _known("TypeORM", "id timestamp name"),
)
"""Frameworks whose table is called “migrations”. An app's own may be too, so all columns must match."""

_SHADOWS = (
    "content", "data", "idx", "docsize", "config",
    "segments", "segdir", "stat",
    "node", "parent", "rowid",
)  # fmt: skip
"""Suffixes of the tables that a full-text or R*Tree table consists of."""


def why_not_proposed(table: Table, virtual: Collection[str]) -> str:
    """Return a sentence that says why a table is not proposed for syncing; '' if it is proposed.

    Args:
        virtual: the names of the file's virtual tables.
    """
    columns = frozenset(column.name.lower() for column in table.columns)
    known = _TABLES.get(table.name.lower())
    if known is None and table.name.lower() == "migrations":
        known = next((one for one in _MIGRATIONS if one.columns == columns), None)
    if known is not None and known.columns <= columns:
        return t(
            "{framework} keeps its own records in it; it is best left unsynced.",
            framework=known.framework,
        )
    whole, _, part = table.name.rpartition("_")
    if part in _SHADOWS and whole in virtual:
        return t("The virtual table “{table}” consists of it, and is kept up by its own module.", table=whole)
    return ""
