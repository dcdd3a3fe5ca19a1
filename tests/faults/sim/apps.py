"""What apps write to a machine's file: with the extension, or knowing nothing of it, and what cannot be sent."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from engine.replica import Replica
from engine.tables import Damage, unpack_columns

from . import spoil, truth, unknowing
from .files import write
from .timeline import Failed

if TYPE_CHECKING:
    from .world import World


class Apps:
    """That part of a ``Machine``.

    Attributes:
        busy: how often its app still writes soon, between any two steps of the program.
    """

    world: World
    name: str
    path: Path
    rng: random.Random
    replica: Replica
    eye: truth.Eye
    busy: int
    _checked: dict[tuple[bytes, frozenset[str]], int]

    def note(self, what: str) -> None:
        """Write a line of the log."""
        raise NotImplementedError

    def _refresh_soon(self) -> None:
        raise NotImplementedError

    def _regreet_soon(self) -> None:
        raise NotImplementedError

    def _tables_changed(self) -> None:
        raise NotImplementedError

    def write(self) -> None:
        """The app writes; the program notices a little later."""
        before = self.replica.db_version()
        tables = self.eye.tables
        if self.rng.random() < 0.4:
            self._write_plain()
            return
        said = write(self.replica.connection, self.rng, tables["item"].columns, notes="note" in tables)
        after = self.replica.db_version()
        made = sum(1 for _ in self.eye.cells(before, after))
        self.world.made += made
        self.note(f"writes {said}: {made} changes, version {after}")
        self._refresh_soon()

    def _write_plain(self) -> None:
        """The app writes to tables that can be ordinary ones: to those that are, as a program that loads nothing."""
        ordinary = set(self.eye.ordinary)
        tables = self.rng.choice([ordinary, set(unknowing.TABLES) - ordinary]) or set(unknowing.TABLES)
        statements = unknowing.write(self.rng, tables, self.eye.tables["memo"].columns)
        if tables <= ordinary:
            self.app(*statements)
        else:
            self.replica.connection.execute("; ".join(statements)).fetchall()
        self.world.made += len(statements)
        self.note(f"writes {'; '.join(statements)}")
        self._refresh_soon()

    def between_steps(self) -> None:
        """What an app may do just then."""
        if self.busy and self.rng.random() < 0.3:
            self.busy -= 1
            self._write_plain()

    def app(self, *statements: str) -> None:
        """A program that knows nothing of sync writes, in a process of its own."""
        writer = self.world.writer()
        failed = writer(self.path, "PRAGMA synchronous = OFF", *statements)
        writer.forget(self.path)
        if failed:
            raise Failed(f"{self.name}'s app cannot write: {failed} ({'; '.join(statements)})")

    def upset(self) -> None:
        """An app makes an ordinary table anew, or does something else to it as a whole."""
        if self.eye.ordinary:
            table = self.rng.choice(sorted(self.eye.ordinary))
            sql = "SELECT sql FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql IS NOT NULL"
            [(created,)] = self.eye.db.execute(sql, ("table", table))
            names = sql.replace("SELECT sql", "SELECT name")
            triggers = [name for (name,) in self.eye.db.execute(names, ("trigger", table))]
            statements = unknowing.upset(self.rng, table, created, triggers)
            self.app(*statements)
            self._checked.clear()
            self.note(f"its app: {'; '.join(sql for sql in statements if not sql.startswith('DROP TRIGGER'))}")
            self._regreet_soon()

    def spoil(self) -> None:
        """A row gets something that cannot be sent, or is corrected, by the app or behind its back."""
        how = self.rng.choice(["recorded", "recorded", "behind", "correct", "correct behind", *self._more_kinds])
        db = self.replica.connection
        if how == "correct":
            said = f"corrects {spoil.correct(db, self.rng)} rows"
        elif how == "correct behind":
            said = spoil.correct_behind(self.path, self.rng)
        elif how == "version":
            said = self._last_version()
        elif how == "plain":
            said = unknowing.spoil(self.rng)
            self.app(said)
        else:
            said = "writes " + spoil.spoil_text(db, self.path, self.rng, behind=how == "behind")
        self.note(said)
        self._refresh_soon()

    @property
    def _more_kinds(self) -> list[str]:
        """A published package does not hold back what has no version left."""
        plain = ["plain", "plain"] if "memo" in self.eye.ordinary else []
        return plain if self.world.published else [*plain, "version"]

    def _last_version(self) -> str:
        change = spoil.last_version(self.eye, self.rng)
        if change is None or "item" not in self.replica.synced_tables():
            return "has no cell for the last version"
        Replica.merge(self.replica, [change])
        if self.rng.random() < 0.6:
            row = unpack_columns(change.pk)
            self.replica.connection.execute(f"UPDATE item SET {change.cid} = 'beyond' WHERE id = ?", row)
        return f"gets the last version of a cell of {change.cid}"

    def correct(self) -> bool:
        """The app and a person see to all that cannot be sent; False when there is nothing."""
        corrected = spoil.correct(self.replica.connection, self.rng)
        if any(isinstance(value, str) and not truth.is_whole(value) for value in self.eye.column("memo", "text")):
            corrected += 1
            if "memo" in self.eye.ordinary:
                self.app(unknowing.CORRECT)
            else:
                self.replica.connection.execute(unknowing.CORRECT)
        used_up = any(cell.version >= truth.USED_UP for cell in self.eye.cells(0, self.eye.clock()))
        if used_up:
            found = self.replica.repair()
            if any(one.damage not in (Damage.PARKED, Damage.USED_UP) for one in found):
                raise Failed(f"{self.name} has damaged records: {', '.join(one.sentence for one in found)}")
        if corrected or used_up:
            self.note(f"corrects {corrected} texts{', and repairs versions' if used_up else ''}")
            self._tables_changed()
        return bool(corrected or used_up)
