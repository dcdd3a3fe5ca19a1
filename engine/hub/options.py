"""How a hub is run, checked in words before it listens."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import UsageError
from engine.hub.limits import Limits
from engine.text import t
from engine.transport.tls_pinning import fingerprint_of, in_pairs

_PEM_BEGIN, _PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate (with its intermediate certificates) and its key, as PEM files."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Load them.

        Raises:
            UsageError: they cannot be read, or do not belong together.
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.load(context)
        return context

    def load(self, context: ssl.SSLContext) -> None:
        """Load what the files hold now, for future connections; raises as ``context`` does."""
        for path in (self.certificate, self.key):
            try:
                path.read_bytes()
            except OSError as error:
                raise UsageError(
                    t("{path} cannot be read: {reason}.", path=path, reason=error.strerror or error)
                ) from None
        try:
            # without a password a key that wants one would be asked for on the terminal
            context.load_cert_chain(self.certificate, self.key, password=lambda: "")
        except (ssl.SSLError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise UsageError(
                t(
                    "{certificate} and {key} cannot be used for TLS: {reason}.",
                    certificate=self.certificate,
                    key=self.key,
                    reason=reason,
                ),
                hint=t("Use a certificate and its own key as PEM files, the key without a password."),
            ) from None

    def fingerprint(self) -> str:
        """Return the certificate's fingerprint as people compare it (``engine.transport.tls_pinning``); '' where the
        file cannot be read just now."""
        with contextlib.suppress(OSError, ValueError):
            first, end, _ = self.certificate.read_text().partition(_PEM_END)
            return in_pairs(fingerprint_of(ssl.PEM_cert_to_DER_cert(first[first.index(_PEM_BEGIN) :] + end)))
        return ""

    def state(self) -> tuple[tuple[int, int, int], ...]:
        """Identify the files as they are now; a different answer means that they were renewed."""
        found = []
        for path in (self.certificate, self.key):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_ino, status.st_mtime_ns, status.st_size))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class HubOptions:
    """How a hub is run.

    Attributes:
        tokens: the file of tokens that peers must show one of (``engine.hub.tokens``).
        tls: the certificate and key to serve TLS with.
        insecure: whether to listen beyond this machine even without tokens or TLS.
        schemas: a folder of schema files, from which rooms are created and migrated.
        allow_create: whether to create a room that does not exist from the first peer's tables.
        follow_schema: whether to give rooms without a schema file the tables and columns that only a peer with write
            access has; None: only rooms that were created from a peer's tables.
        allow_drop: whether a newer schema file may drop tables and columns that hold rows.
        limits: what peers may do.
        upstreams: the addresses of other hubs that serve the same rooms.
        upstream_token: the token to show there.
    """

    tokens: Path | None = None
    tls: Tls | None = None
    insecure: bool = False
    schemas: Path | None = None
    allow_create: bool = False
    follow_schema: bool | None = None
    allow_drop: bool = False
    limits: Limits = field(default_factory=Limits)
    upstreams: tuple[str, ...] = ()
    upstream_token: str | None = field(default=None, repr=False)

    def check(self, host: str, *, asks: bool) -> None:
        """Check whether a hub may listen on ``host`` with these options; ``asks``: whether it requires a token.

        Raises:
            UsageError: it may not, with what is missing.
        """
        if self.schemas is not None and not self.schemas.is_dir():
            raise UsageError(
                t("There is no folder {folder}.", folder=self.schemas),
                hint=t("Create it, and put the schema files in it."),
            )
        if self.insecure or is_loopback(host):
            return
        if not asks:
            raise UsageError(
                t("Others can reach the hub at {host}, and it asks for no token.", host=host),
                hint=t("Create one with “syncline token make” and pass --tokens FILE, or pass --insecure."),
            )
        if self.tls is None:
            raise UsageError(
                t(
                    "Others can reach the hub at {host}, and without TLS they can read everything, including tokens.",
                    host=host,
                ),
                hint=t("Pass --tls-cert and --tls-key, or --insecure if something else encrypts the connections."),
            )


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
