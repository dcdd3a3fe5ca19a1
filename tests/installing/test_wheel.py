"""The wheel: what is in it, and that it works where nothing but it and what it asks for is installed."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from engine import __version__
from tests.installing.running import Installed

ROOT = Path(__file__).parents[2]

Folder = pytest.TempPathFactory

pytestmark = [pytest.mark.slow, pytest.mark.full, pytest.mark.xdist_group("wheel")]  # it is built once


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: Folder) -> Path:
    """Built with the project's own build backend from a copy of the sources, caches and tests among them."""
    copy = tmp_path_factory.mktemp("source") / "syncline"
    for name in ("engine", "gui", "assets", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    built = tmp_path_factory.mktemp("built")
    code = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, built], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(built.glob("*.whl"))


def install(wheel: Path, folder: Path, *extras: str) -> Installed:
    """Make an environment with the wheel and what its own metadata ask for, and not one package more.

    Those packages are links to the ones in use here: nothing is fetched or copied.
    """
    venv.create(folder, symlinks=True)
    packages = next((folder / "lib").glob("python3*")) / "site-packages"
    command = [sys.executable, "-m", "pip", "-q", "--python", folder / "bin" / "python", "--disable-pip-version-check"]
    subprocess.run([*command, "install", "--no-deps", "--no-index", "--no-compile", wheel], check=True)
    asked = importlib.metadata.Distribution.at(next(packages.glob("syncline-*.dist-info"))).requires or []
    roots = {
        (file.parts[0], distribution.locate_file(file.parts[0]))
        for distribution in wanted(map(Requirement, asked), extras)
        for file in distribution.files or []
    }
    for name, place in roots:
        if name not in ("..", "__pycache__"):
            (packages / name).symlink_to(Path(str(place)))
    return Installed(folder / "bin" / "syncline", folder)


def wanted(asked: Iterable[Requirement], extras: tuple[str, ...]) -> Iterator[importlib.metadata.Distribution]:
    """Every distribution that these need, and those need in turn, each once."""
    seen: set[str] = set()
    queue = [(requirement, extras) for requirement in asked]
    while queue:
        requirement, extras = queue.pop()
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        distribution = importlib.metadata.distribution(requirement.name)
        assert requirement.specifier.contains(distribution.version), requirement
        queue += [(Requirement(text), tuple(requirement.extras)) for text in distribution.requires or []]
        if requirement.name.lower() not in seen:
            seen.add(requirement.name.lower())
            yield distribution


@pytest.fixture(scope="module")
def headless(wheel: Path, tmp_path_factory: Folder) -> Installed:
    """Installed without an extra."""
    return install(wheel, tmp_path_factory.mktemp("headless"))


@pytest.fixture(scope="module")
def complete(wheel: Path, tmp_path_factory: Folder) -> Installed:
    """Installed with the extra ``gui``."""
    return install(wheel, tmp_path_factory.mktemp("complete"), "gui")


def test_what_is_in_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    sources = [f"{top}/{file.relative_to(ROOT / top).as_posix()}" for top in ("engine", "gui", "assets")
               for file in (ROOT / top).rglob("*.py")]  # fmt: skip
    icons = [f"assets/icons/{file.name}" for file in (ROOT / "assets" / "icons").glob("*.svg")]
    assert set(sources) | set(icons) <= set(names)
    rest = {name for name in names if not name.endswith(".py") and name not in icons and ".dist-info/" not in name}
    entry, told, drawing = "syncline.desktop", "app.syncline.syncline.metainfo.xml", "syncline.svg"
    share = f"syncline-{__version__}.data/data/share"
    assert rest == {
        "engine/py.typed", "engine/wire/PROTOCOL.md",
        "assets/demo.sql", "assets/todo.sql", "assets/syncline-hub.service", "assets/languages/de.mo",
        f"assets/{entry}", f"assets/{told}", "assets/syncline.1",
        f"{share}/applications/{entry}", f"{share}/metainfo/{told}", f"{share}/icons/hicolor/scalable/apps/{drawing}",
        f"{share}/man/man1/syncline.1",
    }  # fmt: skip
    assert {name.split("/")[0] for name in names} == {
        "engine", "gui", "assets", f"syncline-{__version__}.dist-info", f"syncline-{__version__}.data",
    }  # fmt: skip


def test_commands_need_neither_extra_nor_display(headless: Installed) -> None:
    assert headless("--version") == f"syncline {__version__}\n"
    assert "Keeps SQLite databases in sync" in headless("--help")
    del headless.environment["QT_QPA_PLATFORM"]
    try:
        told = headless("demo", "--keep", headless.folder / "kept")
    finally:
        headless.environment["QT_QPA_PLATFORM"] = "offscreen"
    assert told.startswith("There is neither a display nor Qt, so the demo runs here.\n")
    assert told.endswith("identical\n")
    assert "todo" in headless("tables", headless.folder / "kept" / "laptop.db")


@pytest.mark.parametrize("command", [[], ["open"], ["demo"], ["screenshots", "pictures"], ["syncline://pair?x=1"]])
def test_without_the_extra_windows_say_what_to_install(headless: Installed, command: list[str]) -> None:
    assert headless(*command, status=1) == (
        "syncline: The window needs packages that are not installed.\n"
        "          Run: pip install 'syncline[gui]'\n"
    )  # fmt: skip


def test_the_window_opens(complete: Installed) -> None:
    assert complete("--version") == f"syncline {__version__}\n"
    complete.shows_its_window()


READ = """
import sys, assets
from importlib import resources
from pathlib import Path
assert Path(assets.__file__).is_relative_to(sys.prefix), assets.__file__
for name in ("demo.sql", "todo.sql", "icons/mark.svg", "languages/de.mo", "syncline.desktop", "syncline-hub.service"):
    assert (resources.files("assets") / name).read_bytes(), name
assert (resources.files("engine.wire") / "PROTOCOL.md").read_text("utf-8")
"""


def test_assets_are_read_as_resources(headless: Installed) -> None:
    python = headless.program.with_name("python")
    subprocess.run([python, "-c", READ], cwd=headless.folder, check=True)


def test_desktops_find_it_where_they_look(headless: Installed) -> None:
    share = headless.folder / "share"
    assert "Exec=syncline %u" in (share / "applications" / "syncline.desktop").read_text()
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / "syncline.svg").is_file()
    done = subprocess.run(
        ["appstreamcli", "validate", "--no-net", "--pedantic", *(share / "metainfo").iterdir()],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "Validation was successful" in done.stdout) == (0, True), done.stdout
