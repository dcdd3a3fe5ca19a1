"""The system's keyring, used from threads of its own: it may wait for D-Bus, or for a person to unlock it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from engine.errors import TokenStoreError
from engine.text import t

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

P = ParamSpec("P")
T = TypeVar("T")

SERVICE = "syncline"
"""The name under which the keyring lists our tokens; the "user" is the peer's id."""

READ, SAVED, REMOVED = t("read"), t("saved"), t("removed")

_LOCKED = {"KeyringLocked", "LockedException", "PromptDismissedException"}
_WORDS = {"InitError": t("it could not be opened")} | dict.fromkeys(_LOCKED, t("it is locked"))
"""Words for the backends' errors, by the names of their types, as a backend's module may not be installed."""


class SystemKeyring:
    """Reads, saves and removes tokens, one at a time.

    A request waits for an earlier one, and shares its error if the keyring is locked. So a person is asked only once to
    unlock the keyring, and a keyring that hangs holds only one thread.

    Args:
        timeout: seconds for the keyring to answer.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._backend: KeyringBackend | None = None
        self._open: asyncio.Future[object] | None = None

    async def find(self) -> str | None:
        """Return the keyring's name; None if there is none that can be used at the moment."""
        if self._backend is None:
            with contextlib.suppress(Exception):  # any backend may be installed, and each fails in its own way
                self._backend = await self._on_thread(_usable_backend)
        return None if self._backend is None else str(self._backend.name)

    async def get(self, peer: str) -> str | None:
        """Return a peer's token; None if there is none.

        Raises:
            TokenStoreError: it could not be read.
        """
        return await self._ask(READ, (await self._found()).get_password, SERVICE, peer)

    async def set(self, peer: str, token: str) -> None:
        """Keep a peer's token.

        Raises:
            TokenStoreError: it could not be saved.
        """
        await self._ask(SAVED, (await self._found()).set_password, SERVICE, peer, token)

    async def delete(self, peer: str) -> None:
        """Remove a peer's token, if there is one.

        Raises:
            TokenStoreError: it could not be removed.
        """
        if await self.get(peer) is not None:
            await self._ask(REMOVED, (await self._found()).delete_password, SERVICE, peer)

    async def _found(self) -> KeyringBackend:
        await self.find()
        if self._backend is None:
            raise TokenStoreError(
                t("The token is in the system keyring, which is not available now."),
                hint=t("Start Syncline from your desktop, or enter the token again."),
            )
        return self._backend

    async def _ask(self, verb: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the keyring, and say in words what went wrong.

        A backend's own words are left out, as they may contain a token.
        """
        try:
            return await self._on_thread(work, *args, **kwargs)
        except TimeoutError:
            reason = t("it did not answer within {seconds:.0f} s", seconds=self._timeout)
        except Exception as error:
            reason = _WORDS.get(type(error).__name__, t("it failed ({error})", error=type(error).__name__))
        raise TokenStoreError(
            t("The token could not be {verb} in the system keyring: {reason}.", verb=verb, reason=reason),
            hint=t(
                "Unlock the keyring, then try again. To keep tokens in a file instead, set "
                "PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring."
            ),
        )

    async def _on_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with asyncio.timeout(self._timeout):
            while self._open is not None and not self._open.done():
                before = self._open
                await asyncio.wait([before])
                error = before.exception()
                if error is not None and type(error).__name__ in _LOCKED:
                    raise error
            answer = _on_thread(work, *args, **kwargs)
            self._open = answer  # type: ignore[assignment]
            return await asyncio.shield(answer)


def _usable_backend() -> KeyringBackend | None:
    """Return the system's keyring; None if it is missing, switched off, or would store tokens in plain text."""
    import keyring
    from keyring.backend import get_all_keyring
    from keyring.backends import fail
    from keyring.core import recommended

    backend = keyring.get_keyring()
    if isinstance(backend, fail.Keyring):  # none was found at first, perhaps as the desktop session was only starting
        with contextlib.suppress(KeyError):
            get_all_keyring.reset()
        keyring.core.init_backend()
        backend = keyring.get_keyring()
    return backend if recommended(backend) else None


def _on_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
    """Run ``work`` on a thread that nobody waits for at exit, as a keyring that hangs must not hinder quitting."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    done.add_done_callback(lambda done: done.cancelled() or done.exception())  # in case nobody waits for it any more

    def settle(result: T | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failed = None, None
        try:
            result = work(*args, **kwargs)
        except Exception as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, name="tokens", daemon=True).start()
    return done
