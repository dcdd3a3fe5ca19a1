"""``syncline serve`` and ``syncline token`` as their owner runs them: real processes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.hub.tokens import load
from tests.engine.live import make_file, rows, write
from tests.engine.programs import Command


@pytest.fixture
def syncline(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that nobody else vouches for, and its key."""
    crt, key = folder / "hub.crt", folder / "hub.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", crt], check=True, capture_output=True)
    return crt, key


def test_a_token_is_made_listed_and_revoked(syncline: Command, tmp_path: Path) -> None:
    tokens = tmp_path / "hub" / "tokens.json"
    here = ("--tokens", tokens)
    secret = syncline("token", "make", "phone", *here).strip()
    syncline("token", "make", "wall display", "--read-only", "--room", "todo", "--expires", "30d", *here)
    listed = syncline("token", "list", *here)
    assert listed.startswith("phone: all rooms, read and write\nwall display: todo, read only, until 20")
    assert secret not in listed + syncline("token", "list", "--json", *here) + tokens.read_text()
    assert "Revoked “phone”" in syncline("token", "revoke", "phone", *here)
    assert [token.name for token in load(tokens)] == ["wall display"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("make", "x", "--expires", "soon"), "“soon” is not a valid expiry time."),
        (("make", "x", "--expires", "2001-01-01"), "is in the past"),
        (("make", "x", "--room", "../x"), "room name"),
        (("make", ""), "needs a name"),
        (("revoke", "nobody"), "There is no token “nobody”."),
    ],
)
def test_what_token_refuses(syncline: Command, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    tokens = tmp_path / "tokens.json"
    syncline("token", "make", "one", "--tokens", tokens)
    assert said in syncline("token", *arguments, "--tokens", tokens, status=2)
    assert [token.name for token in load(tokens)] == ["one"]


def test_a_damaged_token_file_is_left_alone(syncline: Command, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_text("{")
    assert "damaged" in syncline("token", "make", "one", "--tokens", tokens, status=1)
    assert "damaged" in syncline("serve", tmp_path, "--tokens", tokens, "--port", "0", status=1)
    assert tokens.read_text() == "{"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "asks for no token"),
        (("--tls-cert", "x"), "both a certificate and its key"),
        (("--tls-cert", "no.crt", "--tls-key", "no.key"), "no.crt cannot be read"),
        (("--port", "70000"), "70000 is not a valid port"),
        (("--host", "no such host", "--insecure"), "Cannot listen on no such host"),
    ],
)
def test_what_serve_refuses(syncline: Command, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in syncline("serve", tmp_path, *arguments, status=2)


def test_sync_over_tls_with_a_token(syncline: Command, tmp_path: Path) -> None:
    room, a = make_file(tmp_path / "hub" / "room"), make_file(tmp_path / "a.db")
    write(a, "INSERT INTO item (id, name) VALUES (1, 'over TLS')")
    crt, key = certificate(tmp_path)
    tokens, secret = tmp_path / "tokens.json", tmp_path / "secret"
    secret.write_text(syncline("token", "make", "a", "--tokens", tokens))
    served = ("--tls-cert", crt, "--tls-key", key, "--tokens", tokens)
    with syncline.running("serve", room.parent, "--host", "0.0.0.0", "--port", "0", *served) as hub:
        assert hub.line.startswith(f"Serving {room.parent} at wss://0.0.0.0:")
        url = hub.line.split(" at ")[1].split(";")[0].replace("0.0.0.0", "localhost")
        trusting = {"SSL_CERT_FILE": str(crt)}
        syncline("sync", a, url, "--room", "room", "--token-file", secret, env=trusting)
        syncline("sync", a, url, "--room", "room", env=trusting | {"SYNCLINE_TOKEN": secret.read_text().strip()})
        assert "is self-signed and not trusted here" in syncline("sync", a, url, "--room", "room", status=1)
        assert "does not accept the token" in syncline("sync", a, url, "--room", "room", env=trusting, status=1)
        command_line = Path(f"/proc/{hub.process.pid}/cmdline")
        if command_line.exists():
            assert secret.read_text().strip().encode() not in command_line.read_bytes()
        # the fingerprint as openssl prints it, which is what the hub prints
        told = subprocess.run(
            ["openssl", "x509", "-in", crt, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True
        )
        fingerprint = told.stdout.decode().strip().partition("=")[2]
        token = ("--room", "room", "--token-file", secret)
        syncline("sync", a, url, *token, "--certificate", fingerprint)
        syncline("sync", a, url, *token, "--certificate", fingerprint.replace(":", "").lower())
        other = fingerprint[:-2] + ("00" if fingerprint[-2:] != "00" else "11")
        told_of = syncline("sync", a, url, *token, "--certificate", other, status=1)
        assert "shows another certificate than the one that is trusted" in told_of
        assert "is not 64 hex digits" in syncline("sync", a, url, "--certificate", "AB:CD", status=2)
    assert f"Its certificate's fingerprint (SHA-256): {fingerprint}\n" in hub.out
    assert [key for key, _ in rows(room)] == [(1,)]
    assert hub.process.returncode == 0
