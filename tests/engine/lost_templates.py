"""Finds where code puts a text into a string in a way that loses its template: nobody can translate what comes of it.

An f-string, ``+``, ``%``, ``.format`` and ``", ".join`` make plain strings of what ``t``, ``layout``, ``sentences``,
``joined`` and ``counted`` return. ``said`` and ``tr`` return plain strings already; around them only words are wrong,
which are in no catalogue.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

TEMPLATES = {"t", "layout", "sentences", "joined", "counted"}
TRANSLATED = {"said", "tr"}
ATTRIBUTES = {"sentence", "advice", "reason", "hint", "explanation"}
"""What texts are kept in."""


def lost_templates(source: str) -> list[int]:
    """Return the numbers of the lines where a text loses its template."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lines = set(_in_scope(tree, frozenset()))
    for function in functions:
        lines |= set(_in_scope(function, _variables(function)))
    return sorted(lines)


def _variables(function: ast.AST) -> frozenset[str]:
    """The names of variables that hold a text."""
    return frozenset(
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and _is_text(node.value, ())
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def _in_scope(scope: ast.AST, variables: Collection[str]) -> Iterator[int]:
    for node in ast.walk(scope):
        match node:
            case ast.JoinedStr(values=values):
                parts = [one.value for one in values if isinstance(one, ast.FormattedValue)]
                words = any(_has_words(one) for one in values)
            case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
                parts, words = [left, right], _has_words(left) or _has_words(right)
            case ast.Call(func=ast.Attribute(value=ast.Constant() as separator, attr="join"), args=[argument]):
                parts, words = list(_elements(argument)), _has_words(separator)
            case ast.Call(func=ast.Attribute(value=receiver, attr="format")):
                parts, words = [receiver], True
            case _:
                continue
        if any(_is_text(one, variables) or (words and _is_translated(one)) for one in parts):
            yield node.lineno


def _elements(argument: ast.expr) -> Iterator[ast.expr]:
    """What is joined."""
    match argument:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            for element in elements:
                yield from _elements(element.value) if isinstance(element, ast.Starred) else [element]
        case ast.GeneratorExp(elt=element) | ast.ListComp(elt=element) | ast.SetComp(elt=element):
            yield element
        case ast.Call(func=ast.Name(id="map"), args=[ast.Name() as function, *_]):
            yield ast.Call(function, [], [])
        case ast.Call(func=ast.Name(id="filter" | "sorted" | "list" | "tuple"), args=[*_, inner]):
            yield from _elements(inner)
        case _:
            yield argument


def _is_text(node: ast.expr, variables: Collection[str]) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _is_text(inner, variables)
        case ast.Call(func=ast.Name(id=name)):
            return name in TEMPLATES
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in ATTRIBUTES
        case ast.Attribute(attr=name):
            return name in ATTRIBUTES
        case ast.Name(id=name):
            return name in variables
        case ast.IfExp(body=one, orelse=other):
            return _is_text(one, variables) or _is_text(other, variables)
        case ast.BoolOp(values=values):
            return any(_is_text(one, variables) for one in values)
    return False


def _is_translated(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATED


def _has_words(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and any(map(str.isalpha, node.value))
