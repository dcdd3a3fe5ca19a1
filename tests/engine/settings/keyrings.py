"""A keyring for tests, of our own making, behind python-keyring's own interface: locked, slow, or not there."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import KeyringLocked, PasswordDeleteError


class Vault:
    """What the keyring holds, and how it is: whichever instance of ``Ring`` is asked, there is one."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.there = True
        self.locked = False
        self.gate = threading.Event()
        self.gate.set()
        self.threads: set[str] = set()
        self.asked: list[str] = []


class Ring(KeyringBackend):
    """The keyring, as python-keyring finds it."""

    vault = Vault()
    vault.there = False

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805
        if not cls.vault.there:
            raise RuntimeError("no such service")
        return 9

    def _enter(self, username: str) -> Vault:
        vault = self.vault
        vault.threads.add(threading.current_thread().name)
        vault.asked.append(username)
        vault.gate.wait()
        if vault.locked:
            raise KeyringLocked(f"locked while {vault.kept} was asked for")
        return vault

    def get_password(self, service: str, username: str) -> str | None:
        return self._enter(username).kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._enter(username).kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        kept = self._enter(username).kept
        if (service, username) not in kept:
            raise PasswordDeleteError("No such password!")
        del kept[service, username]


@pytest.fixture
def ring() -> Iterator[Vault]:
    """A keyring in place of the system's."""
    before = keyring.get_keyring()
    Ring.vault = vault = Vault()
    keyring.set_keyring(Ring())
    yield vault
    vault.gate.set()
    Ring.vault = Vault()
    Ring.vault.there = False
    keyring.set_keyring(before)
