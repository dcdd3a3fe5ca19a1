"""Tokens that many sessions want at once: one transaction, and each gets its own, which is on disk by then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import FileReplaced
from engine.ids import SiteId
from engine.replica import Replica
from engine.session import LookUp, Renew
from engine.storage.replica_host import ReplicaHost
from tests.engine.live import make_file, on_loop

PEERS = [SiteId(bytes([n]) * 16) for n in range(1, 51)]


@on_loop
async def test_those_that_wait_together_are_renewed_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_file(tmp_path / "room")
    together: list[int] = []
    real = Replica.renew_lineages

    def counted(replica: Replica, peers: Sequence[tuple[SiteId, bytes | None]]) -> list[tuple[bytes, ...]]:
        together.append(len(peers))
        return real(replica, peers)

    monkeypatch.setattr(Replica, "renew_lineages", counted)
    async with ReplicaHost(path) as host:
        generation = host.generation
        found = await asyncio.gather(*(host.renew_lineage(Renew(peer, None), generation) for peer in PEERS))
        assert together == [50]
        again = await asyncio.gather(
            *(host.renew_lineage(Renew(peer, mine[-1]), generation) for peer, mine in zip(PEERS, found, strict=True))
        )
        for peer, before, after in zip(PEERS, found, again, strict=True):
            assert after[:-1] == before
            assert (await host.known(LookUp(peer), generation)).mine == after
    assert len({tokens[-1] for tokens in (*found, *again)}) == 100


@on_loop
async def test_whoever_goes_and_whoever_means_another_file_hold_up_nobody(tmp_path: Path) -> None:
    async with ReplicaHost(make_file(tmp_path / "room")) as host:
        generation = host.generation
        gone, other, last = (
            asyncio.ensure_future(host.renew_lineage(Renew(peer, None), which))
            for peer, which in zip(PEERS[:3], (generation, generation + 1, generation), strict=True)
        )
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(FileReplaced):
            await other
        assert len(await last) == 1
