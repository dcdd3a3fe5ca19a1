"""What a hub is compared with: a server of bare ``websockets`` that passes each batch on to all others in its room.

    python -m engine.cli.bench.broadcast

It keeps nothing and reads only the first byte. Whoever sends a batch gets an answer, as from a hub, and whoever
receives one answers. It prints its address, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve

from engine.wire import Batch, Confirm, encode

BATCH = encode(Batch(1, 0, 0, 0, b"", False, ()))[0]
ANSWER = encode(Confirm(1))


async def _main() -> None:
    rooms: defaultdict[str, set[ServerConnection]] = defaultdict(set)

    async def guest(socket: ServerConnection) -> None:
        assert socket.request is not None
        room = rooms[socket.request.path]
        room.add(socket)
        try:
            async for message in socket:
                assert isinstance(message, bytes)
                if message[0] == BATCH:
                    broadcast(room - {socket}, message)
                    await socket.send(ANSWER)
        finally:
            room.discard(socket)

    async with serve(
        guest, "127.0.0.1", 0, compression=None, ping_interval=15, ping_timeout=30, backlog=1000
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"Serving at ws://127.0.0.1:{port}/sync", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
