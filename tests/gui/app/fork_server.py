"""The real program again and again, without loading it each time: one that has loaded everything forks for each start.

What is forked goes the program's whole way, from the parsing of its (empty) command line to the end of the interpreter.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from tests.gui.app.program import HERE, PATIENCE, environment_of


class ForkServer:
    """Starts one program after the other, with the same settings and data.

    Args:
        home: the settings and data. temporary: where temporary files go.
    """

    def __init__(self, home: Path, temporary: Path) -> None:
        self.home = home
        self._said = home.with_name(home.name + ".said")
        self._pid = 0
        self._process = subprocess.Popen(
            [sys.executable, "-W", "default", "-m", "tests.gui.app.fork_server", str(self._said)],
            cwd=HERE,
            env=environment_of(home, temporary=temporary),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> None:
        """Start the program; the one before must have ended."""
        assert self._process.stdin is not None
        print("start", file=self._process.stdin, flush=True)
        self._pid = int(self._answer())

    def ends_well(self, number: signal.Signals) -> None:
        """Send a signal, and see it end: status 0, and not a word."""
        os.kill(self._pid, number)
        status, said = self._answer(), self._said.read_text()
        assert (status, said) == ("0", ""), f"status {status}, said: {said}"

    def close(self) -> None:
        """End it all, whatever it does."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        assert select.select([self._process.stdout], [], [], 4 * PATIENCE)[0], "it does not answer"
        return self._process.stdout.readline().strip()


def main() -> int:
    """Fork for each line that comes; print the child's number, and its exit status once it has ended."""
    import engine.cli.running
    import engine.cli.window
    import gui.app  # noqa: F401 (this is what takes its time)

    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            nothing = os.open(os.devnull, os.O_RDONLY)
            said = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for number, file in ((0, nothing), (1, said), (2, said)):
                os.dup2(file, number)
            return engine.cli.main([])
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
