"""A few files that exchange changes in any order, until nothing is new to anybody."""

from __future__ import annotations

import abc
import random
from collections.abc import Iterator, Sequence

from engine.change import Change
from tests.engine.ordinary.conftest import File
from tests.engine.ordinary.writers import PythonWriter


class Mesh(abc.ABC):
    """A mesh of ``files``; all that it does by chance is chosen by ``choose``."""

    def __init__(self, choose: random.Random, writer: PythonWriter) -> None:
        self.choose = choose
        self.writer = writer
        self.files: list[File] = []
        self._received: dict[tuple[int, int], int] = {}

    def close(self) -> None:
        """Close all files."""
        for file in self.files:
            self.writer.forget(file.path)
            file.db.close()

    def exchange(self) -> None:
        """One file takes what another holds since a version: all of it or the beginning, perhaps once more."""
        to, source = self.choose.sample(range(len(self.files)), 2)
        since = self._received.get((to, source), 0) if self.choose.random() < 0.8 else 0
        if self.take(to, source, since, cut=self.choose.random() < 0.3):
            self._received[to, source] = self.files[source].state.db_version()

    @abc.abstractmethod
    def take(self, to: int, source: int, since: int, *, cut: bool) -> bool:
        """Have one file take another's changes, or only the beginning of each table; return whether it was all."""

    def parts(self, changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
        """The changes in parts of any size."""
        at = 0
        while at < len(changes):
            end = at + self.choose.choice([1, 5, 10**6])
            yield changes[at:end]
            at = end

    def settle(self) -> None:
        """Everything goes everywhere, until nothing is new to anybody."""
        for _ in range(2 * len(self.files)):
            before = [self.state(file) for file in self.files]
            for to in range(len(self.files)):
                for source in range(len(self.files)):
                    if to != source:
                        self.take(to, source, 0, cut=False)
            if [self.state(file) for file in self.files] == before:
                return
        raise AssertionError("they never settle")

    @abc.abstractmethod
    def state(self, file: File) -> Sequence[object]:
        """What a file holds, with its causal lengths and column versions."""
