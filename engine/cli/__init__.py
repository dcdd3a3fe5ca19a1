"""The command line: ``main`` for all of it, and a module for each group of commands, loaded only when it runs.

- ``commandline``: parses, with a ``parser`` that speaks the system's language; ``examples``: of each command;
  ``running``: runs what was parsed
- ``options``, ``output``, ``states``, ``colours``, ``cautions``, ``logs``: what commands share; ``encoding``: terminals
  that are not UTF-8; ``completion``: for shells
- ``sync`` (with ``sync_output``, ``row_counts``), ``pair``, ``serve``, ``token``: syncing, pairing, a hub
- ``inspect``, ``make_syncable``, ``relate``, ``changes``, ``check``, ``conflicts`` (with ``restore_row``), ``schema``,
  ``verify``, ``activity``, ``backups``, ``identity``, ``forget``: one file; ``reference_answers``: which columns refer
  to other tables' rows; ``hidden_file``: hidden rows in a file; ``settings_owner``: whether a window has the settings
- ``window``: what opens the window; ``demo``, ``bench``: demos and benchmarks
"""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Sequence

from engine.cli.encoding import allow_any_encoding

YOUNG = 50_000
"""New objects after which Python collects garbage. Changes live briefly and by the thousand, and form no cycles:
collecting after every 700, Python's default, took up to half the time of reading and decoding."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (without the program's name; the process's own by default).

    Returns:
        the exit status: 0, 1 (failed), 2 (used wrongly).
    """
    if argv is None:  # the process is ours
        allow_any_encoding()
        gc.set_threshold(YOUNG, 10, 10)
    here = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_DFL) if here else None
    try:  # Ctrl-C while this loads ends the program without a traceback
        from engine.cli.commandline import parse

        arguments = parse(argv)
        from engine.cli.running import run  # only now: “syncline --version” does without
    finally:
        if here:
            signal.signal(signal.SIGINT, before)
    return run(arguments)


__all__ = ["main"]
