"""Answers to what only one of the dialects asks of the driver, and news that only one acts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.table_shape import Dataset
from engine.tables import Known, TableDigest
from engine.wire import Tables

from .row_queries import Answer


class Answers:
    """Inputs that do nothing unless a dialect overrides them."""

    def datasets_changed(self, datasets: Mapping[str, Dataset]) -> None:
        """Say which rows our file has now, of the tables that have been given dataset ids."""

    def known(self, known: Known) -> None:
        """Answer a ``LookUp``."""

    def renewed(self, tokens: tuple[bytes, ...]) -> None:
        """Answer a ``Renew``: these tokens are on our disk."""

    def digested(self, digests: Sequence[TableDigest]) -> None:
        """Answer a ``TakeDigests``."""

    def answered(self, answer: Answer | Tables) -> None:
        """Answer a ``QueryRows``."""

    def joined(self, result: Any) -> None:
        """Answer a ``JoinAction``."""

    def kept(self, token: bytes, kin: bool) -> None:
        """Answer a ``Keep``: it is on our disk, or it is that of another file."""

    def carried(self) -> None:
        """Say that a good part of a message has come or left: a large one on a slow line is no stall."""

    def ponged(self) -> None:
        """Answer a ``Ping``: whatever the peer sent before its pong has been received and dealt with."""
