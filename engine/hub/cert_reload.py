"""Follows a certificate that is renewed while the hub runs: new connections get the new one, others stay open."""

from __future__ import annotations

import logging
import ssl

from engine.errors import UsageError
from engine.hub.options import Tls

log = logging.getLogger(__name__)


class Certificate:
    """The certificate of one hub.

    Args:
        tls: its files.

    Attributes:
        context: what connections are made with.

    Raises:
        UsageError: they cannot be used.
    """

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._loaded = self._refused = tls.state()
        self.context: ssl.SSLContext = tls.context()

    def reload(self) -> None:
        """Load the files if they have changed; what cannot be used (half of a pair, for instance) is ignored."""
        state = self._tls.state()
        if state in (self._loaded, self._refused):
            return
        try:
            self._tls.context()  # a context that refuses one of two files may be left with the other
            self._tls.load(self.context)
        except UsageError as error:
            self._refused = state
            log.error("%s The hub goes on with the certificate that it has.", error)
            return
        self._loaded = self._refused = state
        log.info("The certificate was renewed")
