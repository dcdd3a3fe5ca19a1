"""Make requirements.lock, requirements-test.lock and requirements-build.lock from pyproject.toml.

    .venv/bin/python .ci/lock.py [--keep] [--index URL]

The newest releases that pyproject.toml allows (with ``--keep`` those that are locked already stay), with the
hashes of every wheel that Python 3.11 to 3.13 can use on x86-64 or arm64. The files name no host: pip takes the
packages from wherever it is set up to, and the hashes make sure that they are the same ones. ``--index`` (a
"simple" index) is asked for the hashes; without it, pip's own.
"""

from __future__ import annotations

import argparse
import json
import os
import ssl
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("linux", "darwin")
MACHINES = ("any", "x86_64", "amd64", "arm64", "aarch64", "universal2")
HEADER = "# Made by .ci/lock.py from pyproject.toml: do not edit.\n"
JSON_INDEX = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class Environment:
    """What a marker such as ``sys_platform == 'linux'`` is judged by."""

    python: str
    platform: str

    def wants(self, requirement: Requirement, extra: str = "") -> bool:
        values = {
            "python_version": self.python,
            "python_full_version": f"{self.python}.1",
            "sys_platform": self.platform,
            "platform_system": self.platform.capitalize(),
            "extra": extra,
        }
        return requirement.marker is None or requirement.marker.evaluate(values)


ENVIRONMENTS = [Environment(python, platform) for python in PYTHONS for platform in PLATFORMS]


@dataclass
class Release:
    """One package as pip resolved it."""

    name: str
    version: str
    requires: list[Requirement]


def run_pip(*args: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *args]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def locked() -> list[str]:
    """``name==version`` of all that is locked now."""
    lines = (line for lock in ROOT.glob("requirements*.lock") for line in lock.read_text().splitlines())
    return sorted({line.split()[0] for line in lines if "==" in line.split(" ")[0]})


def resolve(roots: list[Requirement], kept: list[str]) -> dict[str, Release]:
    """Every release that any environment needs, of what is ``kept`` the same one.

    pip judges markers by the Python that runs it, so packages that only others need are added as roots,
    without their markers, until none is missing.
    """
    wanted = {str(root).split(";")[0].strip() for root in roots}
    args = ["--dry-run", "--quiet", "--ignore-installed", "--only-binary=:all:", "--report=-"]
    while True:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
            constraints.write("\n".join(kept))
            constraints.flush()
            report = json.loads(run_pip("install", *args, "--constraint", constraints.name, *sorted(wanted)))
        releases: dict[str, Release] = {}
        for item in report["install"]:
            metadata = item["metadata"]
            requires = [Requirement(text) for text in metadata.get("requires_dist", [])]
            name = canonicalize_name(metadata["name"])
            releases[name] = Release(name, metadata["version"], requires)
        missing = {
            str(requirement).split(";")[0].strip()
            for release in releases.values()
            for requirement in release.requires
            if canonicalize_name(requirement.name) not in releases
            and any(environment.wants(requirement) for environment in ENVIRONMENTS)
        }
        if not missing:
            return releases
        wanted |= missing


def needed(roots: list[Requirement], releases: dict[str, Release]) -> dict[str, list[Environment]]:
    """The environments that need each release."""
    found: dict[str, list[Environment]] = defaultdict(list)
    for environment in ENVIRONMENTS:
        queue, seen = [r for r in roots if environment.wants(r)], set()
        while queue:
            requirement = queue.pop()
            name = canonicalize_name(requirement.name)
            extras = {"", *requirement.extras}
            if (name, frozenset(extras)) in seen:
                continue
            seen.add((name, frozenset(extras)))
            requires = releases[name].requires
            queue += [r for r in requires if any(environment.wants(r, extra) for extra in extras)]
        for name in {name for name, _ in seen}:
            found[name].append(environment)
    return dict(found)


def marker(environments: list[Environment]) -> str:
    """A marker that is true in just these of `ENVIRONMENTS`."""
    if len(environments) == len(ENVIRONMENTS):
        return ""
    for platform in PLATFORMS:
        if environments == [e for e in ENVIRONMENTS if e.platform == platform]:
            sign = "==" if platform == "linux" else "!="
            return f" ; sys_platform {sign} 'linux'"
    terms = [f"(python_version == '{e.python}' and sys_platform == '{e.platform}')" for e in environments]
    return " ; " + " or ".join(terms)


def usable(filename: str) -> bool:
    """Whether a file is a wheel for one of our Pythons and machines."""
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return False
    limit = int(PYTHONS[-1].split(".")[1])
    for tag in tags:
        minor = tag.interpreter[3:] if tag.interpreter.startswith("cp3") else ""
        exact = f"3.{minor}" in PYTHONS and tag.abi in (tag.interpreter, "abi3", "none")
        stable = minor.isdigit() and int(minor) <= limit and tag.abi == "abi3"
        pure = tag.interpreter == "py3" and tag.abi == "none"
        if (exact or stable or pure) and tag.platform.endswith(MACHINES):
            return True
    return False


def hashes(index: str, release: Release) -> list[str]:
    """The SHA-256 of each usable wheel of a release, sorted."""
    request = urllib.request.Request(f"{index.rstrip('/')}/{release.name}/", headers={"Accept": JSON_INDEX})
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        files: list[dict[str, Any]] = json.load(answer)["files"]
    found = {
        file["hashes"]["sha256"]
        for file in files
        if usable(file["filename"]) and str(parse_wheel_filename(file["filename"])[1]) == release.version
    }
    if not found:
        raise SystemExit(f"{release.name} {release.version} has no wheel that we can use")
    return sorted(found)


def default_index() -> str:
    """The index that pip asks: its setting, or what is built into it."""
    found = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    )
    if found.returncode == 0:
        return found.stdout.strip()
    from pip._internal.models.index import PyPI

    return str(PyPI.simple_url)


def write(path: Path, places: dict[str, list[Environment]], releases: dict[str, Release], index: str) -> None:
    """Write one lock file."""
    lines = [HEADER]
    for name, environments in sorted(places.items()):
        release = releases[name]
        options = "".join(f" \\\n    --hash=sha256:{digest}" for digest in hashes(index, release))
        lines.append(f"{name}=={release.version}{marker(environments)}{options}\n")
    path.write_text("".join(lines))
    print(f"{path.name}: {len(places)} packages")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the lock files from pyproject.toml.")
    parser.add_argument("--index", help="a simple index to ask for hashes")
    parser.add_argument("--keep", action="store_true", help="keep the releases that are locked already")
    options = parser.parse_args()
    index = options.index or os.environ.get("PIP_INDEX_URL") or default_index()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    app = [Requirement(text) for text in project["dependencies"] + extras["gui"]]
    more = {extra: app + [Requirement(text) for text in extras[extra]] for extra in ("test", "build")}
    releases = resolve(more["test"] + more["build"], locked() if options.keep else [])
    for_app = needed(app, releases)
    write(ROOT / "requirements.lock", for_app, releases, index)
    for extra, roots in more.items():
        places = {
            name: [environment for environment in wanted if environment not in for_app.get(name, [])]
            for name, wanted in needed(roots, releases).items()
        }
        added = {name: wanted for name, wanted in places.items() if wanted}
        write(ROOT / f"requirements-{extra}.lock", added, releases, index)


if __name__ == "__main__":
    main()
