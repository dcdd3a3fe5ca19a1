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
        """Note which rows our file has now, in the tables that have dataset ids."""

    def known(self, known: Known) -> None:
        """Take the answer to a ``LookUp``."""

    def renewed(self, tokens: tuple[bytes, ...]) -> None:
        """Take the answer to a ``Renew``: these tokens are on our disk."""

    def digested(self, digests: Sequence[TableDigest]) -> None:
        """Take the answer to a ``TakeDigests``."""

    def answered(self, answer: Answer | Tables) -> None:
        """Take the answer to a ``QueryRows``."""

    def joined(self, result: Any) -> None:
        """Take the answer to a ``JoinAction``."""

    def kept(self, token: bytes, kin: bool) -> None:
        """Take the answer to a ``Keep``: the token is on our disk, or it is another file's."""

    def carried(self) -> None:
        """Note that a good part of a message has come or left, so that a large one on a slow line is not taken for a
        stall."""

    def ponged(self) -> None:
        """Take the answer to a ``Ping``: whatever the peer sent before its pong has been received and dealt with."""
