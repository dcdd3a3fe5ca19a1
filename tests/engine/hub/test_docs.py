"""What docs/hub.md says of limits and of the service. Its commands are run by tests/docs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from engine.cli.commandline import parser

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "hub.md").read_text()
UNIT = (ROOT / "assets" / "syncline-hub.service").read_text()


def test_every_limit_stands_there_with_its_default() -> None:
    from engine.hub.limits import Limits, parse

    told = dict(re.findall(r"^\| `([a-z-]+)` \| ([0-9]+[mg]?) \|", PAGE, re.MULTILINE))
    assert parse([f"{name}={amount}" for name, amount in told.items()]) == Limits()
    assert len(told) == len(Limits.__dataclass_fields__)


def test_the_unit_runs_a_command_that_there_is(tmp_path: Path) -> None:
    [command] = re.findall(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    words = shlex.split(command.replace("%h", "/home/someone"))
    arguments = parser().parse_args(words[1:])
    assert arguments.folder == Path("/home/someone/syncline-hub/rooms")
    assert arguments.tokens == Path("/home/someone/syncline-hub/tokens.json")
    if verify := shutil.which("systemd-analyze"):
        unit = tmp_path / "syncline-hub.service"
        unit.write_text(UNIT.replace(words[0].replace("/home/someone", "%h"), "/bin/true"))
        with tempfile.TemporaryDirectory() as short:  # sockets of the system's other units lie there
            done = subprocess.run(
                [verify, "--user", "verify", unit],
                env=os.environ | {"XDG_RUNTIME_DIR": short}, capture_output=True, text=True,
            )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
