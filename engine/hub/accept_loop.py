"""Connections that cannot be accepted for the moment, as the process has run out of file descriptors.

asyncio tries again every second, and logs that for every connection that it would accept at a time. Here it accepts one
at a time, and the log gets one line when the trouble begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import resource
import socket
import time
from asyncio import constants
from collections.abc import Iterable, Iterator
from typing import Any

log = logging.getLogger(__name__)

AT_ONCE = 1
"""Connections that asyncio accepts before it does anything else; also the backlog that it would ask for."""

WAITING = 1_024
"""The backlog of connections that the system holds until they are accepted."""

OVER = 60.0
"""Seconds without trouble after which the next trouble is logged again."""

_LACKING = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Accepting:
    """How connections are accepted on the running loop while inside ``quietly``."""

    def __init__(self) -> None:
        self._failed_at = -OVER
        self._retries = 0
        self._sockets: tuple[Any, ...] = ()
        self._stopped: asyncio.Future[None] | None = None

    def let_wait(self, sockets: Iterable[Any]) -> None:
        """Let more than one connection wait on these sockets, which are listening already."""
        for one in sockets:
            with socket.fromfd(one.fileno(), one.family, one.type) as same:
                same.listen(WAITING)

    @contextlib.contextmanager
    def quietly(self) -> Iterator[None]:
        """Log only now and then that connections cannot be accepted; everything else goes to the previous handler."""
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()

        def on_exception(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            error = context.get("exception")
            if isinstance(error, OSError) and error.errno in _LACKING and "accept" in context.get("message", ""):
                self._fails(error)
            elif before is not None:
                before(loop, context)
            else:
                loop.default_exception_handler(context)

        loop.set_exception_handler(on_exception)
        try:
            yield
        finally:
            if loop.get_exception_handler() is on_exception:
                loop.set_exception_handler(before)

    async def stop(self, sockets: Iterable[Any]) -> None:
        """Accept no more connections on these sockets; when this returns, the server has all that were accepted.

        asyncio hands them over a moment later, and loses those whose server is closed by then.
        """
        self._stopped = asyncio.get_running_loop().create_future()
        self._sockets = tuple(sockets)
        self._ignore()
        if self._retries:  # asyncio makes them on a closed socket, too, and trips over that
            await self._stopped
        await asyncio.sleep(0)

    def _ignore(self) -> None:
        for one in self._sockets:
            asyncio.get_running_loop().remove_reader(one.fileno())

    def _fails(self, error: OSError) -> None:
        now = time.monotonic()
        if now - self._failed_at >= OVER:
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            log.error(
                "No more connections can be taken for now: %s. At most %d may be open; it goes on by itself.",
                error.strerror,
                limit,
            )
        self._failed_at = now
        self._retries += 1
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_later, constants.ACCEPT_RETRY_DELAY, self._retried)  # asyncio's comes before it

    def _retried(self) -> None:
        self._retries -= 1
        if self._stopped is not None:
            self._ignore()
            if not self._retries:
                self._stopped.set_result(None)
