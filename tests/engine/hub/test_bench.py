"""``syncline bench hub`` runs, and loses nothing; how fast anything is, no test says."""

from __future__ import annotations

import asyncio
import json

import pytest

from engine.cli import main
from engine.cli.bench import hub
from engine.cli.bench.hub import Load


@pytest.mark.slow
def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "hub", "--case", "20*", "--seconds", "0.5", "--json"]) == 0
    found = {line["case"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {"20", "20-stock"} <= found.keys()
    for case, line in found.items():
        assert (line["guests"], line["deliveries"] + line["missing"]) == (20, 5 * 19)
        assert case == "20-published" or line["missing"] == 0  # that server loses live notifications
        assert 0 < line["p50"] <= line["p99"]


@pytest.mark.parametrize("own", [True, False])
def test_every_guest_of_every_room_gets_what_others_write(own: bool) -> None:
    served = asyncio.run(hub.measure(Load("small", 2, 3, 4.0, seconds=0.5, own=own)))
    assert (served.writes, served.deliveries, served.missing) == (4, 8, 0)


@pytest.mark.parametrize("kind", ["message", "brings"])
def test_what_goes_on_beside(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCLINE_BENCH_SMALL", "1")
    served = asyncio.run(hub.measure(Load("small", 1, 3, 20.0, beside=kind)))
    assert served.deliveries == 2 * served.writes > 0


def test_what_is_not_here_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["bench", "hub", "--case", "20-published"]) == 0
    told = capsys.readouterr()
    assert (told.out, "needs Node" in told.err) == ("", True)
