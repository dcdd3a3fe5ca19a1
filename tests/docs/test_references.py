"""What code, tests and pages refer to is there: documents by their names, and the sections of docs/cr-sqlite.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.documents import ROOT

FOLDERS = (".ci", "assets", "docs", "engine", "gui", "tests")
KINDS = {".py", ".md", ".js", ".mjs", ".sql", ".service", ".toml"}
CR_SQLITE = "cr-sqlite.md"
UNLISTED = {"__init__", "__main__"}

_DOCUMENT = re.compile(r"\b[\w-]+\.md\b")
_SECTIONS = re.compile(re.escape(CR_SQLITE) + r"((?:,?\s+(?:and\s+|to\s+)?\d+(?:\.\d+)?)+)")
_HEADING = re.compile(r"^(?:#+ |- \*\*)(\d+(?:\.\d+)?)\b", re.MULTILINE)


def sources() -> Iterator[tuple[Path, str]]:
    """Every text of the project that a person writes, and its path."""
    files = [*ROOT.glob("*.*"), ROOT / "syncline", *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*"))]
    for file in files:
        if (file.suffix in KINDS or file.name == "syncline") and "node_modules" not in file.parts and file.is_file():
            yield file.relative_to(ROOT), file.read_text("utf-8")


def test_every_document_that_is_named_is_there() -> None:
    there = {path.name for path, _ in sources() if path.suffix == ".md"}
    assert CR_SQLITE in there
    gone = [f"{path}: {name}" for path, text in sources() for name in _DOCUMENT.findall(text) if name not in there]
    assert gone == []


def test_every_section_that_is_referred_to_is_there() -> None:
    there = set(_HEADING.findall((ROOT / "docs" / CR_SQLITE).read_text("utf-8")))
    found = [
        (path, section)
        for path, text in sources()
        for sections in _SECTIONS.findall(text)
        for section in re.findall(r"\d+(?:\.\d+)?", sections)
    ]
    assert len(found) > 100, "the references are written in another way"
    assert [f"{path}: {section}" for path, section in found if section not in there] == []


def test_every_path_that_a_page_names_is_there() -> None:
    pages = [
        (page, text)
        for page, text in sources()
        if page.suffix == ".md" and page.name != "CHANGELOG.md" and page.parent != Path("docs/decisions")
    ]
    path = re.compile(r"`((?:engine|gui|tests|\.ci)/[^`\s*…]*)`")
    named = [(page, found) for page, text in pages for found in path.findall(text)]
    assert len(named) > 50
    assert [f"{page}: {found}" for page, found in named if not (ROOT / found).exists()] == []


def test_what_is_to_be_changed_is_where_contributing_says() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = text.partition("\n| to change | go to |\n")[2].partition("\n\n")[0]
    named = [
        (path, name)
        for path, names in re.findall(r"`([\w/.]+\.(?:py|po))`(?:: ((?:`[^`]+`(?:, )?)+))?", rows)
        for name in re.findall(r"`([^`]+)`", names)
    ]
    assert len(named) > 15
    assert [f"{path}: {name}" for path, name in named if name not in (ROOT / path).read_text("utf-8")] == []


def test_each_package_lists_its_modules_and_no_others() -> None:
    left_out, gone = [], []
    for init in [file for top in ("engine", "gui") for file in (ROOT / top).rglob("__init__.py")]:
        package = init.parent
        text = ast.get_docstring(ast.parse(init.read_text("utf-8"))) or ""
        there = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
        bullets = re.findall(r"^- ((?:``\w+``(?:, )?)+)", text, re.MULTILINE)
        name = package.relative_to(ROOT)
        left_out += [f"{name}: {one}" for one in sorted(there - set(re.findall(r"``(\w+)``", text)) - UNLISTED)]
        gone += [f"{name}: {one}" for names in bullets for one in re.findall(r"\w+", names) if one not in there]
    assert left_out == [], "not in the docstring of the package's __init__"
    assert gone == []
