"""Passes a person's requests to the engine: runs its methods as tasks, and reports in words what went wrong."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Coroutine, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.api import Engine
from engine.errors import SynclineError
from engine.ids import PeerId
from engine.settings import Pause
from gui.language import said, tr

log = logging.getLogger(__name__)


class Commands(QObject):
    """Calls the engine's methods from slots; never blocks and never raises.

    Args:
        engine: the engine, which may still be starting.
    """

    failed = Signal(str)
    """Emitted with what went wrong and what to try, in words."""
    broken = Signal(str, str)
    """Emitted for a defect of ours, with a sentence for the person and details for whoever fixes it."""
    status_message = Signal(str)
    """Emitted with what succeeded, in a few words."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened = asyncio.Event()
        self._ended = False

    def begin(self) -> None:
        """Note that the engine is open, and carry out what was requested before."""
        self._opened.set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine concurrently; its SynclineError is emitted as ``failed``."""
        if self._ended:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # a task that is cancelled at once never comes to it

    async def end(self) -> None:
        """Cancel what is still running, and start nothing more.

        The engine finishes what it has begun to write.
        """
        self._ended = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def report_error(self, error: BaseException) -> None:
        """Log an unexpected error, and show it."""
        log.error("Something unexpected went wrong", exc_info=error)
        self.report_defect(error)

    def report_defect(self, error: BaseException) -> None:
        """Show that there is a defect, with the details to copy for a bug report."""
        sentence = tr("Something unexpected went wrong ({error}). Syncline keeps running.", error=type(error).__name__)
        self.broken.emit(sentence, "".join(traceback.format_exception(error)))

    def sync_now(self, peers: Sequence[PeerId] = ()) -> None:
        """Sync these peers, or all."""
        self.start(self._sync_now(list(peers) or None))

    def set_auto_sync(self, auto: bool) -> None:
        """Switch auto-sync on or off."""
        self.start(self.engine.change_settings(auto_sync=auto))

    def pause(self, pause: Pause | None, peers: Sequence[PeerId] = ()) -> None:
        """Pause these peers, or all; None for ``pause`` resumes them."""
        self.start(self.engine.peers.pause(pause, list(peers) or None))

    def name_of(self, peer: str) -> str:
        """Return the name of a peer; ``peer`` itself if there is none with this id."""
        return next((known.name for known in self.engine.settings.peers if known.id == peer), peer)

    async def _sync_now(self, peers: list[PeerId] | None) -> None:
        outcome = await self.engine.peers.sync_now(peers)
        wrong = {peer: error for peer, error in outcome.items() if error is not None}
        for peer, error in wrong.items():
            self.failed.emit(f"{self.name_of(peer)}: {in_words(error)}")
        if outcome and not wrong:
            self.status_message.emit(tr("Synced just now."))

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await self._opened.wait()
            await work
        except SynclineError as error:
            self.failed.emit(in_words(error))
        except asyncio.CancelledError:
            work.close()  # it may not have begun
            raise
        except Exception as error:
            self.report_error(error)


def in_words(error: SynclineError) -> str:
    """Return the message of an error and its hint, translated."""
    return said(error.advice)
