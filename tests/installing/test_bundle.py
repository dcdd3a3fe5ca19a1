"""The bundle: built for real, and started with an environment in which there is no Python, and no path at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine import __version__
from tests.gui.app.conftest import Display, display
from tests.installing.running import Installed

__all__ = ["display"]

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.full, pytest.mark.xdist_group("bundle")]  # it is made once


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Made by the command that a person would use."""
    folder = tmp_path_factory.mktemp("bundle")
    done = subprocess.run([ROOT / "syncline", "bundle", folder], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    size, start = done.stdout.splitlines()
    assert f"{folder / 'syncline'}: " in size
    assert "MB in" in size
    assert "s to the window" in start
    return Installed(folder / "syncline" / "syncline", folder)


def test_commands(bundle: Installed) -> None:
    assert bundle("--version") == f"syncline {__version__}\n"
    kept = bundle.folder / "kept"
    told = bundle("demo", "--once", "--keep", kept)  # one of its writes is made by another process
    assert told.endswith("identical\n")
    assert "todo" in bundle("tables", kept / "laptop.db")
    assert "No database is configured" in bundle("status")


def test_the_window_opens(bundle: Installed, display: Display) -> None:
    bundle.shows_its_window()
    bundle.shows_its_window(platform={"QT_QPA_PLATFORM": "xcb", "DISPLAY": display.name})


def test_the_demo_without_a_display_ends_with_a_picture(bundle: Installed) -> None:
    del bundle.environment["QT_QPA_PLATFORM"]
    lines = bundle("demo", "--keep", bundle.folder / "seen").splitlines()
    assert lines[-2] == "identical"
    assert Path(lines[-1].split(": ", 1)[1]).read_bytes().startswith(b"\x89PNG")


def test_what_is_in_it(bundle: Installed) -> None:
    inside = bundle.folder / "syncline" / "_internal"
    files = [file.relative_to(inside).as_posix() for file in inside.rglob("*")]
    assert not [file for file in files if "Qml" in file or "Quick" in file or "gtk" in file or "tests" in file]
    assert {"assets/languages/de.mo", "PySide6/Qt/translations/qtbase_de.qm"} <= set(files)
    assert not [file for file in inside.rglob("*") if file.is_symlink() and not file.exists()]
