"""Finds out at which of a machine's addresses it answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import urlsplit

from engine.pairing.pairing_link import url_of
from engine.transport.sockets import stagger
from engine.transport.tls_pinning import pinned

REACH_WITHIN = 5.0
"""Seconds for an address to accept a connection, and again for showing its certificate."""


async def answering(addresses: Sequence[str], port: int) -> AsyncGenerator[str, None]:
    """Try all addresses in parallel, and yield the URLs of those that accept a connection, the fastest first."""

    async def reach(address: str) -> str | None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(REACH_WITHIN):
                _, writer = await asyncio.open_connection(address, port, happy_eyeballs_delay=stagger(address))
                writer.close()
                return url_of(address, port)
        return None

    tries = [asyncio.create_task(reach(address)) for address in addresses]
    try:
        for answer in asyncio.as_completed(tries):
            url = await answer
            if url is not None:
                yield url
    finally:
        for one in tries:
            one.cancel()
        await asyncio.gather(*tries, return_exceptions=True)


async def where_it_is(addresses: Sequence[str], port: int, fingerprint: str) -> str | None:
    """Return the URL at which the machine with this certificate answers; None if it is at none of these addresses."""
    async with contextlib.aclosing(answering(addresses, port)) as urls:
        async for url in urls:
            with contextlib.suppress(OSError, TimeoutError):  # another machine: it does not have the certificate
                async with asyncio.timeout(REACH_WITHIN):
                    host, context = urlsplit(url).hostname, pinned(fingerprint)
                    _, writer = await asyncio.open_connection(
                        host, port, ssl=context, happy_eyeballs_delay=stagger(host)
                    )
                    writer.close()
                    return url
    return None
