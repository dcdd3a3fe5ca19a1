"""The rules of hidden rows, of what refers to them and of renamed tables, each with a history that goes wrong without
it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.ordinary import capture, catalogue, renamed, renamed_columns, survey
from engine.ordinary.hidden import Hidden
from engine.ordinary.loose_keys import LooseKeys
from engine.ordinary.parents import Parents
from engine.ordinary.showing import Showing
from engine.ordinary.shown import Shown
from tests.engine.ordinary import test_deleted_parents
from tests.engine.ordinary.conftest import File, Open
from tests.engine.ordinary.test_hidden import FOLDERS, merge, shown
from tests.engine.ordinary.test_same_rows import both, exchange, in_folders

Patch = pytest.MonkeyPatch


def met(new: Open, schema: str = FOLDERS) -> tuple[File, File]:
    """Two files that each made a row of the same name, ``a`` and ``b``; both have both."""
    files = new(schema, "folders"), new(schema, "folders")
    for file, key in zip(files, "ab", strict=True):
        file.app(f"INSERT INTO folders VALUES ('{key}', 'Inbox', 1)")
    for to, source in (files, files[::-1]):
        merge(to, source)
    return files


def both_show_the_same(new: Open) -> None:
    for file in met(new):
        assert shown(file) == {"a": "Inbox"}


def the_row_in_the_way_goes(new: Open) -> None:
    one, other = met(new)
    one.app("DELETE FROM folders WHERE id = 'a'")
    merge(other, one)
    assert shown(other) == {"b": "Inbox"}


def all_is_compared_while_a_row_is_hidden(new: Open) -> None:
    one, other = met(new)
    one.compare_all()
    assert one.versions("folders")[("b",)] == (1, {"name": 1, "note": 1})
    merge(other, one)
    other.app("DELETE FROM folders WHERE id = 'a'")
    other.capture()
    assert shown(other) == {"b": "Inbox"}


def a_rule_goes(new: Open) -> None:
    one, _ = met(
        new, "CREATE TABLE folders (id TEXT PRIMARY KEY, name TEXT, note); CREATE UNIQUE INDEX i ON folders (name)"
    )
    one.app("DROP INDEX i")
    one.capture()
    assert shown(one) == {"a": "Inbox", "b": "Inbox"}


def an_app_writes_under_a_hidden_key(new: Open) -> None:
    one, other = met(new)
    one.app("INSERT INTO folders VALUES ('b', 'Mine', 1)")
    merge(other, one)
    assert shown(other) == {"a": "Inbox", "b": "Mine"}
    assert one.hidden("folders") == []


def a_rule_says_what_a_conflict_does(new: Open) -> None:
    one, other = (new(FOLDERS.replace("UNIQUE", "UNIQUE ON CONFLICT REPLACE"), "folders") for _ in range(2))
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 1)")
    merge(one, other)
    assert shown(one) == {"a": "Inbox"}


def a_column_is_renamed(new: Open) -> None:
    one, _ = met(new)
    one.app("ALTER TABLE folders RENAME COLUMN note TO remark")
    one.capture()
    assert [row.values for row in one.hidden("folders")] == [{"name": "Inbox", "remark": 1}]


def a_note_lies_in_a_hidden_folder(new: Open) -> File:
    schema = f"{FOLDERS}; CREATE TABLE notes (id TEXT PRIMARY KEY, folder TEXT REFERENCES folders)"
    one, other = new(schema, "folders", "notes"), new(schema, "folders", "notes")
    one.app("INSERT INTO folders VALUES ('a', 'Inbox', 1)")
    other.app("INSERT INTO folders VALUES ('b', 'Inbox', 1)", "INSERT INTO notes VALUES ('n', 'b')")
    for name in ("notes", "folders"):
        one.merge(other.changes(0, name))
    assert one.db.execute("PRAGMA foreign_key_check").fetchall() == []
    return one


def a_hidden_folder_comes_in(new: Open) -> None:
    one = a_note_lies_in_a_hidden_folder(new)
    one.app("UPDATE folders SET name = 'Out'")
    one.capture()
    assert one.rows("folders").keys() == {"a", "b"}
    assert one.rows("notes") == {"n": ("b",)}


def an_app_renames_what_stands_for_two(new: Open) -> None:
    files = both(new)
    files[0].app("UPDATE folders SET name = 'Post' WHERE name = 'inbox'")
    exchange(*files)
    for file in files:
        assert in_folders(file) == [("note", "post")] * 2


def an_app_deletes_what_stands_for_two(new: Open) -> None:
    files = both(new)
    files[0].app("PRAGMA foreign_keys = ON; DELETE FROM texts; DELETE FROM folders WHERE name = 'inbox'")
    exchange(*files)
    for file in files:
        assert file.rows("notes") == {}
        assert "inbox" not in {str(name).lower() for name, _ in file.rows("folders").values()}


def two_folders_are_the_same(new: Open) -> None:
    for file in both(new):
        assert in_folders(file) == [("note", "inbox")] * 2


def a_table_is_renamed(new: Open) -> None:
    file = new("CREATE TABLE notes (id INTEGER PRIMARY KEY, title); INSERT INTO notes VALUES (1, 'A')")
    before = [(one.pk, one.val) for one in file.changes()]
    file.app("ALTER TABLE notes RENAME TO memos")
    file.capture()
    file.make("memos")
    file.capture()
    assert [(one.pk, one.val) for one in file.changes(0, "memos")] == before


def _first_come(patch: Patch) -> None:
    """Rows are decided in the order in which they came to this machine."""
    inner = Shown._placed

    def placed(self: Shown, pk: bytes, r: int) -> tuple[int, bytes, int]:
        return inner(self, pk, r)[0], b"", r

    patch.setattr(Shown, "_placed", placed)


def _nobody_waits(patch: Patch) -> None:
    patch.setattr(Parents, "any_hidden", lambda _: False)
    patch.setattr(Parents, "awaited_by", lambda *_: None)


RULES: dict[str, tuple[Callable[[Open], object], Callable[[Patch], object]]] = {
    "the first row by its key is shown": (both_show_the_same, _first_come),
    "a row is tried again when what was in its way goes": (
        the_row_in_the_way_goes,
        lambda patch: patch.setattr(Hidden, "try_behind", lambda *_: []),
    ),
    "a hidden row is not gone": (
        all_is_compared_while_a_row_is_hidden,
        lambda patch: [patch.setattr(module, "is_not_hidden", lambda *_: "1") for module in (capture, survey)],
    ),
    "another schema has all tried again": (
        a_rule_goes,
        lambda patch: patch.setattr(Hidden, "try_all", lambda _: None),
    ),
    "what an app writes under a hidden key is shown": (
        an_app_writes_under_a_hidden_key,
        lambda patch: patch.setattr(Hidden, "forget_shown", lambda *_: None),
    ),
    "what a rule says of conflicts is for the app": (
        a_rule_says_what_a_conflict_does,
        lambda patch: patch.setattr(catalogue, "_or_abort", lambda *_: ""),
    ),
    "a renamed column keeps what hidden rows hold": (
        a_column_is_renamed,
        lambda patch: patch.setattr(renamed_columns, "renamed", lambda *_: {}),
    ),
    "a row waits behind its hidden parent": (a_note_lies_in_a_hidden_folder, _nobody_waits),
    "and comes in with it": (
        a_hidden_folder_comes_in,
        lambda patch: patch.setattr(Parents, "try_those_freed", lambda _: False),
    ),
    "a row whose parent was deleted elsewhere waits": (
        test_deleted_parents.the_note_of_a_deleted_folder_waits,
        lambda patch: patch.setattr(Parents, "bereft", lambda *_: []),
    ),
    "an app leaves rows without a parent on purpose": (
        test_deleted_parents.an_app_leaves_notes_on_purpose,
        lambda patch: patch.setattr(LooseKeys, "_is_left", lambda *_: False),
    ),
    "an app writes rows without a parent on purpose": (
        test_deleted_parents.an_app_writes_a_note_to_a_deleted_folder,
        lambda patch: patch.setattr(LooseKeys, "_is_written_without", lambda *_: False),
    ),
    "a file has rows without a parent from before": (
        test_deleted_parents.a_file_had_notes_without_a_folder,
        lambda patch: patch.setattr(LooseKeys, "_is_broken", lambda *_: False),
    ),
    "a shown row stands for its class": (
        an_app_renames_what_stands_for_two,
        lambda patch: patch.setattr(capture, "write_to_classes", lambda *_: None),
    ),
    "what is deleted is all that it stands for": (
        an_app_deletes_what_stands_for_two,
        lambda patch: patch.setattr(Hidden, "same_as", lambda *_: []),
    ),
    "references to a hidden row lead to the shown one": (
        two_folders_are_the_same,
        lambda patch: patch.setattr(Showing, "_lead", lambda *_: False),
    ),
    "a renamed table goes on with its records": (
        a_table_is_renamed,
        lambda patch: patch.setattr(renamed, "go_on", lambda *_: False),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_and_what_comes_of_leaving_it_out(rule: str, new: Open, monkeypatch: Patch) -> None:
    history, fault = RULES[rule]
    history(new)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        history(new)
