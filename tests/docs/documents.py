"""The blocks of our documents, and a terminal that does with them what a reader would.

What stands behind the three backquotes says how a block is used:

    ```sh                        typed into a shell, which ends with 0
    ```sh fails                  the same, but it ends with another status, and says why in words
    ```sh serve                  started, and left running once it has printed something
    ```sh not-run: why           not run; its syncline commands are only parsed
    ```python, ```js             run as a program
    ```python app.py             written into that file; so is any language with a file's name
    ```usage                     how a command is written; checked against the parser elsewhere
    ```output                    what the block before has printed: every line, where “…” stands for anything

``<!-- stop -->`` ends what runs, as Ctrl-C would; so does the end of a document. ``sh on=desktop`` (or ``sh serve
on=desktop``) types it on another machine: with a home folder of its own; ``on=here,desktop`` on both.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]

PATIENCE = 60.0
"""Seconds for anything that should come to be; only a failing test waits that long."""

PORTS = ("8787", "8786")
"""Those that documents name; each document gets free ones in their place."""

NODE_SAYS = ("ExperimentalWarning", "--trace-warnings")
"""In lines on stderr that an older Node writes of its own accord."""

LINK = "syncline://pair?…"
"""Stands for the latest pairing link that a program has printed."""

_FENCE = re.compile(r"^```(\w*)[ \t]*([^\n]*)\n(.*?)^```$|^<!-- (stop) -->$", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    """Every document that tells a person to type something."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@dataclass(frozen=True)
class Block:
    """One block: its language, the words behind it, and its text; ``line`` is where it begins."""

    language: str
    words: str
    text: str
    line: int

    @property
    def exempt(self) -> str:
        """Why it is not run, or ''."""
        return self.words.partition("not-run:")[2].strip()

    @property
    def machines(self) -> list[str]:
        return next((word[3:] for word in self.words.split() if word.startswith("on=")), "here").split(",")

    @property
    def file(self) -> str:
        """The name of the file that it is, or ''."""
        return next((word for word in self.words.split() if re.fullmatch(r"[\w/-]+(\.\w+)+", word)), "")

    @property
    def commands(self) -> list[list[str]]:
        """The words of each ``syncline`` command in it."""
        return list(_commands(self.text))


def blocks(document: Path) -> list[Block]:
    """The blocks of a document, in order."""
    text = document.read_text("utf-8")
    return [
        Block(found[4] or found[1], (found[2] or "").strip(), found[3] or "", text.count("\n", 0, found.start()) + 1)
        for found in _FENCE.finditer(text)
    ]


def spans(document: Path) -> list[list[str]]:
    """The words of each ``syncline`` command within the sentences of a document."""
    prose = _FENCE.sub("", document.read_text("utf-8"))
    return [words for span in re.findall(r"`([^`]+)`", prose) for words in _commands(span)]


def _commands(text: str) -> Iterator[list[str]]:
    for line in text.replace("\\\n", " ").split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # a quotation that goes on in the next line: no command of ours does
            continue
        while words and (words[0] in ("$", "exec") or re.fullmatch(r"[A-Z_]+=.*", words[0])):
            del words[0]
        if len(words) > 1 and words[0] in ("syncline", "./syncline"):
            end = next((at for at, word in enumerate(words) if word in ("|", ">", ";", "&&", "&", "||")), len(words))
            yield words[1:end]


class Running:
    """A program that goes on; what it prints is kept in a file."""

    def __init__(self, process: subprocess.Popen[str], out: Path, err: Path) -> None:
        self.process, self.out, self.err = process, out, err

    def printed(self) -> str:
        return self.out.read_text("utf-8")

    def end(self) -> None:
        """Ask it to end, with all that it started; one that does not is killed."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)

    def check(self) -> None:
        """See that it ended in good order."""
        status = self.process.wait(PATIENCE)
        told = "".join(line for line in self.err.open() if not any(says in line for says in NODE_SAYS))
        assert status in (0, -signal.SIGTERM), (status, self.printed(), told)
        assert told == "", told


class Terminal:
    """Shells in homes of their own, in a folder that looks like a checkout, with ``syncline`` on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.said: list[str] = []
        self._running: list[Running] = []
        self._ports = [str(port) for port in free_ports(len(PORTS))]
        self._last: Running | None = None
        self.checkout.mkdir()
        for entry in ROOT.iterdir():
            if entry.name not in ("syncline", ".git"):
                (self.checkout / entry.name).symlink_to(entry)
        self._write_program(self.checkout / "syncline")

    def do(self, block: Block) -> None:
        """Do what a reader would with a block."""
        if block.exempt:
            return
        for machine in block.machines:
            self._do(block, self._here(block.text), machine)

    def _do(self, block: Block, text: str, machine: str) -> None:
        kind = block.words.split()[0] if block.words else ""
        match block.language, kind:
            case "stop", _:
                self.stop()
            case "sh", "serve":
                self._serve(text, machine)
            case "sh", _:
                self._type(["sh", "-eu", "-c", text], machine, fails=kind == "fails")
            case "output", _:
                self._compare(text)
            case _ if block.file:
                (self.checkout / block.file).write_text(text, "utf-8")
            case "python", _:
                self._type([sys.executable, "-P", "-c", text], machine)
            case "js", _:
                self._type(["node", "--input-type=module", "-e", text], machine)

    def stop(self) -> None:
        """End what runs, the latest first."""
        running, self._running = self._running[::-1], []
        for one in running:
            one.end()
        for one in running:
            one.check()

    def _type(self, command: list[str], machine: str, *, fails: bool = False) -> None:
        self._last = None
        done = subprocess.run(
            command, cwd=self.checkout, env=self._environment(machine), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=2 * PATIENCE,
        )  # fmt: skip
        told = (command[-1], done.returncode, done.stdout, done.stderr)
        assert (done.returncode in (1, 2)) if fails else (done.returncode == 0), told
        assert "Traceback" not in done.stdout + done.stderr, told
        self.said.append(done.stdout + done.stderr)

    def _serve(self, text: str, machine: str) -> None:
        number = len(self.said)
        out, err = self.folder / f"{number}.out", self.folder / f"{number}.err"
        with out.open("w") as stdout, err.open("w") as stderr:
            process = subprocess.Popen(
                ["sh", "-c", "exec " + text], cwd=self.checkout, env=self._environment(machine),
                stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, text=True, start_new_session=True,
            )  # fmt: skip
        self._last = Running(process, out, err)
        self._running.append(self._last)
        self.said.append("")
        self._wait(lambda: bool(self._printed()), "it printed nothing")

    def _printed(self) -> str:
        if self._last is not None:
            self.said[-1] = self._last.printed()
        return self.said[-1]

    def _compare(self, wanted: str) -> None:
        """See that every line was printed; one that runs may yet print it."""
        lines = [line for line in wanted.splitlines() if line.strip(" …")]

        def missing() -> list[str]:
            printed = self._printed().splitlines()
            return [line for line in lines if not any(_pattern(line).fullmatch(one) for one in printed)]

        if self._last is None:
            assert not missing(), (missing(), self.said[-1])
        else:
            self._wait(lambda: not missing(), "lines are missing")

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        assert self._last is not None
        self._wait_for(self._last, done, what)

    def _wait_for(self, one: Running, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            over = time.monotonic() > end or one.process.poll() is not None
            assert not over or done(), (what, one.printed(), one.err.read_text("utf-8"))
            time.sleep(0.02)

    def _here(self, text: str) -> str:
        """The text as it is typed here: with free ports, and with the link that was shown."""
        for named, free in zip(PORTS, self._ports, strict=True):
            text = text.replace(named, free)
        return text.replace(LINK, self._link()) if LINK in text else text

    def _link(self) -> str:
        """The pairing link that the latest program has printed, or is about to."""
        shows = self._running[-1]
        self._wait_for(shows, lambda: "syncline://" in shows.printed(), "it printed no link")
        return re.findall(r"syncline://pair\?\S+", shows.printed())[-1]

    def _environment(self, machine: str) -> dict[str, str]:
        home = self.folder / machine
        programs = home / ".local" / "bin"
        if not programs.exists():
            programs.mkdir(parents=True)
            (programs / "syncline").symlink_to(self.checkout / "syncline")
        unset = ("SYNCLINE_HOME", "SYNCLINE_TOKEN", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "DISPLAY")
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), kept["PATH"]])
        return kept | {"HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}

    def _write_program(self, program: Path) -> None:
        """What is typed as ``syncline``. What would share in the network does so on this machine alone."""
        shared = f"--local --port {self._here('8786')}"
        python = shlex.quote(sys.executable)
        program.write_text(
            f'#!/bin/sh\ncase $1 in pair | share) set -- "$@" {shared} ;; esac\nexec {python} -P -m engine.cli "$@"\n'
        )
        program.chmod(0o755)


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in re.split(r"…|\.\.\.", line.rstrip())) + r"\s*")
