"""Build the bundle, a folder that runs where no Python is, and say how large it is and how fast it starts.

    ./syncline bundle [DIR]     DIR/syncline; DIR is "dist" by default

It needs of a system what Qt does: a C library no older than this one's, libGL and libEGL, and for a window a desktop.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STARTS = 4
"""Starts that are timed; the best counts."""

SHOWN = "the window is shown"
"""What ``gui.app`` logs then."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="syncline bundle", description="Build the bundle.", allow_abbrev=False)
    parser.add_argument("folder", metavar="DIR", nargs="?", type=Path, default=ROOT / "dist", help="default: dist")
    folder = parser.parse_args().folder.resolve()
    started = time.monotonic()
    try:
        build(folder)
        program = folder / "syncline" / "syncline"
        with tempfile.TemporaryDirectory() as home:
            command = min(start(program, home, "--version") for _ in range(STARTS))
            window = min(start(program, home) for _ in range(STARTS))
    except subprocess.CalledProcessError as error:
        print(error.stdout, end="", file=sys.stderr)
        return say(f"{Path(error.cmd[0]).name} failed (status {error.returncode}), and said the above.")
    except OSError as error:
        return say(f"The bundle cannot be built: {error}.")
    files = [file for file in (folder / "syncline").rglob("*") if file.is_file() and not file.is_symlink()]
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{folder / 'syncline'}: {size:.0f} MB in {len(files)} files, built in {time.monotonic() - started:.0f} s")
    print(f"start: {command:.2f} s to the end of “syncline --version”, {window:.2f} s to the window")
    return 0


def say(text: str) -> int:
    print(f"syncline: {text}", file=sys.stderr)
    return 1


def build(folder: Path) -> None:
    """Let PyInstaller make it.

    Raises:
        subprocess.CalledProcessError: it could not; ``stdout`` says why.
    """
    with tempfile.TemporaryDirectory() as work:
        places = ("--distpath", str(folder), "--workpath", work)
        run(sys.executable, "-m", "PyInstaller", "--noconfirm", *places, str(ROOT / ".ci" / "syncline.spec"))
    if sys.platform == "linux":  # a Python that was built here has its symbols still
        inside = folder / "syncline" / "_internal"
        run("strip", "--strip-unneeded", *map(str, [*inside.glob("libpython*"), *inside.glob("python3*/**/*.so")]))


def run(*command: str) -> None:
    subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)


def start(program: Path, home: str, *arguments: str) -> float:
    """Seconds until the program has ended or, without arguments, has shown its window; nothing on the path, offscreen.

    Raises:
        subprocess.CalledProcessError: it does neither.
    """
    environment = {"SYNCLINE_HOME": home, "SYNCLINE_LOG": "info", "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"}
    environment |= {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    began = time.perf_counter()
    with subprocess.Popen(
        [str(program), *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if SHOWN in line:
                seconds = time.perf_counter() - began
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                process.kill()
                return seconds
        seconds = time.perf_counter() - began
        if process.wait() or not arguments:
            raise subprocess.CalledProcessError(process.returncode, [str(program)], "".join(said))
    return seconds


if __name__ == "__main__":
    sys.exit(main())
