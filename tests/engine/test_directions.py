"""Imports point one way: from ``gui`` and ``engine.cli`` down to values and SQLite, and never back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAYERS = (
    {"text", "language", "peer_text", "relaunch"},
    {"errors"},
    {"change", "ids", "table_shape", "table_plan"},
    {"sqlite"},
    {"tables"},
    {"clocks"},
    {"crr", "ordinary"},
    {"replica", "wire"},
    {"settings"},
    {"peer_state"},
    {"events", "truncate"},
    {"session"},
    {"storage", "transport"},
    {"links"},
    {"checks", "history"},
    {"hub"},
    {"pairing"},
    {"api"},
    {"cli"},
    {"gui"},
)
"""From the ground up. A package imports from its own layer and from those before it."""

LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}


def modules() -> dict[str, Path]:
    """Every module of the program by its name."""
    found = {}
    for top in ("engine", "gui"):
        for file in (ROOT / top).rglob("*.py"):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = modules()


@cache
def imports(name: str) -> tuple[tuple[str, str], ...]:
    """The modules that a module imports, each with the name that is taken from it ('' for the module itself)."""
    return tuple(_imports(name, MODULES[name]))


def _imports(name: str, file: Path) -> Iterator[tuple[str, str]]:
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                if inner in MODULES:
                    yield inner, ""
                elif base in MODULES:
                    yield base, alias.name


def layer_of(name: str) -> str:
    """``crr`` for engine.crr.merge.merger, ``gui`` for all of the window."""
    top, _, rest = name.partition(".")
    return rest.partition(".")[0] if top == "engine" and rest else top


def edges() -> set[tuple[str, str]]:
    """Which module imports which."""
    return {(name, target) for name in MODULES for target, _ in imports(name) if target != name}


def test_every_package_has_its_place() -> None:
    assert {layer_of(name) for name in MODULES} - {"engine"} == set(LEVEL)


def test_no_import_points_back() -> None:
    back = {
        f"{name} -> {target}"
        for name, target in edges()
        if "engine" not in (layer_of(name), layer_of(target)) and LEVEL[layer_of(name)] < LEVEL[layer_of(target)]
    }
    assert back == set()


def test_no_circle() -> None:
    """No module imports itself by way of others."""
    below: dict[str, set[str]] = {name: set() for name in MODULES}
    for name, target in edges():
        below[name].add(target)
    done: set[str] = set()

    def inbound(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            pytest.fail(" -> ".join((*path[path.index(name) :], name)))
        if name not in done:
            for target in below[name]:
                inbound(target, (*path, name))
            done.add(name)

    for name in MODULES:
        inbound(name, ())


PUBLIC = {"engine.replica", "engine.replica.table_digests", "engine.crr", "engine.tables"}
"""What those above a replica may import of it and of its kinds of tables: what these export, and long looks at tables.
"""

BELOW = {"replica", "crr", "ordinary", "tables"}


def test_above_a_replica_nothing_reaches_into_it() -> None:
    inside = {
        f"{name}: {target}"
        for name in MODULES
        for target, taken in imports(name)
        if layer_of(target) in BELOW and LEVEL.get(layer_of(name), 0) > LEVEL["replica"] and target not in PUBLIC
    }
    assert inside == set()


def test_kinds_of_tables_know_nothing_of_each_other() -> None:
    kinds = {"crr", "ordinary"}
    assert not [edge for edge in edges() if {layer_of(end) for end in edge} == kinds]


def test_private_names_stay_at_home() -> None:
    reached = {
        f"{name}: {target}.{taken}"
        for name in MODULES
        for target, taken in imports(name)
        if ((taken.startswith("_") and taken != "__version__") or target.rpartition(".")[2].startswith("_"))
        and layer_of(name) != layer_of(target)
    }
    assert reached == set()
