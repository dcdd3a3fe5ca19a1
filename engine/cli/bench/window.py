"""The idle window: how soon it appears, and what resources it takes with nothing to do.

Each figure is of the real program in a process of its own, with settings of its own, painting off screen (unless
``QT_QPA_PLATFORM`` names another of Qt's platforms).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import relaunch
from engine.cli.bench.guests import SCHEMA
from engine.cli.bench.processes import Process, serving
from engine.crr import connect
from engine.errors import SynclineError
from engine.settings import DatabaseConfig, Mode, PeerConfig, Settings, SettingsFile

LINKS = 10
STARTS = 7
"""How many starts are timed, after one that is not."""

SETTLED = 65.0
"""Seconds before CPU is measured. By then links that reach nobody have come to their longest waits, and whatever
follows a start, or is shown as news for a minute, is over."""

SHOWN = "the window is shown"
"""What ``gui.app`` logs when the window appears."""

NOBODY = "ws://hub.invalid:1/sync"
"""An address with a name that nobody has (RFC 6761)."""


@dataclass(frozen=True, slots=True)
class Rest:
    """One figure.

    Attributes:
        case: its name.
        value: what was measured.
        unit: s, MB, or % of one core.
        to_reach: what it should stay under.
        seconds: for how long it was watched; 0 for a moment.
        wakes: how often a second the process woke up meanwhile.
    """

    case: str
    value: float
    unit: str
    to_reach: float
    seconds: float = 0.0
    wakes: float = 0.0


def missing() -> str:
    """Return why nothing can be measured here; '' if it can."""
    return "" if Path("/proc/self/task").exists() else "only Linux tells what a process takes"


def without_network() -> list[str]:
    """Return the words that start a command without any network, not even loopback; empty if that is impossible."""
    for words in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if shutil.which(words[0]) and subprocess.run([*words, "true"], capture_output=True).returncode == 0:
            return words
    return []


def idle(seconds: float, settled: float = SETTLED) -> Iterator[Rest]:
    """Measure everything; CPU for ``seconds`` in each case, after ``settled`` seconds.

    Raises:
        SynclineError: the program did not start, or a link failed.
    """
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as name:
        folder = Path(name)
        starts = [_start(folder / "fresh") for _ in range(STARTS + 1)][1:]
        yield Rest("start", statistics.median(seconds for seconds, _ in starts), "s", 1.0)
        yield Rest("start-best", min(seconds for seconds, _ in starts), "s", 1.0)
        yield Rest("start-cpu", min(cpu for _, cpu in starts), "s", 1.0)
        yield from _with_hub(folder / "hub", seconds, settled)
        if before := without_network():
            _configure(folder / "offline", NOBODY)
            with _program(folder / "offline", before) as program:
                time.sleep(settled)
                yield _watch("offline", program, seconds)


def _with_hub(folder: Path, seconds: float, settled: float) -> Iterator[Rest]:
    """Yield the figures of ten live links in sync, and then of the same links without their hub."""
    (folder / "served").mkdir(parents=True)
    with contextlib.ExitStack() as stack, serving(folder / "served") as hub:
        files = _configure(folder / "home", hub.url)
        program = stack.enter_context(_program(folder / "home"))
        _wait_in_sync(folder / "served" / "rooms", files)
        time.sleep(settled)
        linked = _watch("linked", program, seconds)
        yield Rest("memory", program.memory() / 1e6, "MB", 160.0)
        yield linked
        hub.process.terminate()
        hub.process.wait()
        time.sleep(settled)
        yield _watch("hub-down", program, seconds)


def _configure(home: Path, url: str) -> Sequence[Path]:
    """Create ten databases with a row each, and a live peer for each."""
    databases, peers, files = [], [], []
    (home / "files").mkdir(parents=True)
    for number in range(LINKS):
        file = home / "files" / f"{number}.db"
        connection = connect(file, create=True)
        connection.execute(SCHEMA).fetchall()
        connection.execute("INSERT INTO item VALUES (1, 'one')").fetchall()
        connection.close()
        files.append(file)
        databases.append(DatabaseConfig.new(file))
        peers.append(PeerConfig.new(databases[-1].id, url, room=f"room{number}", mode=Mode.LIVE))
    settings = Settings(databases=tuple(databases), peers=tuple(peers))
    SettingsFile(home / "config" / "settings.toml").save(settings)
    return files


def _wait_in_sync(rooms: Path, files: Sequence[Path]) -> None:
    end = time.monotonic() + 60
    for number in range(len(files)):
        while not _has_row(rooms / f"room{number}"):
            if time.monotonic() > end:
                raise SynclineError(f"room{number} did not come into sync within a minute.")
            time.sleep(0.1)


def _has_row(file: Path) -> bool:
    if not file.exists():
        return False
    with contextlib.suppress(SynclineError), contextlib.closing(connect(file)) as connection:
        return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'item'").fetchall()) and bool(
            connection.execute("SELECT 1 FROM item").fetchall()
        )
    return False


def _watch(case: str, program: Process, seconds: float) -> Rest:
    cpu, wakes, began = program.cpu(), program.wakes(), time.monotonic()
    time.sleep(seconds)
    lasted = time.monotonic() - began
    if program.process.poll() is not None:
        raise SynclineError("The program to be measured has ended.")
    used, woken = program.cpu() - cpu, program.wakes() - wakes
    return Rest(case, 100 * used / lasted, "%", 0.3, seconds, woken / lasted)


def _start(home: Path) -> tuple[float, float]:
    """Return the seconds until the window appears, and the seconds of CPU."""
    began = time.perf_counter()
    with _program(home) as program:
        return time.perf_counter() - began, program.cpu()


@contextlib.contextmanager
def _program(home: Path, before: Sequence[str] = ()) -> Iterator[Process]:
    """Start the window, and wait until it is shown; it is ended with the block."""
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ
    environment |= {"SYNCLINE_HOME": str(home), "SYNCLINE_LOG": "info"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a person's starts use cached bytecode
    with subprocess.Popen(
        [*before, *relaunch.command()], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if SHOWN in line:
                    break
            else:
                raise SynclineError(f"The window to be measured did not open: {' '.join(said).strip()}")
            drain = threading.Thread(target=process.stderr.read)
            drain.start()
            yield Process(process)
            process.terminate()
            drain.join()
        finally:
            process.kill()
