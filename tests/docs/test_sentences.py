"""Documents quote sentences: each is one that the program can say."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

from tests.docs.documents import ROOT

PAGES = [(ROOT / "docs" / name).read_text("utf-8") for name in ("troubleshooting.md", "guide.md")]


def quoted() -> list[str]:
    """The first cell of every row below “it says”."""
    rows = re.findall(r"^\| it says \|.*\n\|[-|]+\n((?:\|.*\n)+)", "\n".join(PAGES), re.MULTILINE)
    return [line.split(" | ")[0].removeprefix("| ") for table in rows for line in table.splitlines()]


@functools.cache
def said() -> tuple[str, ...]:
    return tuple(texts())


def texts() -> Iterator[str]:
    """Every text in the code, with “…” for each value that is put into it."""
    for folder in ("engine", "gui"):
        for file in (ROOT / folder).rglob("*.py"):
            nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
            docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
            for node in nodes:
                match node:
                    case _ if id(node) in docstrings:
                        pass
                    case ast.Constant(value=str() as text):
                        yield re.sub(r"\{\w*(![rsa])?(:[^{}]*)?\}", "…", text)
                    case ast.JoinedStr(values=values):
                        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in values)


def says(text: str, sentence: str) -> bool:
    """Whether a text of the code has all parts of a sentence, in order."""
    at = 0
    for part in filter(None, (part.strip() for part in sentence.split("…"))):
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def test_every_sentence_is_the_programs() -> None:
    assert len(quoted()) > 120
    assert [one for one in quoted() if not any(says(text, one) for text in said())] == []


def test_a_sentence_that_is_no_longer_said_is_found() -> None:
    assert not any(says(text, "… will not accept the token.") for text in said())
