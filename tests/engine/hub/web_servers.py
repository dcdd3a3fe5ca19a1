"""Web servers before hubs, each run with a block of docs/hub.md; only names and ports are put in."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

from tests.docs.documents import ROOT, blocks
from tests.engine.hub.test_serve import certificate
from tests.engine.live import PATIENCE, until
from tests.ports import free_port


def documented(language: str, words: str) -> str:
    found = [block for block in blocks(ROOT / "docs" / "hub.md") if (block.language, block.words) == (language, words)]
    [block] = found
    return block.text


class WebServer:
    """One that runs in a folder of its own. Context manager.

    Args:
        kind: a program, and more words: ``spread`` is the block for several hubs, ``without TLS`` goes without.
        hubs: the ports of the hubs behind it.
        change: regular expressions, and what to put in place of what they find in the block.
        around: what is set for all servers of nginx or HAProxy.
    """

    def __init__(
        self, folder: Path, kind: str, *hubs: int, change: tuple[tuple[str, str], ...] = (), around: str = ""
    ) -> None:
        self.folder, self.kind, self.port = folder, kind, free_port()
        folder.mkdir()
        program, *words = kind.split()
        block = documented(program, "spread" if "spread" in words else "")
        block = {"caddy": self._caddy, "nginx": self._nginx, "haproxy": self._haproxy}[program](block)
        named = sorted(set(re.findall(r"127\.0\.0\.1:87\d\d\b", block)))
        for name, hub in zip(named, hubs, strict=True):
            block = block.replace(name, f"127.0.0.1:{hub}")
        for pattern, text in change:
            assert re.search(pattern, block), pattern
            block = re.sub(pattern, text, block)
        self.authority = folder / "hub.crt"
        if program == "caddy":
            options = "{\n  admin off\n  skip_install_trust\n  auto_https disable_redirects\n}\n"
            (folder / "Caddyfile").write_text(options + block)
            self.command = ["caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]
            self.authority = folder / "caddy/pki/authorities/local/root.crt"
        elif program == "haproxy":
            (folder / "haproxy.cfg").write_text(f"{around}\n{block}")
            self.command = ["haproxy", "-db", "-f", folder / "haproxy.cfg"]
        else:
            own = "daemon off; pid nginx.pid; error_log error.log; events {} user root;"
            paths = "".join(
                f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            (folder / "nginx.conf").write_text(
                f"{own if os.getuid() == 0 else own.replace('user root;', '')}\n"
                f"http {{\naccess_log off; {paths}\n{around}\n{block}}}\n"
            )
            self.command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]

    @property
    def url(self) -> str:
        return f"{'ws' if 'without' in self.kind else 'wss'}://localhost:{self.port}/sync"

    def _nginx(self, block: str) -> str:
        crt, key = certificate(self.folder)
        block = block.replace("hub.example.org;", "localhost;")
        block = block.replace("/etc/ssl/hub.example.org.crt", str(crt)).replace(
            "/etc/ssl/hub.example.org.key", str(key)
        )
        block = re.sub(r"\b443\b", str(self.port), block)
        return (
            re.sub(r" ssl;|ssl_\w+ .*;", lambda found: ";" * found[0].startswith(" "), block)
            if "without" in self.kind
            else block
        )

    def _haproxy(self, block: str) -> str:
        crt, key = certificate(self.folder)
        (self.folder / "hub.pem").write_text(crt.read_text() + key.read_text())
        block = block.replace("/etc/ssl/hub.example.org.pem", str(self.folder / "hub.pem"))
        return block.replace(":443", f":{self.port}")

    def _caddy(self, block: str) -> str:
        return block.replace("hub.example.org", f"localhost:{self.port}")

    def __enter__(self) -> WebServer:
        program = shutil.which(str(self.command[0]), path=os.environ["PATH"] + ":/usr/sbin")
        assert program, f"{self.command[0]} is not installed: ./syncline test --full does that"
        home = {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        with (self.folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [program, *map(str, self.command[1:])], env=os.environ | home, stdout=log, stderr=log
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    async def listening(self) -> None:
        """Wait until it takes connections, and has a certificate."""

        def output() -> str:
            return (self.folder / "log").read_text()

        def listens() -> bool:
            assert self._process.poll() is None, output()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as plain:
                if "without" in self.kind:
                    return True
                context = ssl.create_default_context(cafile=self.authority)
                context.wrap_socket(plain, server_hostname="localhost").close()
                return True
            return False

        await until(listens, "it listens")
