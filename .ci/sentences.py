"""Finds what the engine can say to a person, by walking its code.

A text counts when it has words and is no SQL, no line of the log and no message to programmers. F-strings become
templates: each value in them a gap, ``{0}``, ``{1}`` ... Single words that are put into such a gap are found only when
they are marked: ``marked("engine", "removed")``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ELSEWHERE = (
    "links/backoff.py", "cli/", "api/diagnostics.py", "pairing/verification_words.py",
    "crr/sql_api/", "crr/statements.py", "crr/tables/automigrate.py", "crr/tables/ddl_tokens.py",
    "crr/tables/plans.py",
    "crr/tables/backfill.py", "crr/tables/repair.py", "hub/limits.py", "hub/metrics.py", "hub/options.py",
    "hub/schemas.py", "hub/tokens.py", "hub/migrate_room.py", "pairing/discovery.py", "wire/plans.py",
)  # fmt: skip
"""Rooms that speak to the command line, to SQL or to a hub's owner, never in the window."""

LOGS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
PROGRAMMERS = {"TypeError", "RuntimeError", "KeyError", "AssertionError", "NotImplementedError", "LookupError"}
NOT_SAID = LOGS | PROGRAMMERS | {
    "execute", "SetValueEx", "compile", "Struct", "Thread", "create_task", "partial_name", "cast",
}  # fmt: skip
"""Calls whose texts nobody reads in the window."""

SQL = re.compile(
    r"\b[A-Z]{2,} [A-Z]{2,}\b|\bFROM\b|\bSELECT\b|\bAND\b|\bAS\b|\bBLOB\b[^.]|\bNULL AS\b|\bDEFAULT \{|\bNOT NULL,"
    r"|\bDISTINCT\b|\bCASE\b|\bCOLLATE\b|\bWHEN\b|\bIN \(|\bIS [?{]|\bLIMIT\b|\bWHERE\b|^SAVEPOINT|^since, |\bifnull\("
    r"|\btype = '|\blower\(|\btypeof\(|\} OR \{|\bcarray\(|ORDER BY"
)
SENTENCE = re.compile(r"(?s)([A-Z][a-z]|[“{A]).*[.?]")
CODE = re.compile(r"\\[sd]|__|\w=\{|^\S*$|^\W*\{\d\}\W*$|^-----|^\[|^URL |;\s*charset|::|\bc\.|\bt\.")
WORD = re.compile(r"(?<![\w{])(?:[A-Za-z’'-]{2,}|a)(?![\w}])")
BOUNDARY = re.compile(r"(?<=[.?]) (?=[A-Z“{])")


def sentences(engine: Path) -> list[str]:
    """All templates, sorted; ``engine`` is the folder of the package."""
    found: set[str] = set()
    for file in sorted(engine.rglob("*.py")):
        if not file.relative_to(engine).as_posix().startswith(ELSEWHERE):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            found |= {text for node in ast.walk(tree) if isinstance(node, ast.Call) for text in _marked(node)}
            for text in _texts(tree):
                if SENTENCE.fullmatch(text) or not SQL.search(text):
                    found |= {part for part in _parts(text) if _said(part)}
    return sorted(found)


def _parts(text: str) -> Iterator[str]:
    """Each sentence of a text by itself, its gaps counted from 0; a gap that stands alone before or behind is none."""
    for part in BOUNDARY.split(" ".join(text.split("\n"))):
        part = re.sub(r"^\{\} (?=[A-Z][a-z])", "", part.strip())
        numbers = iter(range(part.count("{}")))
        yield re.sub(r"\{\}", lambda _, numbers=numbers: f"{{{next(numbers)}}}", part)  # type: ignore[misc]


def _said(part: str) -> bool:
    words = WORD.findall(part)
    return not CODE.search(part) and (len(words) > 1 or bool(words and ("{0}" in part or part[-1] in ".?")))


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts below a node, those that are joined by ``+`` as one."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Assert):
        return
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in NOT_SAID:
            return
        if name == "marked":
            return
    joined = _joined(node)
    if joined is not None:
        text, inside = joined
        yield text
        for one in inside:
            yield from _texts(one)
        return
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def _joined(node: ast.AST) -> tuple[str, list[ast.AST]] | None:
    """A text with ``{}`` for each value in it, and those values; None when it is none."""
    match node:
        case ast.Constant(value=str() as text):
            return re.sub(r"\{[^}]*\}", "{}", text), []
        case ast.JoinedStr(values=values):
            text, inside = "", []
            for value in values:
                if isinstance(value, ast.FormattedValue):
                    text += "{}"
                    inside.append(value.value)
                elif isinstance(value, ast.Constant):
                    text += str(value.value)
            return text, inside
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            one, other = _joined(left), _joined(right)
            if one is None and other is None:
                return None
            one, other = one or ("{}", [left]), other or ("{}", [right])
            return one[0] + other[0], one[1] + other[1]
    return None


def _marked(call: ast.Call) -> Iterator[str]:
    if getattr(call.func, "id", "") != "marked":
        return
    context, text = (argument.value if isinstance(argument, ast.Constant) else "" for argument in call.args[:2])
    if context == "engine":
        yield str(text)
