"""Small messages past the library: the same bytes, the same messages, in the same order."""

from __future__ import annotations

import asyncio
import random

import pytest
from websockets.asyncio.client import connect as dial_raw
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, SERVER, Protocol

from engine.transport import small_frames
from engine.transport.frame_reader import FrameReader
from engine.transport.keepalive import ServerSocket
from engine.transport.receive_queue import TURN, ReceiveQueue
from tests import budget
from tests.engine.live import on_loop
from tests.streams import take_no_more

SIZES = (0, 1, 2, 13, 124, 125, 126, 127, 300, 65_535)


def _stream(dice: random.Random) -> list[bytes]:
    """What a client sends, cut where it ends frames, and elsewhere."""
    client = Protocol(CLIENT)
    pieces: list[bytes] = []
    for _ in range(dice.randrange(1, 12)):
        data = dice.randbytes(dice.choice(SIZES))
        match dice.randrange(8):
            case 0:
                client.send_ping(data[:125])
            case 1:
                client.send_text(data.hex().encode())
            case 2:
                client.send_binary(data, fin=False)
                client.send_continuation(data, fin=True)
            case _:
                client.send_binary(data)
        pieces += client.data_to_send()
    joined: list[bytes] = []
    for piece in pieces:
        cut = dice.randrange(len(piece)) if dice.random() < 0.3 else 0
        if joined and dice.random() < 0.3:
            joined[-1] += piece
        else:
            joined += [part for part in (piece[:cut], piece[cut:]) if part]
    return joined


def _frames(protocol: Protocol) -> list[tuple[Opcode, bytes, bool]]:
    return [
        (event.opcode, bytes(event.data), event.fin) for event in protocol.events_received() if isinstance(event, Frame)
    ]


def test_what_comes_is_what_the_library_finds() -> None:
    for case in budget.cases("small frames", seconds=2.0, at_least=20):
        _compare(case.random)


def _compare(dice: random.Random) -> None:
    library, beside = Protocol(SERVER), Protocol(SERVER)
    expected: list[tuple[Opcode, bytes, bool]] = []
    found: list[tuple[Opcode, bytes, bool]] = []
    for piece in _stream(dice):
        library.receive_data(piece)
        expected += _frames(library)
        message = small_frames.received(beside, piece)
        if message is None:
            beside.receive_data(piece)
            found += _frames(beside)
        else:
            found.append((Opcode.BINARY, message, True))
    assert found == expected
    assert beside.data_to_send() == library.data_to_send(), "pongs"


def test_a_message_of_its_own_is_taken() -> None:
    client = Protocol(CLIENT)
    client.send_binary(b"small")
    (frame,) = client.data_to_send()
    assert small_frames.received(Protocol(SERVER), frame) == b"small"


@pytest.mark.parametrize("cut", [1, 2, 4, 6])
def test_what_only_looks_like_a_message_inside_of_one_is_left_to_the_library(cut: int) -> None:
    """The rest of a frame may be what a whole frame would be."""
    client, server = Protocol(CLIENT), Protocol(SERVER)
    client.send_binary(b"small")
    (inner,) = client.data_to_send()
    outer = bytes((0x82, 0x80 | (len(inner) + 6 - cut))) + bytes(4) + bytes(6 - cut) + inner
    first, rest = outer[: -len(inner)], outer[-len(inner) :]
    for piece in (first[:cut], first[cut:]):
        if piece:
            server.receive_data(piece)
    assert small_frames.received(server, rest) is None
    server.receive_data(rest)
    assert [data[-len(inner) :] for _, data, _ in _frames(server)] == [inner]


def test_what_is_larger_than_may_come_is_left_to_the_library() -> None:
    client, server = Protocol(CLIENT), Protocol(SERVER, max_size=4)
    client.send_binary(b"small")
    (frame,) = client.data_to_send()
    assert small_frames.received(server, frame) is None


def test_nothing_is_taken_after_the_end() -> None:
    client, server = Protocol(CLIENT), Protocol(SERVER)
    client.send_binary(b"small")
    (frame,) = client.data_to_send()
    server.send_close(1000)
    assert small_frames.received(server, frame) is None


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sent_is_what_the_library_sends(size: int) -> None:
    message = random.Random(size).randbytes(size)
    library, beside = Protocol(SERVER), Protocol(SERVER)
    library.send_binary(message)
    assert small_frames.to_send(beside, message) == b"".join(library.data_to_send())


def test_a_client_masks_what_it_sends() -> None:
    assert small_frames.to_send(Protocol(CLIENT), b"small") is None


@on_loop
async def test_one_at_a_time_in_order() -> None:
    """Some are dealt with on the spot, others later: none overtakes another, and at the end nothing is held."""
    dice, count = random.Random(5), 40 * TURN
    came: list[int] = []
    at_work: list[int] = []
    together: list[int] = []
    all_came, held = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def take(socket: ServerConnection) -> None:
        queue = socket.recv_messages
        assert isinstance(queue, ReceiveQueue)
        loop = asyncio.get_running_loop()

        def done() -> None:
            at_work.clear()
            reader.go_on()
            if len(came) == count:
                all_came.set()

        def on_frame() -> None:
            number = int.from_bytes(reader.take()[:4])
            came.append(number)
            together.extend(at_work)
            at_work.append(number)
            if dice.random() < 0.7:
                done()
            else:
                loop.call_later(dice.choice((0, 0.002)), done)

        reader = FrameReader(socket, on_frame=on_frame, on_text=lambda: None, on_idle=lambda: None)
        reading = asyncio.create_task(reader.run())
        await all_came.wait()
        await socket.close()
        await reading
        held.set_result(queue.held)

    async with serve(take, "127.0.0.1", 0, compression=None, create_connection=ServerSocket) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        async with dial_raw(f"ws://127.0.0.1:{port}", compression=None) as socket:
            for number in range(count):
                await socket.send(number.to_bytes(4) + bytes(dice.choice((0, 1, 200, 20_000))))
            await held
        await take_no_more(running.sockets)
    assert came == list(range(count))
    assert not together, "the next one was taken before these were done with"
    assert held.result() == 0
