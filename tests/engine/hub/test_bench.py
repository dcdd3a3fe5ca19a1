"""``syncline bench hub`` runs, and loses nothing; how fast anything is, no test says."""

from __future__ import annotations

import asyncio
import json

import pytest

from engine.cli import main
from engine.cli.bench import crowds, hub
from engine.cli.bench.crowds import Rest, Storm
from engine.cli.bench.guests import Dialect
from engine.cli.bench.hub import Load
from tests import budget


@pytest.mark.slow
def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "hub", "--case", "20*", "--seconds", "0.5", "--json"]) == 0
    found = {line["case"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {"20", "20-stock"} <= found.keys()
    for case, line in found.items():
        assert (line["guests"], line["deliveries"] + line["missing"]) == (20, 5 * 19)
        assert case == "20-published" or line["missing"] == 0  # that server loses live notifications
        assert 0 < line["p50"] <= line["p99"]
        assert line["bare_each"] > 0


@pytest.mark.parametrize("dialect", [Dialect.OWN, Dialect.STOCK])
def test_every_guest_of_every_room_gets_what_others_write(dialect: Dialect) -> None:
    served = asyncio.run(hub.measure(Load("small", 2, 3, 4.0, seconds=0.5, dialect=dialect)))
    assert (served.writes, served.deliveries, served.missing) == (4, 8, 0)


def test_bare_websockets_pass_on_the_same() -> None:
    bare = Load("small", 2, 3, 4.0, seconds=0.5).bare
    assert bare is not None
    served = asyncio.run(hub.measure(bare))
    assert (served.writes, served.deliveries, served.missing) == (4, 8, 0)


@pytest.mark.parametrize("kind", budget.variants(["message", "brings"], "message"))
def test_what_goes_on_beside(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCLINE_BENCH_SMALL", "1")
    served = asyncio.run(hub.measure(Load("small", 1, 3, 20.0, beside=kind)))
    assert served.deliveries == 2 * served.writes > 0


@pytest.mark.slow
def test_guests_who_come_at_once_or_rest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(crowds, "STORMS", (Storm("storm", 5, rooms=1),))
    monkeypatch.setattr(crowds, "RESTS", (Rest("quiet", 4, 2, seconds=0.2),))
    monkeypatch.setattr(crowds, "SETTLED", 0.1)
    assert main(["bench", "hub", "--case", "storm", "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["case"], line["guests"], line["rooms"]) == ("storm", 5, 1)
    assert 0 < line["first"] <= line["half"] <= line["last"]
    assert line["made"] > 0
    assert 0 < line["bare_first"] <= line["bare_last"]
    assert main(["bench", "hub", "--case", "quiet"]) == 0
    assert "4 guests at rest in 2 rooms" in capsys.readouterr().out


def test_what_is_not_here_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["bench", "hub", "--case", "20-published"]) == 0
    told = capsys.readouterr()
    assert (told.out, "needs Node" in told.err) == ("", True)
