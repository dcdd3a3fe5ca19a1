"""This machine's certificate: self-signed, made on first use, and kept in the data folder.

No authority vouches for it. Other machines learn its fingerprint from the pairing link and recognise it by that
(``engine.transport.tls_pinning``). So its name and expiry mean nothing; it is made to last, as a new one would undo
every pairing.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.errors import SynclineError
from engine.hub.options import Tls
from engine.text import t
from engine.transport.tls_pinning import fingerprint_of

FILE = "certificate.pem"
"""The file of both certificate and key, so that they are written whole or not at all, and cannot be separated."""

LASTS = timedelta(days=100 * 365)


@dataclass(frozen=True, slots=True)
class Certificate:
    """This machine's certificate.

    Attributes:
        tls: the file, for a hub.
        fingerprint: the SHA-256 of the certificate, in hex.
    """

    tls: Tls
    fingerprint: str


def own_certificate(folder: Path) -> Certificate:
    """Return the certificate in ``folder``, made now if there is none. Only its owner can read the file.

    Raises:
        SynclineError: it cannot be read or made. A damaged one is left as it is, as other machines have pinned it.
    """
    path = folder / FILE
    try:
        if not path.exists():
            _write(path, _make())
        text = path.read_text("ascii")
    except OSError as error:
        raise SynclineError(
            t(
                "The certificate {path} could not be read or created: {reason}.",
                path=path,
                reason=error.strerror or error,
            ),
            hint=t("Check that the folder exists, is yours and has free space."),
        ) from None
    except UnicodeDecodeError:
        raise _damaged(path) from None
    first = text.find("-----BEGIN CERTIFICATE-----")
    try:
        fingerprint = fingerprint_of(ssl.PEM_cert_to_DER_cert(text[max(0, first) :]))
        tls = Tls(path, path)
        tls.context()
    except (ValueError, SynclineError):
        raise _damaged(path) from None
    return Certificate(tls, fingerprint)


def _make() -> Sequence[bytes]:
    """Make a key and a certificate for it, both in PEM."""
    from cryptography import x509  # slow to load, and needed once in a machine's life
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Syncline")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret, certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, parts: Sequence[bytes]) -> None:
    """Write the file whole, unless another program was faster; then its certificate is ours as well."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".certificate-")  # made with 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"".join(parts))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)


def _damaged(path: Path) -> SynclineError:
    return SynclineError(
        t("The certificate {path} cannot be used: the file is damaged.", path=path),
        hint=t("Restore a copy of it. Or move it away to get a new one, then pair your other machines again."),
    )
