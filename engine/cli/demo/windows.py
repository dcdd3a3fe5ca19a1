"""The demo without a hub in three windows, each a process of its own with its own data, as on three machines.

They find each other in the network and sync by themselves. This program carries the pairing links from one to the next,
as a person would: it gives each process orders as lines of JSON, and reads a line of JSON for each result
(``gui.demo_machine``). A machine closes at the end of its orders.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import relaunch
from engine.cli.demo.hub import PATIENCE, describe
from engine.cli.demo.p2p import MACHINES, come_together, file_of
from engine.errors import PeerUnreachable
from engine.peer_state import State
from engine.text import layout, t

GOODBYE = 20.0
"""Seconds for a window to close before it is killed."""


class _Machine:
    """One window's process."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process

    async def order(self, do: str, **what: str) -> dict[str, Any]:
        """Give an order; return the answer.

        Raises:
            PeerUnreachable: it failed, or the window is closed.
        """
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"do": do, **what}).encode() + b"\n")
        line = await stdout.readline()
        if not line:
            raise PeerUnreachable(t("The window of {machine} was closed.", machine=self.name))
        answer: dict[str, Any] = json.loads(line)
        if "problem" in answer:
            raise PeerUnreachable(layout("{machine}: {problem}", machine=self.name, problem=answer["problem"]))
        return answer

    async def close(self) -> None:
        """Let it end cleanly."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.close()
        try:
            async with asyncio.timeout(GOODBYE):
                await stdout.read()
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


class ThreeWindows:
    """The three windows. An async context manager: leaving it closes them.

    Args:
        folder: where the files are created.
        print_line: called with each line of the story.
    """

    def __init__(self, folder: Path, print_line: Callable[[str], None]) -> None:
        self._folder = folder
        self._print_line = print_line
        self._machines: list[_Machine] = []

    async def __aenter__(self) -> ThreeWindows:
        try:
            for name in MACHINES:
                self._machines.append(_Machine(name, await self._start(name)))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        closing = asyncio.gather(*(machine.close() for machine in self._machines))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing
            raise

    async def _start(self, name: str) -> asyncio.subprocess.Process:
        home = self._folder / name
        screen = {} if any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY"))) else {"QT_QPA_PLATFORM": "offscreen"}
        return await asyncio.create_subprocess_exec(
            *relaunch.command("demo", "--machine", name, str(home)),
            env=screen | os.environ | {"SYNCLINE_HOME": str(home / "home")},  # nothing of the person's is touched
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this program only, which closes them cleanly
        )

    async def pair(self) -> None:
        """Let each window find the next one, and use its link.

        Raises:
            PeerUnreachable: a window could not be opened, or did not find the next one.
        """
        laptop, desktop, tablet = self._machines
        for here, there in ((laptop, desktop), (desktop, tablet), (tablet, laptop)):
            link = (await there.order("invite"))["link"]
            for line in (await here.order("pair", link=link, name=there.name))["said"]:
                self._print_line(line)

    async def script(self) -> None:
        """Have each write, and wait until all hold the same rows and every window says so.

        Raises:
            PeerUnreachable: that took more than ``PATIENCE`` seconds.
        """
        self._print_line(t("All three write:"))
        for machine in self._machines * 2:
            sql = (await machine.order("write"))["sql"]
            self._print_line(layout("  {machine:<8} {sql}", machine=machine.name, sql=sql))
        await come_together([self._file(name) for name in MACHINES])
        end = asyncio.get_running_loop().time() + PATIENCE
        for machine in self._machines:
            while (states := (await machine.order("states"))["states"]) != [State.IN_SYNC.value]:
                if asyncio.get_running_loop().time() > end:
                    raise PeerUnreachable(
                        t(
                            "The window of {machine} does not show “In sync”: {states}",
                            machine=machine.name,
                            states=states,
                        )
                    )
                await asyncio.sleep(0.1)
        self._print_line(t("Every window shows “In sync”."))

    async def compare(self) -> bool:
        """Print what each file holds, after the windows were closed; return whether it is the same."""
        rows = []
        for name in MACHINES:
            text, found = await asyncio.to_thread(describe, name, self._file(name))
            self._print_line(text)
            rows.append(found)
        return all(found == rows[0] for found in rows)

    async def closed(self) -> None:
        """Wait until every window is closed."""
        await asyncio.gather(*(machine.process.wait() for machine in self._machines))

    def _file(self, name: str) -> Path:
        return file_of(self._folder / name)
