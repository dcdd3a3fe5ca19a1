"""What shells offer: the scripts that ``completion`` prints, run by the shells themselves."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engine.programs import Command

CASES: list[tuple[str, set[str], set[str]]] = [
    ("", {"sync", "token", "make-syncable", "help", "completion"}, {"make", "--room"}),
    ("sy", {"sync"}, {"serve"}),
    ("token ", {"make", "list", "revoke"}, {"sync"}),
    ("token make --", {"--tokens", "--room", "--read-only"}, {"--watch"}),
    ("sync --", {"--room", "--watch", "--verbose"}, {"--allow-create"}),
    ("sync a.db --join ", {"both", "same", "replace"}, {"--room"}),
    ("sync --room token --w", {"--watch"}, {"--write"}),
    ("completion ", {"bash", "zsh", "fish"}, {"sync"}),
    ("help s", {"sync", "serve", "share"}, {"pair"}),
    ("demo --", {"--once", "--keep"}, {"--machine"}),
]
"""What is typed behind ``syncline``, some of what is offered, and some of what is not."""

BASH = """
source {script}
COMP_WORDS=(syncline {words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_syncline
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

ZSH = """
compdef() {{ }}
_describe() {{ print -rl -- ${{${{(P)@[-1]}}%%:*}} }}
_files() {{ print -r -- "<files>" }}
compadd() {{ shift; print -rl -- "$@" }}
source {script}
words=(syncline {words}) CURRENT=$#words
_syncline
"""

FISH = "source {script}; complete -C {line}"


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("completion")
    syncline = Command(folder / "home")
    paths = {shell: folder / shell for shell in ("bash", "zsh", "fish")}
    for shell, path in paths.items():
        path.write_text(syncline("completion", shell))
    return paths


@pytest.mark.parametrize("shell", ["bash", *(pytest.param(shell, marks=pytest.mark.full) for shell in ("zsh", "fish"))])
@pytest.mark.parametrize(("typed", "offered", "others"), CASES, ids=[case[0] for case in CASES])
def test_what_is_offered(scripts: dict[str, Path], shell: str, typed: str, offered: set[str], others: set[str]) -> None:
    program = shutil.which(shell)
    assert program, f"{shell} is not installed: ./syncline test --full does that"
    words = " ".join(map(shlex.quote, typed.split(" ")))
    options = {"script": scripts[shell], "words": words, "line": shlex.quote(f"syncline {typed}")}
    program_text = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell].format(**options)
    plain = {"bash": ["--noprofile", "--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run([program, *plain, "-c", program_text], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    found = {line.split("\t")[0] for line in done.stdout.splitlines()}
    if shell == "zsh":  # which leaves out by itself what does not begin as it was typed
        found = {word for word in found if word.startswith(typed.split(" ")[-1])}
    assert offered <= found
    assert not others & found


def test_files_are_offered_where_one_is_wanted(scripts: dict[str, Path], tmp_path: Path) -> None:
    """bash does that by itself where nothing else is offered."""
    for typed in ("sync ''", "sync a.db --token-file ''", "serve ''"):
        done = subprocess.run(
            ["bash", "--norc", "-c", BASH.format(script=scripts["bash"], words=typed)], capture_output=True, text=True
        )
        assert (done.stdout, done.stderr) == ("\n", "")
    assert "complete -o bashdefault -o default -F _syncline syncline" in scripts["bash"].read_text()
