"""The published cr-sqlite 0.16.0, as one process that any number of databases live in.

with Oracle() as oracle:
    db = oracle.open()
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v)")
    db.exec("SELECT crsql_as_crr('t')")
    print(db.changes())
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.change import Change, SQLiteValue
from tests.peers.process import TIMEOUT, CommandFailed, NodeProcess, check

Command = dict[str, object]
Row = tuple[Any, ...]


class Oracle(NodeProcess):
    """The process. Databases in memory are quick; real files work in rollback-journal mode, without locks."""

    def __init__(self) -> None:
        super().__init__("oracle.mjs")
        self._labels = itertools.count(1)

    def info(self) -> dict[str, str]:
        """The versions of ``sqlite`` and ``node``."""
        reply = self.request("info")
        return {"sqlite": reply["sqlite"], "node": reply["node"]}

    def open(self, path: Path | str | None = None, *, create: bool = True) -> OracleDb:
        """A new database in memory, or a real file that no other process may use meanwhile."""
        label = self.new_label()
        where = None if path is None else str(path)
        return OracleDb(self, label, self.request("open", db=label, path=where, create=create)["site_id"])

    def load(self, content: bytes) -> OracleDb:
        """A new database in memory with the content of a database file."""
        label = self.new_label()
        return OracleDb(self, label, self.request("import", db=label, bytes=content)["site_id"])

    def new_label(self) -> str:
        """A name for a database that a batch will open with an ``open`` or ``import`` command."""
        return f"db{next(self._labels)}"

    def batch(self, commands: Sequence[Command], *, timeout: float = TIMEOUT) -> list[dict[str, Any]]:
        """Run many commands in one round trip; see `OracleDb.command`.

        Returns one reply for each: ``{"ok": True, ...}`` or ``{"ok": False, "error": ..., "code": ...}``.
        A failed command does not stop the rest.
        """
        return self.finish(self.begin(commands), timeout=timeout)

    def begin(self, commands: Sequence[Command]) -> int:
        """Start a batch and let it run; the number by which `finish` gets its replies."""
        return self.send("batch", commands=list(commands))

    def finish(self, number: int, *, timeout: float = TIMEOUT) -> list[dict[str, Any]]:
        """The replies of a batch that was begun, as `batch` returns them."""
        replies: list[dict[str, Any]] = self.receive(number, timeout=timeout)["replies"]
        return replies


class OracleDb:
    """One open database. Every method raises CommandFailed with cr-sqlite's own words."""

    def __init__(self, oracle: Oracle, label: str, site_id: bytes) -> None:
        self.oracle = oracle
        self.label = label
        self.site_id = site_id

    def command(self, op: str, **fields: object) -> Command:
        """A command on this database for `Oracle.batch`.

        Ops and their fields: ``exec`` (sql, args), ``executemany`` (sql, rows), ``changes`` (since, exclude),
        ``apply`` (changes), ``sync`` (to: a label, since), ``export``, ``close``.
        """
        return {"op": op, "db": self.label, **{k: v for k, v in fields.items() if v is not None}}

    def _request(self, op: str, **fields: Any) -> dict[str, Any]:
        return self.oracle.request(op, db=self.label, **fields)

    def exec(self, sql: str, args: Sequence[SQLiteValue] | None = None) -> list[Row]:
        """Run every statement of ``sql``; the rows of the last one that has columns."""
        return rows_of(self._request("exec", sql=sql, args=args))

    def executemany(self, sql: str, rows: Iterable[Sequence[SQLiteValue]]) -> list[Row]:
        """Run one statement for each element of ``rows``; all the rows it gave."""
        return rows_of(self._request("executemany", sql=sql, rows=list(rows)))

    def changes(self, since: int = 0, exclude: bytes | None = None) -> list[Change]:
        """The usual pull: changes above ``since``, without those of the author ``exclude``, in order."""
        return [Change(*row) for row in self._request("changes", since=since, exclude=exclude)["changes"]]

    def apply(self, changes: Iterable[Change]) -> int:
        """Merge in one transaction; returns ``crsql_rows_impacted()``. On an error nothing is kept."""
        impacted: int = self._request("apply", changes=list(changes))["impacted"]
        return impacted

    def sync(self, to: OracleDb, since: int = 0) -> int:
        """Merge the changes of this database above ``since`` into another; returns how many were sent."""
        sent: int = self._request("sync", to=to.label, since=since)["sent"]
        return sent

    def export(self) -> bytes:
        """The content of a memory database as the bytes of a database file."""
        content: bytes = self._request("export")["bytes"]
        return content

    def close(self) -> None:
        self._request("close")

    def __enter__(self) -> OracleDb:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def rows_of(reply: dict[str, Any]) -> list[Row]:
    """The rows in the reply to an ``exec`` command (also of a batch); raises CommandFailed."""
    check(reply)
    return [tuple(row) for row in reply["rows"]]


__all__ = ["Command", "CommandFailed", "Oracle", "OracleDb", "rows_of"]
