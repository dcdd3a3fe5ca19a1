"""Which tests wait for something: an event, a process, a socket, a thread. They are what a busy machine breaks.

``pytest --waiting`` runs these alone, ``--times 50`` runs each so often.
"""

from __future__ import annotations

import functools
import inspect
import re
import types
from collections.abc import Iterator

import pytest

SIGNS = {
    "asyncio",
    "communicate",
    "on_gui_loop",
    "on_loop",
    "Popen",
    "qtbot",
    "run_async",
    "socket",
    "subprocess",
    "Thread",
    "ThreadPoolExecutor",
    "until",
}
"""Names that a test, a fixture or a helper of theirs uses that waits."""


def waits(item: pytest.Item) -> bool:
    """Whether a test waits for anything but the CPU: by itself, or in a fixture or helper that it uses."""
    if not isinstance(item, pytest.Function):
        return False
    fixtures = item._fixtureinfo.name2fixturedefs
    names = (name for name in item.fixturenames if name in fixtures)
    return any(map(_waits, [item.function, *(fixtures[name][-1].func for name in names)]))


@functools.cache
def _waits(part: object) -> bool:
    return any(SIGNS & set(_names(one)) for one in _with_helpers(part))


def _with_helpers(part: object) -> Iterator[object]:
    """A function or class of the tests, and those of them that it uses."""
    found, due = set(), [inspect.unwrap(part) if callable(part) else part]
    while due:
        one = due.pop()
        module = inspect.getmodule(one)
        if one in found or module is None or not module.__name__.startswith("tests"):
            continue
        found.add(one)
        yield one
        used = (getattr(module, name, None) for name in _names(one))
        due += [inspect.unwrap(each) for each in used if isinstance(each, types.FunctionType | type)]


@functools.cache
def _names(one: object) -> tuple[str, ...]:
    try:
        return tuple(re.findall(r"\w+", inspect.getsource(one)))  # type: ignore[arg-type]
    except (OSError, TypeError):
        return ()
