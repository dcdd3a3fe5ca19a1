"""How fast the engine is, each figure beside its baseline in the same run: ``syncline bench``.

- ``command``: the command; ``timing`` measures; ``samples``, ``files``: what is measured on
- ``merge``, ``read``, ``record``, ``codec``, ``single``, ``stall``, ``growth``: one bench each, ``single`` two
- ``capture``: an app beside Syncline, on an ordinary table; ``file_size``: how much larger its file gets
- ``hub``: a hub in a process of its own (``processes``) with many ``guests`` (over ``raw_socket``), and one that brings
  very much (``bulk``); ``crowds`` of them, who come at once, or rest; beside it a server that only passes on what comes
  (``broadcast``)
- ``window``: the window at rest
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.cli.bench import codec, growth, merge, read, record, single, stall
from engine.cli.bench.timing import Case, Figure

BENCHES: dict[str, Callable[[int], Iterator[Case]]] = {
    "merge": merge.cases,
    "sql": single.sql_cases,
    "single": single.single_cases,
    "read": read.cases,
    "record": record.cases,
    "codec": codec.cases,
    "stall": stall.cases,
    "growth": growth.cases,
}
"""From a bench's name to its cases for a number of rows."""

USUAL = ("merge", "read", "record", "codec")
"""Those that run when none is named."""

__all__ = ["BENCHES", "USUAL", "Case", "Figure"]
