"""``syncline``, ``syncline open``, ``syncline demo`` and ``syncline screenshots``: everything that opens a window.

Qt is loaded here and nowhere else in ``engine``, and only when one of these runs.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import signal
import sys
from pathlib import Path
from types import ModuleType

from engine.cli.output import print_line
from engine.errors import SynclineError, UsageError
from engine.pairing.pairing_link import is_link
from engine.sqlite.paths import whole
from engine.text import t


def open_window(arguments: argparse.Namespace) -> int:
    """Run ``syncline open [FILE|LINK ...]``, ``syncline FILE|LINK ...``, or ``syncline``; return the exit status."""
    _need_display()
    words: list[str] = arguments.files
    files = [word if is_link(word) else str(whole(Path(word))) for word in words]
    missing = [file for file in files if not is_link(file) and not os.path.exists(file)]
    if missing:
        raise UsageError(t("{path} does not exist.", path=missing[0]), hint=t("Give the path of a SQLite database."))
    return int(_gui("app").run(files, hidden=arguments.hidden))


def demo(arguments: argparse.Namespace) -> int | None:
    """Run ``syncline demo``: in a window, or without a display with a picture of it; ``--p2p`` runs in words.

    With ``--windows`` each of its machines is a process with a window of its own.
    """
    if arguments.write:
        from engine.cli.demo.hub import write

        write(Path(arguments.write[0]), arguments.write[1])
        return 0
    if arguments.machine:
        name, folder = arguments.machine
        return int(_gui("demo_machine").run(name, Path(folder)))
    if arguments.app:
        name, file = arguments.app
        return int(_gui("todo.app").run(name, Path(file)))
    if arguments.windows:
        _need_display()
    if arguments.p2p or arguments.windows:
        return None
    if has_display():
        return int(_gui("demo").run(arguments.keep))
    if importlib.util.find_spec("PySide6") is None:
        print_line(t("There is neither a display nor Qt, so the demo runs here."))
        return None
    print_line(t("There is no display, so the demo runs here and saves a picture of its window at the end."))
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return int(_gui("demo").run_once(arguments.keep, print_line))


def screenshots(arguments: argparse.Namespace) -> int:
    """Run ``syncline screenshots DIR [--pairing]``; return the exit status."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return int(_gui("screenshots").run(arguments.folder, print_line, pairing=arguments.pairing))


def has_display() -> bool:
    """Return whether a window can be seen, or the person chose a Qt platform by name."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _need_display() -> None:
    if not has_display():
        raise SynclineError(
            t("There is no display to open the window on."),
            hint=t("Run Syncline on a desktop, or use a command: syncline --help"),
        )


def _gui(name: str) -> ModuleType:
    """Load a module of the window, or say how to get what it needs.

    From here on SIGINT and SIGTERM wait until ``gui.lifecycle`` unblocks them, as interrupting the loading of Qt's
    modules aborts the process.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        importlib.import_module("PySide6.QtWidgets")
        importlib.import_module("qasync")
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError):
            raise SynclineError(
                t("The window needs packages that are not installed."), hint=t("Run: pip install 'syncline[gui]'")
            ) from None
        raise SynclineError(
            t("Qt cannot be loaded: {reason}.", reason=error), hint=t("Install the missing system library.")
        ) from None
    return importlib.import_module(f"gui.{name}")


def open_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``open`` to ``parser``."""
    parser.set_defaults(window=open_window)
    parser.add_argument("files", metavar="FILE|LINK", nargs="*", help=t("a SQLite database to add, or a pairing link"))
    parser.add_argument("--hidden", action="store_true", help=t("start without a window, in the tray"))


def screenshots_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``screenshots`` to ``parser``."""
    parser.set_defaults(window=screenshots)
    parser.add_argument("folder", metavar="DIR", type=Path, help=t("the folder for the pictures"))
    text = t("only the pictures of two machines that pair; they share in the local network meanwhile")
    parser.add_argument("--pairing", action="store_true", help=text)
