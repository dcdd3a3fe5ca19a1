"""TLS that does not come about, over real sockets: whose fault it is, in words."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from engine.errors import (
    CertificateChanged,
    WrongServer,
)
from tests.engine.live import make_file, on_loop, plain_engine
from tests.engine.transport.answers import refused


@contextlib.contextmanager
def secure_server(context: ssl.SSLContext) -> Iterator[int]:
    """Sets up TLS with whoever comes, hears a request, and hangs up. Gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                with contextlib.suppress(ssl.SSLError, ConnectionError):
                    taken, _ = listening.accept()
                    with taken, context.wrap_socket(taken, server_side=True) as inner:
                        inner.recv(65_536)
                if ended.is_set():
                    return

        ended, serving = threading.Event(), threading.Thread(target=serve)
        serving.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            socket.create_connection(listening.getsockname()).close()
            serving.join()


@pytest.fixture
def certify(tmp_path: Path) -> Callable[..., ssl.SSLContext]:
    """Makes what a server shows: a certificate and who signed it, written to ``authority.pem`` beside."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def make(*, begins: int = -9, expires: int = 9, name: str = "localhost", alone: bool = False) -> ssl.SSLContext:
        now = datetime.datetime.now(datetime.UTC)
        key, signer = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Some authority")])

        def certificate(who: x509.Name, by: x509.Name, its: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
            made = x509.CertificateBuilder().subject_name(who).issuer_name(by).public_key(its.public_key())
            return made.serial_number(x509.random_serial_number())

        day = datetime.timedelta(days=1)
        ours = certificate(called, called if alone else authority, key)
        ours = ours.not_valid_before(now + begins * day).not_valid_after(now + expires * day)
        ours = ours.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        root = certificate(authority, authority, signer).not_valid_before(now - 9 * day).not_valid_after(now + 9 * day)
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        pem, secret = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        shown = ours.sign(key if alone else signer, hashes.SHA256())
        (tmp_path / "shown.pem").write_bytes(shown.public_bytes(pem))
        (tmp_path / "authority.pem").write_bytes(root.sign(signer, hashes.SHA256()).public_bytes(pem))
        (tmp_path / "shown.key").write_bytes(key.private_bytes(pem, secret, serialization.NoEncryption()))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tmp_path / "shown.pem", tmp_path / "shown.key")
        return context

    return make


CERTIFICATES: list[tuple[dict[str, object], bool, str, str]] = [
    ({"expires": -1}, True, "The certificate of {where} has expired.", "clock of this machine"),
    ({"begins": 1}, True, "The certificate of {where} is not valid yet.", "clock of this machine"),
    ({}, False, "The certificate of {where} comes from an authority that is not trusted here.", "SSL_CERT_FILE"),
    ({"alone": True}, False, "The certificate of {where} is self-signed and not trusted here.", "SSL_CERT_FILE"),
    ({"name": "hub.example"}, True, "The certificate of {where} was issued for another name.", "Use the name"),
]


@pytest.mark.parametrize(("certificate", "trusted", "sentence", "hint"), CERTIFICATES)
@on_loop
async def test_a_certificate_that_is_not_good(
    certify: Callable[..., ssl.SSLContext],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certificate: dict[str, object],
    trusted: bool,
    sentence: str,
    hint: str,
) -> None:
    context = certify(**certificate)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with secure_server(context) as port:
        error = await refused(f"wss://localhost:{port}/sync")
        assert isinstance(error, WrongServer)
        assert sentence.format(where=f"localhost:{port}") in error.sentence
        assert hint in error.hint
        assert isinstance(await refused(f"wss://localhost:{port}/sync", fingerprint="0" * 64), CertificateChanged)


@on_loop
async def test_tls_and_plain_take_each_other_for_something_else(
    certify: Callable[..., ssl.SSLContext], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = make_file(tmp_path / "hub" / "room").parent
    async with AsyncExitStack() as stack:
        secure, engine = stack.enter_context(secure_server(certify())), await stack.enter_async_context(plain_engine())
        hub = await engine.serving.start(rooms)
        error = await refused(f"wss://127.0.0.1:{hub.port}/sync")
        assert error.sentence == f"127.0.0.1:{hub.port} does not use TLS."
        assert error.hint == f"For a hub without TLS, use ws://127.0.0.1:{hub.port}/sync."
        paired = await refused(f"wss://127.0.0.1:{hub.port}/sync", fingerprint="0" * 64)
        assert isinstance(paired, WrongServer), "another machine has the address: it is looked for elsewhere"
        assert "ws://" not in paired.hint
        error = await refused(f"ws://127.0.0.1:{secure}/sync")
        assert f"It may require TLS: try wss://127.0.0.1:{secure}/sync" in error.sentence
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        error = await refused(f"wss://localhost:{secure}/sync")
        assert error.sentence == f"localhost:{secure} closed the connection without an answer."


@on_loop
async def test_a_server_that_refuses_tls(certify: Callable[..., ssl.SSLContext]) -> None:
    context = certify()
    context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME  # type: ignore[assignment]
    with secure_server(context) as port:
        error = await refused(f"wss://localhost:{port}/sync")
        assert isinstance(error, WrongServer)
        assert f"localhost:{port} refused the secure connection: " in error.sentence
        assert "unrecognized name" in error.sentence
