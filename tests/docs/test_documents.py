"""What our documents tell a person to type, typed: as it stands there, one block after the other."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli.commandline import parser
from engine.peer_state import State
from engine.settings import SETTINGS
from engine.settings.schema import Group
from tests.docs.documents import ROOT, Terminal, blocks, documents, spans

DOCUMENTS = documents()
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
OTHERS = ("ARCHITECTURE.md", "CHANGELOG.md", "engine/wire/PROTOCOL.md")
PAGES = [*DOCUMENTS, *DECISIONS, *(ROOT / page for page in OTHERS)]

FIRST = (ROOT / "README.md", ROOT / "docs" / "guide.md")
"""What people read first: a quick run types these."""

EXEMPT = 20
"""How many blocks may go without being run, in all documents together."""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    "document",
    [pytest.param(one, marks=() if one in FIRST else pytest.mark.full) for one in DOCUMENTS],
    ids=lambda one: one.relative_to(ROOT).as_posix(),
)
def test_every_block(document: Path, terminal: Terminal) -> None:
    for block in blocks(document):
        try:
            terminal.do(block)
        except Exception as error:
            error.add_note(f"{document.name}, line {block.line}")
            raise


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    exempt = [(document.name, block) for document in DOCUMENTS for block in blocks(document) if block.exempt]
    assert len(exempt) <= EXEMPT
    hidden = [
        f"{document.name}, line {block.line}: {block.commands}"
        for document in DOCUMENTS
        for block in blocks(document)
        if block.language not in ("sh", "output", "stop", "usage") and not block.file and block.commands
    ]
    assert hidden == [], "commands in a block that is not run, and does not say why"


@pytest.mark.parametrize("document", PAGES, ids=lambda one: one.name)
def test_every_command_that_is_named_is_one(document: Path) -> None:
    named = [*spans(document), *(words for block in blocks(document) for words in block.commands if block.exempt)]
    wrong = [f"syncline {' '.join(words)}: {problem}" for words in named if (problem := _problem(words))]
    assert wrong == []


@pytest.mark.parametrize("document", PAGES, ids=lambda one: one.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)|srcset=\"([^\"]+)|src=\"([^\"]+)", document.read_text("utf-8"))
    files = [link for link in map("".join, links) if not link.startswith("https://")]
    assert [link for link in files if not (document.parent / link).exists()] == []


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    assert [page.name for page in DECISIONS if page.name != "README.md" and f"({page.name})" not in index] == []


def test_the_guide_has_every_state_and_every_setting() -> None:
    guide = (ROOT / "docs" / "guide.md").read_text("utf-8")
    assert [state.value for state in State if f" | {state.value} | " not in guide] == []
    told = {setting.label for setting in SETTINGS.values() if setting.group is not Group.NOTIFY}
    assert [label for label in told if label not in guide] == []


def test_the_page_of_commands_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, ROOT / ".ci" / "commands.py", "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def _problem(words: list[str]) -> str:
    """What is wrong with a command, or ''. Words may be missing: prose names a command and the option in question."""
    one = parser()
    for word in words:
        if word in ("test", "bundle", "FILE") or word.startswith("syncline:"):  # the launcher's own; what is opened
            return ""
        choices = _commands(one)
        if word.startswith("--"):
            if word.partition("=")[0] not in one._option_string_actions:
                return f"no option {word}"
        elif choices:
            if word not in choices:
                return f"no command {word}"
            one = choices[word]
    return ""


def _commands(one: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}
