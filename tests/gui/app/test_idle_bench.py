"""``syncline bench gui idle`` measures real processes, and says what it found; how good that is, no test says."""

from __future__ import annotations

import argparse
import json

import pytest

from engine.cli import main
from engine.cli.bench import window
from engine.cli.bench.command import _idle


@pytest.mark.full
@pytest.mark.slow
def test_every_case_is_measured(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "STARTS", 1)
    monkeypatch.setattr(window.idle, "__defaults__", (1.0,))
    assert _idle(argparse.Namespace(seconds=0.5, json=True)) == 0
    out, err = capsys.readouterr()
    found = {line["case"]: line for line in map(json.loads, out.splitlines())}
    cases = ["start", "start-best", "start-cpu", "memory", "linked", "hub-down", "offline"]
    assert list(found) == (cases if window.without_network() else cases[:-1])
    assert ("left out" in err) == ("offline" not in found)
    assert all(found[case]["value"] > 0 for case in cases[:4])
    assert all(line["value"] >= 0 for line in found.values())  # half a second at rest may well take nothing at all
    assert found["memory"]["value"] > 30


def test_other_words_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "gui"]) == 2
    assert "gui idle" in capsys.readouterr().err
