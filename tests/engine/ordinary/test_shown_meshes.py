"""Meshes of files whose tables demand things of their rows: after each step, what each table shows is what follows from
the merged state, worked out from scratch (``shown_model``)."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UsageError
from engine.ordinary import merge
from engine.ordinary.hidden import Hidden
from engine.replica import Replica, delete_hidden, keep_hidden, merge_hidden
from engine.tables import HiddenRow
from engine.tables.grouping import shapes
from engine.tables.pack import unpack
from tests import budget
from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.mesh import Mesh
from tests.engine.ordinary.random_rules import Features, RandomRules
from tests.engine.ordinary.shown_model import Reference, Shown, shown
from tests.engine.ordinary.writers import PythonWriter

NOW = Features(unique=True, check=True, deleted_parents=True, hidden_parents=True, same=True)
"""What of this there is by now."""


class RulesMesh(Mesh):
    """Files of one schema with rules, into which apps write; some do not enforce foreign keys."""

    def __init__(self, choose: random.Random, folder: Path, writer: PythonWriter) -> None:
        super().__init__(choose, writer)
        self.schema = RandomRules(choose, NOW)
        self.names = [table.name for table in self.schema.tables]
        self.log: list[str] = [self.schema.text]
        self.hidden = 0
        self.enforce = choose.choice([True, True, False])
        self.files = [self._file(folder / f"{n}.db") for n in range(choose.choice([2, 3, 3]))]

    def _file(self, path: Path) -> File:
        path.unlink(missing_ok=True)
        failed = self.writer(path, "PRAGMA synchronous = OFF", *self.schema.text.split("; "))
        assert not failed, (failed, self.log)
        file = File(path)
        file.db.execute("PRAGMA synchronous = OFF")
        file.make(*self.names)
        return file

    def write(self) -> None:
        """An app writes a few times, in one transaction or in several, which may fail or be taken back."""
        who = self.choose.randrange(len(self.files))
        statements = [self.schema.write() for _ in range(self.choose.randrange(1, 5))]
        if self.choose.random() < 0.3:
            statements = ["BEGIN", *statements, self.choose.choice(["COMMIT", "COMMIT", "ROLLBACK"])]
        self.log.append(f"write {who}: {statements}")
        enforced = "ON" if self.enforce or self.choose.random() < 0.8 else "OFF"
        self.log.append(f"with foreign keys {enforced}")
        self.writer(self.files[who].path, f"PRAGMA foreign_keys = {enforced}", *statements)
        self.writer(self.files[who].path, "ROLLBACK")
        if self.choose.random() < 0.7:
            self.capture(who)

    def capture(self, who: int | None = None) -> None:
        """What an app wrote is captured; it may make room for hidden rows."""
        who = self.choose.randrange(len(self.files)) if who is None else who
        self.log.append(f"capture {who}")
        self.files[who].capture()
        self.check(who)

    def decide(self) -> None:
        """A person decides about a hidden row."""
        who = self.choose.randrange(len(self.files))
        self.files[who].capture()
        with Replica.open(self.files[who].path) as replica:
            hidden = replica.hidden_rows()
            if not hidden:
                return
            row, decision = self.choose.choice(hidden), self.choose.choice([keep_hidden, merge_hidden, delete_hidden])
            self.log.append(f"decide {who}: {decision.__name__} {row.table} {row.shown_key}")
            with suppress(UsageError):  # no row is in its way, or what refers to that one cannot refer to it
                left = decision(replica, row)
                hidden = replica.hidden_rows()
                assert left in (None, *hidden), self.told
                assert (left is None) == (row.key not in {one.key for one in hidden}), self.told
        self.check(who)

    def restart(self) -> None:
        """Syncline ends and begins again."""
        who = self.choose.randrange(len(self.files))
        self.log.append(f"restart {who}")
        self.files[who].db.close()
        self.files[who] = File(self.files[who].path)
        self.files[who].db.execute("PRAGMA synchronous = OFF")

    def take(self, to: int, source: int, since: int, *, cut: bool) -> bool:
        self.log.append(f"{to} takes from {source} since {since} {'cut' if cut else ''}")
        self.files[source].capture()
        self.files[to].hear_of_loose_keys(self.files[source])
        for table in self.choose.sample(self.names, len(self.names)):
            changes = self.files[source].changes(since, table, most=self.choose.choice([1, 3, 10**9]))
            if cut and changes:
                changes = changes[: self.choose.randrange(len(changes))]
            for part in self.parts(changes):
                self.files[to].merge(part)
                if self.choose.random() < 0.3:
                    self.check(to)
            self.check(to)
        return not cut

    def state(self, file: File) -> list[tuple[object, ...]]:
        """What a file holds, shown or hidden, with its causal lengths and column versions."""
        return sorted(
            (change.table, change.pk, change.cid, repr(change.val), change.cl, change.col_version)
            for table in self.names
            for change in file.changes(0, table)
        )

    def merged(self, file: File) -> dict[str, dict[bytes, dict[str, Any]]]:
        """The rows that are not deleted, as they travel."""
        found: dict[str, dict[bytes, dict[str, Any]]] = {}
        for table in self.schema.tables:
            rows: dict[bytes, dict[str, Any]] = {}
            for change in file.changes(0, table.name):
                if change.cl % 2:
                    row = rows.setdefault(change.pk, dict.fromkeys(table.columns) | {"id": unpack(change.pk)[0]})
                    if change.cid in table.columns:
                        row[change.cid] = change.val
            found[table.name] = rows
        return found

    def tables(self, file: File) -> dict[str, dict[bytes, Mapping[str, Any]]]:
        """What the tables show, with names in place of numbers that SQLite hands out."""
        keys: dict[str, dict[Any, bytes]] = {}
        for entry in file.tables.entries():
            local = "k0" if entry.has_global_key else "crsql_syncline_key(pk, 0)"
            keys[entry.name] = dict(file.db.execute(f"SELECT {local}, pk FROM {entry.rows}").fetchall())
        found: dict[str, dict[bytes, Mapping[str, Any]]] = {}
        for table in self.schema.tables:
            found[table.name] = {}
            for row in file.db.execute(f"SELECT {', '.join(table.columns)} FROM {table.name}").fetchall():
                values = dict(zip(table.columns, row, strict=True))
                pk = keys[table.name][values["id"]]
                values["id"] = unpack(pk)[0]
                for reference in table.references:
                    if values["r"] is not None and values["r"] in keys[reference.parent]:
                        values["r"] = unpack(keys[reference.parent][values["r"]])[0]
                found[table.name][pk] = values
        return found

    def expected(self, file: File) -> Shown:
        """What the tables are to show."""
        kept = {entry.name: entry.kept for entry in file.tables.entries()}
        tables = [
            replace(table, references=tuple(_as_kept(one, kept[table.name]) for one in table.references))
            for table in self.schema.tables
        ]
        deleted = {
            table.name: {tuple(unpack(change.pk)) for change in file.changes(0, table.name) if change.cl % 2 == 0}
            for table in tables
        }
        return shown(tables, self.merged(file), deleted)

    def check(self, who: int) -> None:
        """See that a file shows what it is to show, and that SQLite finds nothing wrong."""
        file = self.files[who]
        if not file.tables.up_to_date():
            return  # what an app wrote meanwhile is not part of the merged state yet
        expected, found = self.expected(file), self.tables(file)
        if expected.circles and NOW.hidden_parents:
            return  # of which rows are shown then is not decided yet
        self.hidden += sum(map(len, expected.hidden.values()))
        for name in self.names:
            if found[name] != expected.shown[name]:
                differs = {
                    key: (found[name].get(key), expected.shown[name].get(key), expected.hidden[name].get(key))
                    for key in found[name].keys() | expected.shown[name].keys()
                    if found[name].get(key) != expected.shown[name].get(key)
                }
                raise AssertionError(f"file {who}, {name}: {differs}\n{self.told}")
            hidden = {row.key: row for row in self._hidden(file, name)}
            assert {key: row.reason for key, row in hidden.items()} == {
                key: why.reason for key, why in expected.hidden[name].items()
            }, (who, name, self.told)
            for key, row in hidden.items():
                ways = expected.ways[name].get(key, {None})
                assert row.in_the_way in ways, (who, name, row, ways, self.told)
        wrong = file.db.execute("PRAGMA integrity_check").fetchall()
        assert wrong == [("ok",)], (who, wrong, self.told)

    def _hidden(self, file: File, name: str) -> Iterator[HiddenRow]:
        [entry] = [entry for entry in file.tables.entries() if entry.name == name]
        return Hidden(file.db, entry).listed()

    def digests(self, file: File) -> Sequence[object]:
        """What a peer compares with its own."""
        with Replica.open(file.path) as replica:
            assert replica.check() == [], self.told
            return replica.digests()

    @property
    def told(self) -> str:
        """What has happened, from the schema on."""
        return "\n" + "\n".join(self.log)


def _as_kept(reference: Reference, kept: Collection[tuple[str, ...]]) -> Reference:
    return replace(reference, missing=reference.missing or reference.columns not in kept)


@pytest.mark.parametrize("how", ["row by row", "together"])
def test_what_tables_show(tmp_path: Path, python: PythonWriter, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files show the same in the end, and a comparison of everything finds nothing that the captures did not."""
    if how == "together":
        monkeypatch.setattr(merge, "CROSSOVER", 1)
        monkeypatch.setattr(shapes, "FEWEST", 1)
    at_least = budget.pick(5, 40)
    looks_for = "a hidden row" if Features() != NOW else ""
    for case in budget.cases(f"what tables show, {how}", seconds=6, at_least=at_least, looks_for=looks_for):
        with closing(RulesMesh(case.random, tmp_path, python)) as mesh:
            for _ in range(case.random.randrange(10, 40)):
                steps = [mesh.write] * 6 + [mesh.exchange] * 6 + [mesh.capture, mesh.restart, mesh.decide]
                case.random.choice(steps)()
            mesh.settle()
            for who, file in enumerate(mesh.files):
                assert mesh.state(file) == mesh.state(mesh.files[0]), (case.seed, mesh.told)
                if not mesh.expected(file).circles:
                    assert mesh.tables(file) == mesh.tables(mesh.files[0]), (case.seed, mesh.told)
                version = file.capture()
                file.compare_all()
                assert file.state.db_version() == version, (case.seed, who, mesh.told)
                mesh.check(who)
            digests = [mesh.digests(file) for file in mesh.files]
            assert all(one == digests[0] for one in digests), (case.seed, digests, mesh.told)
            case.found(mesh.hidden)


def test_a_number_that_is_handed_out_again(new: Open) -> None:
    """What was hidden behind the row that had it comes in, before the row that has it now."""
    schema = "CREATE TABLE notes (id INTEGER PRIMARY KEY, c UNIQUE)"
    one, two = sorted((new(schema), new(schema)), key=lambda file: file.tables.entries()[0].collection)
    one.app("INSERT INTO notes VALUES (1, 0)")
    two.app("INSERT INTO notes VALUES (1, 0)")
    two.merge(one.changes())
    assert two.rows() == {2: (0,)}  # that of the first
    two.app("DELETE FROM notes WHERE id = 2; INSERT INTO notes VALUES (2, 0)")
    two.capture()
    assert two.rows() == {1: (0,)}
    assert [row.reason for row in two.hidden()] == ["unique"]
