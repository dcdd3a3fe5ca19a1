"""The catalogues are complete, and every text that a person reads goes by way of them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from engine.language import catalogue, system_language
from tests.engine.lost_templates import lost_templates

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file.relative_to(ROOT).as_posix()
    for package in ("engine", "gui")
    for file in (ROOT / package).rglob("*.py")
    if not file.is_relative_to(ROOT / "engine/cli/bench")
)
IN_ENGLISH = "engine/crr/sql_api/"
"""Speaks to those who write SQL."""

SHOWN = [name for name in FILES if not name.startswith(IN_ENGLISH)]

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")


def messages() -> dict[str, str]:
    with (ROOT / "assets/languages/de.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale="de") if one.id}


def test_the_catalogue_is_complete_and_up_to_date() -> None:
    command = [sys.executable, str(ROOT / ".ci" / "languages.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_arguments_and_keys_survive_translation() -> None:
    for text, german in messages().items():
        assert german, text
        assert sorted(re.findall(r"\{[^{}]*\}", text)) == sorted(re.findall(r"\{[^{}]*\}", german)), text
        assert len(re.findall(r"&\w", text)) == len(re.findall(r"&\w", german)), text
        assert (text[-1] in ".…: ?\n") == (german[-1] in ".…: ?\n"), text


def test_what_is_in_no_catalogue_is_said_in_english() -> None:
    assert catalogue("de")("Everything is on both disks.") == "Alles ist auf beiden Platten."
    assert catalogue("de")("No such text") == "No such text"
    assert catalogue("xx")("Everything is on both disks.") == "Everything is on both disks."


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_DE"}, "de"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "xx:de:en"}, "de"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "C", "LANGUAGE": "de"}, "en"),
        ({}, "en"),
    ],
)
def test_the_systems_language(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert system_language() == expected


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@cache
def nodes(name: str) -> list[ast.AST]:
    """Everything in a module."""
    return list(ast.walk(ast.parse((ROOT / name).read_text("utf-8"))))


def calls(name: str) -> Iterator[ast.Call]:
    yield from (node for node in nodes(name) if isinstance(node, ast.Call))


def kinds_of_error() -> set[str]:
    """The names of ``SynclineError`` and of all that come from it, in whatever module."""
    bases = {
        node.name: {getattr(base, "id", "") for base in node.bases}
        for name in FILES
        for node in nodes(name)
        if isinstance(node, ast.ClassDef)
    }
    found = {"SynclineError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


def test_only_literals_are_translated() -> None:
    wrong = [
        f"{name}:{call.lineno}"
        for name in FILES
        for call in calls(name)
        if called(call) in ("t", "tr")
        and not (call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert wrong == []


def test_no_text_loses_its_template() -> None:
    lost = [f"{name}:{line}" for name in FILES for line in lost_templates((ROOT / name).read_text("utf-8"))]
    assert lost == []


@pytest.mark.parametrize(
    "code",
    [
        "f'{t(\"It is locked.\")} {name}'",
        'f"{peer}: {status.sentence()}"',
        't("It is locked.") + " " + name',
        "name + sentences(one, other)",
        't("%s is locked.") % name',
        't("{file} is locked.").format(file=name)',
        '" ".join([name, t("It is locked.")])',
        '"; ".join(t("{file} is locked.", file=one) for one in files)',
        '"; ".join(map(t, files))',
        '", ".join(one.reason for one in errors)',
        'str(t("It is locked.")) + name',
        'def f():\n    text = t("It is locked.")\n    return f"{text} {name}"',
        '(t("It is locked.") if locked else "") + name',
        'f"syncline: {said(text)}"',
        'tr("Share") + " (Ctrl+Shift+S)"',
        'tr("{0} more").format(3)',
    ],
)
def test_a_text_that_loses_its_template_is_found(code: str) -> None:
    assert lost_templates(code), code


@pytest.mark.parametrize(
    "code",
    [
        't("{file} is locked.", file=f"{folder}/{name}")',
        'sentences(t("It is locked."), error.hint)',
        'joined("; ", (one.sentence for one in errors))',
        'layout("{peer}: {state}", peer=name, state=t("Waiting"))',
        '"\\n".join((tr("No peer yet"), said(text)))',
        'f"{said(text)}\\n"',
    ],
)
def test_a_text_that_keeps_its_template_is_not_found(code: str) -> None:
    assert not lost_templates(code), code


def test_the_gallery_shows_sentences_of_the_engine() -> None:
    engines = {
        call.args[0].value
        for name in SHOWN
        if name.startswith("engine/")
        for call in calls(name)
        if called(call) == "t"
    }
    galleries = ("gui/ui_gallery.py", "gui/gallery_samples.py")
    shown = {call.args[0].value for name in galleries for call in calls(name) if called(call) == "t"}
    assert shown
    assert shown <= engines


def test_no_error_goes_past_the_translators() -> None:
    errors = kinds_of_error()
    wrong = []
    for file, call in ((name, call) for name in SHOWN for call in calls(name) if called(call) in errors):
        for argument in (*call.args[:1], *(one.value for one in call.keywords if one.arg in ("hint", "elsewhere"))):
            text = isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value
            if text or isinstance(argument, ast.JoinedStr):
                wrong.append(f"{file}:{call.lineno}")
    assert wrong == []
