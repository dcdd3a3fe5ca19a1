"""How the real program starts and ends, as a process: status 0, nothing on stderr, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.replica import Replica
from tests import budget
from tests.engine.live import PATIENCE, make_file, writing
from tests.gui.app.conftest import Display
from tests.gui.app.program import HERE, Program, settings_for, version_of, wait

Start = Callable[..., Program]

ROWS = 20_000
"""Rows in the first sync: it takes a second or two, so that a signal comes right into it."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A hub in a process of its own: the file of its room, and its address."""
    file = make_file(tmp_path / "hub" / "room")
    process = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "serve", str(file.parent), "--port", "0"],
        cwd=HERE,
        env=os.environ | {"SYNCLINE_HOME": str(tmp_path / "hub-home")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    url = next(word.rstrip(";,") for word in said.split() if word.startswith("ws://"))
    yield file, url
    process.terminate()
    process.communicate(timeout=PATIENCE)


def ready(program: Program, start: Start) -> None:
    """Wait until the program's loop runs: it answers a second start, and that one must end well too."""
    wait((program.home / "config" / "running.lock").exists, "the program has the lock")

    def answers() -> bool:
        """Whether it does by now; on a busy machine it may take longer to start than the second one waits for it."""
        second = start(forked=True)
        out, err = second.process.communicate(timeout=PATIENCE)
        if second.process.returncode == 1 and "but does not answer" in err:
            return False
        assert (second.process.returncode, out, err) == (0, "", "")
        return True

    wait(answers, "it answers a second start")


@pytest.mark.parametrize("number", budget.variants([signal.SIGTERM, signal.SIGINT], signal.SIGINT))
def test_signals_when_nothing_goes_on(start: Start, number: signal.Signals) -> None:
    program = start()
    ready(program, start)
    assert program.ends_well(number) == ""


@pytest.mark.parametrize("number", budget.variants([signal.SIGTERM, signal.SIGINT], signal.SIGTERM))
def test_signals_in_the_middle_of_a_sync(
    start: Start, hub: tuple[Path, str], tmp_path: Path, number: signal.Signals
) -> None:
    room, url = hub
    mine = make_file(tmp_path / "mine.db")
    with writing(mine) as connection:
        connection.execute(
            "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < ?)"
            " INSERT INTO item (id, name, n) SELECT i, 'name ' || i, i FROM c",
            (ROWS,),
        )
    settings_for(tmp_path / "home", mine, url)
    program = start()
    wait(lambda: version_of(room) > 0, "the hub takes in the first batch")
    assert program.ends_well(number) == ""
    for file in (room, mine):
        with writing(file) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(rows_of(mine)) == ROWS

    again = start(forked=True)  # it goes on where it was cut
    wait(lambda: len(rows_of(room)) == ROWS, "everything arrives after all")
    assert again.ends_well(signal.SIGTERM) == ""
    assert rows_of(room) == rows_of(mine)


def test_a_second_start_hands_over_and_ends(start: Start, tmp_path: Path) -> None:
    file = make_file(tmp_path / "todo.db")
    first = start(forked=True)
    ready(first, start)
    assert start("open", str(file)).ends_well() == ""
    assert first.alive
    assert first.ends_well(signal.SIGTERM) == ""


def test_broken_settings_are_told_and_left_alone(tmp_path: Path, start: Start) -> None:
    settings = tmp_path / "home" / "config" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("auto_sync = perhaps\n")
    program = start()
    ready(program, start)
    program.process.terminate()
    _, err = program.process.communicate(timeout=PATIENCE)
    assert program.process.returncode == 2
    assert "line 1" in err
    assert "Traceback" not in err
    assert settings.read_text() == "auto_sync = perhaps\n"


def test_without_a_display_it_says_so(tmp_path: Path) -> None:
    done = plain(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("syncline: There is no display")


def test_a_display_that_is_gone_is_no_crash(start: Start) -> None:
    program = start(display=":987")
    out, err = program.process.communicate(timeout=PATIENCE)
    assert (program.process.returncode, out) == (1, "")
    assert "syncline: The window cannot be opened" in err


def test_a_display_that_goes_is_told_of(start: Start, display: Display) -> None:
    program = start(display=display.name)
    wait(lambda: display.windows("syncline"), "the window is shown")
    display.end()
    out, err = program.process.communicate(timeout=PATIENCE)
    assert (program.process.returncode, out) == (1, "")
    assert "syncline: The display that the window was on is gone." in err
    assert "Traceback" not in err


CALLS_XLIB = """
import ctypes, sys
from gui.lifecycle import make_application
app = make_application()
xlib = ctypes.CDLL("libX11.so.6")
xlib.XOpenDisplay.restype = ctypes.c_void_p
display = xlib.XOpenDisplay(None)
print("connected", flush=True)
sys.stdin.readline()
xlib.XSync(ctypes.c_void_p(display), 0)
"""


def test_a_display_that_goes_is_told_of_if_xlib_notices_first(display: Display) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", CALLS_XLIB],
        cwd=HERE,
        env=os.environ | {"DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "connected\n"
    display.end()
    out, err = program.communicate("\n", timeout=PATIENCE)
    assert (program.returncode, out) == (1, "")
    assert err.startswith("syncline: The display that the window was on is gone.")


def test_the_demo_without_a_display_ends_with_a_picture(tmp_path: Path) -> None:
    done = plain(tmp_path, "demo", "--keep", str(tmp_path / "kept"))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "no display" in lines[0]
    assert lines[-2] == "identical"
    picture = Path(lines[-1].split(": ", 1)[1])
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("number", budget.variants([signal.SIGTERM, signal.SIGINT], signal.SIGTERM))
def test_the_demo_ends_well(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    kept = tmp_path / "kept"
    program = start("demo", "--keep", str(kept), forked=True)
    wait((kept / "desktop.db").exists, "the demo is up")
    assert program.ends_well(number) == ""


LOGGED_OUT = """
import sys, threading, time
from PySide6.QtCore import QCoreApplication, QEvent
from engine.cli import main

def log_out():
    while True:  # a busy machine may take long to start
        time.sleep(1.5)
        if QCoreApplication.instance() is not None:
            QCoreApplication.postEvent(QCoreApplication.instance(), QEvent(QEvent.Type.Quit))

threading.Thread(target=log_out, daemon=True).start()
sys.exit(main([]))
"""


def test_the_end_of_the_desktop_session(tmp_path: Path) -> None:
    """Qt's platforms end a program with this very event: at log-out, and for "Quit" in a dock."""
    done = run_code(LOGGED_OUT, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_qt_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['PySide6'] = None; from engine.cli import main; sys.exit(main([]))"
    done = run_code(code, tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "pip install 'syncline[gui]'" in done.stderr
    assert "Traceback" not in done.stderr


def run_code(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run Python code with Qt's offscreen platform."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=HERE,
        env=os.environ | {"SYNCLINE_HOME": str(home), "SYNCLINE_LOG": "warning", "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
    )


def test_the_engine_loads_no_qt() -> None:
    code = (
        "import sys, engine.cli.commandline, engine.cli.running, engine.api\n"
        "engine.cli.commandline.parser()  # loads every command\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('PySide6', 'shiboken6', 'qasync', 'gui')]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=HERE, check=True, timeout=PATIENCE)


def plain(home: Path, *arguments: str, timeout: float = 200) -> subprocess.CompletedProcess[str]:
    """Run the program with no display at all."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "engine.cli", *arguments],
        cwd=HERE,
        env=environment | {"SYNCLINE_HOME": str(home), "SYNCLINE_LOG": "warning"},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def rows_of(file: Path) -> list[object]:
    with Replica.open(file, readonly=True) as replica:
        return list(replica.live_rows("item"))
