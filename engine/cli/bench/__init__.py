"""How fast the engine is, with a baseline in the same run for each figure: ``syncline bench``.

- ``command``: the command; ``timing`` measures; ``samples``, ``files``: what is measured on
- ``merge``, ``read``, ``record``, ``codec``, ``single``, ``stall``, ``growth``: one benchmark each, ``single`` two
- ``capture``: an app beside Syncline, on an ordinary table; ``file_size``: how much larger its file becomes
- ``hub``: a hub in a process of its own (``processes``) with many ``guests`` (over ``raw_socket``), and one that sends
  very much (``bulk``); ``crowds`` of guests that come at once, or stay idle; for comparison, a server that only passes
  on what it receives (``broadcast``)
- ``window``: the idle window
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
"""By a benchmark's name, the function that returns its cases for a number of rows."""

USUAL = ("merge", "read", "record", "codec")
"""The benchmarks that run if none is named."""

__all__ = ["BENCHES", "USUAL", "Case", "Figure"]
