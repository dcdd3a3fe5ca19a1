"""Faults of captures, of following schemas and of reading, for the rules that keep them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import apsw
import pytest

from engine.change import Change
from engine.ordinary import capture, catalogue, layout, read, register, triggers
from engine.ordinary.capture import Capture
from engine.ordinary.read import At
from engine.ordinary.register import Entry
from engine.ordinary.survey import Survey
from engine.ordinary.tables import OrdinaryTables
from engine.tables.reading import LAST

Patch = pytest.MonkeyPatch


def cells_first(patch: Patch) -> None:
    def run(self: read._Reader, at: At) -> At | None:
        if at == At(0, 0, LAST):
            at = At(1, 0, LAST)
        if at.phase == 1:
            stopped = self._phase(at, self._cells)
            if stopped is not None:
                return stopped
            at = At(0, 0, LAST - 1)
        return self._phase(at, self._rows)

    patch.setattr(read._Reader, "read", run)


def inside_a_row(patch: Patch) -> None:
    inner = read._Reader._fits

    def fits(self: read._Reader, changes: list[Change]) -> bool:
        room = self._fill.changes - len(self._fill.found)
        if 0 < room < len(changes):
            del changes[room:]
        return inner(self, changes)

    patch.setattr(read._Reader, "_fits", fits)


def due_nowhere(patch: Patch) -> None:
    inner = register.save
    patch.setattr(register, "save", lambda db, entry: inner(db, replace(entry, due=None)))


def trigger(patch: Patch, change: Callable[[Entry, str, str], str]) -> None:
    inner = triggers.text
    patch.setattr(triggers, "text", lambda entry, event: change(entry, event, inner(entry, event)))


def log_with_a_rule(patch: Patch) -> None:
    """Each key once, as it would be tempting to have it."""
    inner = layout.make_log

    def make_log(db: apsw.Connection, entry: Entry) -> None:
        inner(db, entry)
        db.execute(f"CREATE UNIQUE INDEX {entry.log}_once ON {entry.log} ({', '.join(entry.log_key)})")

    patch.setattr(layout, "make_log", make_log)
    trigger(patch, lambda _, event, text: text.replace("INSERT INTO", "INSERT OR IGNORE INTO"))


def stamped_whatever_it_is(patch: Patch) -> None:
    inner = capture.Capture._stamp_rows

    def stamp_rows(self: Capture, keys: str, bindings: object, version: int, *, logged: bool) -> int:
        self._versions.keep_floor(version)
        return inner(self, keys, bindings, version, logged=logged)  # type: ignore[arg-type]

    patch.setattr(Capture, "_stamp_rows", stamp_rows)


def seen_as_null(patch: Patch) -> None:
    patch.setattr(Survey, "_default", lambda *_: "NULL")


def loaded_as_not_due(patch: Patch) -> None:
    inner = catalogue.load
    patch.setattr(catalogue, "load", lambda db, entries, _=(): inner(db, [replace(one, due=None) for one in entries]))


def kept_version(patch: Patch) -> None:
    def capture_all(self: OrdinaryTables) -> int:
        while self.capture():
            pass
        return self._versions.latest

    patch.setattr(OrdinaryTables, "capture_all", capture_all)


def same_key(patch: Patch) -> None:
    inner = Survey.follow
    patch.setattr(Survey, "follow", lambda self, entry, key_of: inner(self, entry, lambda _: entry.key))
