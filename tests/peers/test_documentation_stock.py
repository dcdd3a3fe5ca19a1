"""The examples of the documentation do in the published engine what they do in ours.

All but automatic migration: there that of the WASM build crashes, outside of a browser at least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.crr.test_documentation import EXAMPLES, Open, Run, schema_files
from tests.peers.oracle import Oracle


@pytest.fixture
def open_one() -> Iterator[Open]:
    with Oracle() as oracle:

        def new() -> Run:
            return oracle.open().exec

        yield new


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example is not schema_files])
def test_documentation(open_one: Open, example: Callable[[Open], None]) -> None:
    example(open_one)
