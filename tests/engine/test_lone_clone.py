"""The engine stands alone, without Qt; the project stands alone, away from the machine it was written on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = {".git", ".venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
MADE |= {".hypothesis", "build", "dist"}

QT = ("PySide6", "shiboken6", "qasync", "gui")
IMPORT_ALL = """
import importlib, pkgutil, sys
import engine
for module in pkgutil.walk_packages(engine.__path__, "engine."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sys.modules)
"""


def test_engine_needs_no_qt() -> None:
    command = [sys.executable, "-c", IMPORT_ALL]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    loaded = ran.stdout.split()
    assert "engine.errors" in loaded
    assert [name for name in loaded if name.split(".")[0] in QT] == []


def files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in MADE:  # a folder, or the file .git of a second work tree
            continue
        if path.is_dir() and not path.is_symlink():
            if not path.name.endswith(".egg-info"):
                yield from files(path)
        elif path.is_file():
            yield path


def test_no_file_points_elsewhere() -> None:
    # put together here, or this file would name them itself
    words = ["/".join(["", *parts, ""]) for parts in (["work", "main"], ["work", "shared"], ["root"])]
    words += [".".join([name, "org"]) for name in ("pypi", "pythonhosted", "npmjs", "debian")]
    checked = 0
    for path in files(ROOT):
        content = path.read_bytes()
        checked += 1
        for word in words:
            assert word.encode() not in content, f"{path.relative_to(ROOT)} mentions {word}"
    assert checked > 20
