"""What "Test" says, against real hubs, a published server, and servers that are neither."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import apsw
import pytest
from websockets.asyncio.server import ServerConnection, serve

from engine.api import Engine
from engine.checks.probe import ProbeReport, Step, probe
from engine.errors import UsageError
from engine.ids import DatabaseId
from engine.settings import PeerConfig
from engine.wire import OLDEST, PROTOCOL, Failure, FailureCode, encode
from engine.wire.handshake import OWN_HEADER
from tests.engine.live import PATIENCE, make_file, on_loop, plain_engine, rows, until, write
from tests.peers.stock_server import StockServer
from tests.ports import free_port
from tests.streams import stream_server

SECOND = "CREATE TABLE tag (id INTEGER PRIMARY KEY NOT NULL, name TEXT); SELECT crsql_as_crr('tag');"


@contextlib.asynccontextmanager
async def hub(folder: Path, *, token: str | None = None) -> AsyncIterator[tuple[Engine, str]]:
    """A hub with the room "room"."""
    make_file(folder / "room")
    async with plain_engine() as engine:
        yield engine, (await engine.serving.start(folder, token=token)).url


def outcomes(report: ProbeReport) -> str:
    """The five outcomes, as letters in their order."""
    assert [step.step for step in report.steps] == list(Step)
    assert all(step.sentence.endswith(".") for step in report.steps)
    return "".join(step.outcome.value[0] for step in report.steps)


def sentence(report: ProbeReport) -> str:
    assert report.failure is not None
    return f"{report.failure.step.value}: {report.failure.sentence}"


def dump(path: Path) -> list[str]:
    """Everything in a file, as SQL."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [f"{name}: {row}" for name in names for row in connection.execute(f'SELECT * FROM "{name}"')]
    finally:
        connection.close()


@on_loop
async def test_all_is_well_and_nothing_is_written(tmp_path: Path) -> None:
    async with hub(tmp_path / "rooms", token="right") as (engine, url):
        here = make_file(tmp_path / "here.db")
        write(here, "INSERT INTO item (id, name) VALUES (1, 'one')")
        before = dump(here)
        await probe(here, url, "room", "right")  # a room that is asked for the first time records that it begins empty
        assert dump(here) == before
        room = dump(tmp_path / "rooms/room")
        report = await probe(here, url, "room", "right")
        assert outcomes(report) == "ooooo"
        assert report.ok
        assert report.own
        assert report.steps[-1].sentence == "Both sides have “item”."
        assert (dump(here), dump(tmp_path / "rooms/room")) == (before, room)
        assert rows(tmp_path / "rooms/room") == []
        report = await probe(None, url, "room", "right")
        assert (outcomes(report), report.steps[-1].sentence) == ("ooooo", "The new file gets “item”.")
        serving = engine.serving.hub
        assert serving is not None
        await until(lambda: not serving.guests, "it has hung up")


@on_loop
async def test_wrong_token_and_wrong_room(tmp_path: Path) -> None:
    async with hub(tmp_path / "rooms", token="right") as (_, url):
        for token in ("wrong", None):
            report = await probe(None, url, "room", token)
            assert outcomes(report) == "oufuu"
            assert "does not accept the token" in sentence(report)
        report = await probe(None, url, "other", "right")
        assert outcomes(report) == "ooofu"
        assert sentence(report) == "room: This hub has no room “other”."


@on_loop
async def test_schemas(tmp_path: Path) -> None:
    async with hub(tmp_path / "rooms") as (_, url):
        room = tmp_path / "rooms/room"

        async def judge(path: Path) -> tuple[str, str]:
            report = await probe(path, url, "room")
            return outcomes(report), report.steps[-1].sentence

        more = make_file(tmp_path / "more.db")
        write(more, SECOND)
        assert await judge(more) == ("ooooo", "Both sides have “item”. Left out: “tag” (only on this side).")
        write(room, SECOND)
        assert await judge(more) == ("ooooo", "Both sides have “item”, “tag”.")
        less = make_file(tmp_path / "less.db")
        assert await judge(less) == ("ooooo", "Both sides have “item”. Left out: “tag” (only on the other side).")
        narrow = "CREATE TABLE item (id INTEGER PRIMARY KEY NOT NULL, name TEXT); SELECT crsql_as_crr('item')"
        assert await judge(make_file(tmp_path / "narrow.db", narrow)) == (
            "ooooo",
            "Both sides have “item”. These columns stay on the other side until this side has them too: “extra”, “n” of"
            " “item”. Left out: “tag” (only on the other side).",
        )
        other = make_file(tmp_path / "other.db", narrow.replace("name TEXT", "name BLOB"))
        outcome, told = await judge(other)
        assert (outcome, "“name” of the table “item” has the type" in told) == ("oooof", True)
        foreign = make_file(tmp_path / "foreign.db", SECOND.replace("tag", "stone"))
        assert await judge(foreign) == (
            "oooof",
            "The two sides have no table in common: “stone” on this side, “item”, “tag” on the other.",
        )
        assert await judge(make_file(tmp_path / "plain.db", "CREATE TABLE t (a)")) == (
            "oooof",
            "plain.db has no syncable table.",
        )
        outcome, told = await judge(room)
        assert (outcome, "the same site id" in told) == ("oooof", True)
        (tmp_path / "text.db").write_text("no database, but a text of some length\n" * 200)
        assert (await judge(tmp_path / "text.db"))[0] == "oooof"
        assert "does not exist" in (await judge(tmp_path / "none.db"))[1]


# Those that are no hub


@pytest.fixture
def web_server() -> Iterator[str]:
    """A plain HTTP server, as an address for WebSockets."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.server_port}/sync"
        server.shutdown()


class _Pages(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@contextlib.asynccontextmanager
async def answering(answer: Callable[[asyncio.StreamWriter], None]) -> AsyncIterator[str]:
    """A TCP server that says the same to everybody and hangs up."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        answer(writer)

    async with stream_server(serve_one) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/sync"


@on_loop
async def test_nobody_there() -> None:
    report = await probe(None, f"ws://127.0.0.1:{free_port()}", "room")
    assert outcomes(report) == "fuuuu"
    assert "connection refused" in sentence(report)
    assert report.own is None
    report = await probe(None, "ws://nowhere.invalid/sync", "room")
    assert outcomes(report) == "fuuuu"


def test_a_web_server(web_server: str) -> None:
    @on_loop
    async def go() -> None:
        report = await probe(None, web_server, "room")
        assert outcomes(report) == "ofuuu"
        assert sentence(report).startswith("protocol: ")
        secure = await probe(None, web_server.replace("ws:", "wss:"), "room")
        assert outcomes(secure) == "ofuuu"
        assert "does not use TLS" in sentence(secure)

    go()


@on_loop
async def test_other_servers() -> None:
    async with answering(lambda writer: writer.write(b"SSH-2.0-OpenSSH_9\r\n")) as url:
        assert outcomes(await probe(None, url, "room")) == "ofuuu"
    async with answering(lambda _: None) as url:
        assert outcomes(await probe(None, url, "room")) == "ofuuu"
    busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    async with answering(lambda writer: writer.write(busy)) as url:
        report = await probe(None, url, "room")
        assert outcomes(report) == "fuuuu"
        assert "503" in sentence(report)


@contextlib.asynccontextmanager
async def websocket(
    speak: Callable[[ServerConnection], object], *, own: str = "", echo: bool = True
) -> AsyncIterator[str]:
    """A WebSocket server that is no sync server; ``speak`` gives a coroutine."""

    async def serve_one(connection: ServerConnection) -> None:
        await speak(connection)  # type: ignore[misc]
        await connection.wait_closed()

    def say_own(_: object, __: object, response: object) -> None:
        if own:
            response.headers[OWN_HEADER] = own  # type: ignore[attr-defined]

    async with serve(
        serve_one,
        "127.0.0.1",
        0,
        select_subprotocol=lambda _, offered: offered[0] if echo and offered else None,
        process_response=say_own,  # type: ignore[arg-type]
    ) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/sync"


@on_loop
async def test_servers_that_only_look_right() -> None:
    async with websocket(lambda _: asyncio.sleep(0), echo=False) as url:
        assert outcomes(await probe(None, url, "room")) == "ofouu"
    async with websocket(lambda connection: connection.send("hello")) as url:
        assert outcomes(await probe(None, url, "room")) == "ofouu"
    async with websocket(lambda connection: connection.close(4000, "Not you.")) as url:
        assert outcomes(await probe(None, url, "room")) == "ofouu"
    async with websocket(lambda connection: connection.close(4000, "Not you."), own=str(PROTOCOL)) as url:
        assert sentence(await probe(None, url, "room")).endswith(
            "closed the connection. The other side says “Not you”."
        )
    async with websocket(lambda connection: connection.send(b"\x63junk"), own=str(PROTOCOL)) as url:
        assert outcomes(await probe(None, url, "room")) == "ofouu"
    failure = Failure(code=int(FailureCode.SCHEMA), sentence="It is too old.", retry=False)
    async with websocket(lambda connection: connection.send(encode(failure)), own=str(PROTOCOL)) as url:
        assert sentence(await probe(None, url, "room")) == "schema: The other side says “It is too old”."
    for other in (OLDEST - 1, PROTOCOL + 1):
        async with websocket(lambda _: asyncio.sleep(0), own=str(other)) as url:
            report = await probe(None, url, "room")
            assert outcomes(report) == "ofuuu"
            assert f"version {other} of the protocol" in sentence(report)


@on_loop
async def test_cancelling_hangs_up() -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def wait(connection: ServerConnection) -> None:
        await (await connection.ping())
        came.set()
        await connection.wait_closed()
        assert connection.close_code == 1000
        gone.set()

    async with websocket(wait, own=str(PROTOCOL)) as url:
        testing = asyncio.create_task(probe(None, url, "room"))
        async with asyncio.timeout(PATIENCE):
            await came.wait()
        testing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await testing
        async with asyncio.timeout(PATIENCE):
            await gone.wait()


@on_loop
async def test_what_cannot_be_is_not_tried() -> None:
    for url, room, token in (("http://a", "room", ""), ("ws://a", "a/b", ""), ("ws://a", "room", "a=b")):
        with pytest.raises(UsageError):
            await probe(None, url, room, token)


# The published server


def test_a_published_server(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "rooms").mkdir()
    table = "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY NOT NULL, body TEXT);"
    schema = f"{table} SELECT crsql_as_crr('note');"
    (tmp_path / "schemas/main.sql").write_text(schema)
    file = make_file(tmp_path / "a.db", schema)
    with StockServer(tmp_path / "schemas", tmp_path / "rooms") as server:

        @on_loop
        async def go() -> None:
            report = await probe(file, server.url, "room", named=True)
            assert outcomes(report) == "ooouu"
            assert report.ok
            assert report.own is False
            report = await probe(file, server.url, "room")
            assert outcomes(report) == "ooouf"
            assert "needs a schema name" in sentence(report)
            write(file, "INSERT INTO crsql_master VALUES ('schema_name', 'main.sql')")
            report = await probe(file, server.url, "room-small")
            assert outcomes(report) == "ooouu"
            assert "only at each new connection" in report.steps[3].sentence
            report = await probe(None, server.url, "room", named=True)
            assert outcomes(report) == "ooouf"
            assert "cannot be asked for its tables" in sentence(report)
            peer = PeerConfig.new(DatabaseId(""), server.url, room="room")
            async with plain_engine() as engine:
                with pytest.raises(UsageError, match="is not a Syncline, so it cannot be asked what it holds"):
                    await engine.databases.add_from_room(tmp_path / "new.db", peer)
                assert (engine.settings.databases, (tmp_path / "new.db").exists()) == ((), False)

        go()
        assert os.listdir(tmp_path / "rooms") == []
        assert server.exec("later", "SELECT count(*) FROM note") == [(0,)]  # it is still well
