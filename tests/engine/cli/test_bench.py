"""The benchmarks run and say what they measured; how fast anything is, no test says."""

from __future__ import annotations

import json

import pytest

from engine.cli import main

FIELDS = {
    "bench", "case", "rows", "changes", "seconds", "spread", "baseline", "baseline_seconds", "baseline_spread", "ratio",
}  # fmt: skip


def figures(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, object]]:
    assert main(["bench", *arguments, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line.keys() == FIELDS for line in lines)
    return {line["case"]: line for line in lines}


@pytest.mark.full
def test_merge(capsys: pytest.CaptureFixture[str]) -> None:
    found = figures(capsys, "merge", "--rows", "40")
    keys = ("", "-text", "-composite", "-wide")
    names = [
        kind + name + key
        for kind, of_kind in (("", keys), ("ordinary-", (*keys, "-numbered")))
        for key in of_kind
        for name in (
            "empty",
            "older",
            "older-upsert",
            "same",
            "deletes",
            "batched-empty",
            "batched-older",
            "batched-same",
        )
    ]
    assert list(found) == names
    assert (found["empty"]["rows"], found["empty"]["changes"]) == (40, 120)
    assert (found["same-wide"]["rows"], found["same-wide"]["changes"]) == (10, 120)
    assert found["deletes-text"]["changes"] == found["ordinary-deletes-text"]["changes"] == 40


@pytest.mark.parametrize(
    ("bench", "first"),
    [
        ("read", "all"),
        ("growth", "3"),
        pytest.param("record", "inserts", marks=pytest.mark.full),
        pytest.param("codec", "encode", marks=pytest.mark.full),
        pytest.param("stall", "p99", marks=pytest.mark.full),
        pytest.param("sql", "empty", marks=pytest.mark.full),
        pytest.param("single", "empty", marks=pytest.mark.full),
    ],
)
def test_the_others(bench: str, first: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = figures(capsys, bench, "--rows", "30", "--case", f"{first}*")
    assert next(iter(found)) == first
    assert all(float(str(line["seconds"])) > 0 for line in found.values())


@pytest.mark.slow
def test_an_app_beside_syncline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "capture", "--rows", "20", "--json"]) == 0
    found = {line["case"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    apps, files = (
        ["single-wal", "single-rollback", "bulk-wal", "bulk-rollback"],
        ["growth", "growth-numbered", "growth-notes"],
    )
    assert list(found) == apps + files
    assert found["single-wal"]["writes"] == 60
    for app in (found[case] for case in apps):
        assert app["share"] > 0
        assert app["longest_lock"] >= app["longest_lock_in_commit"] > 0
        assert app["longest_write_alone"] > 0
    assert all(found[case]["after"] > found[case]["before"] > 0 for case in files)


def test_some_cases_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(figures(capsys, "merge", "--case", "empty-t*", "--rows", "4")) == ["empty-text"]


@pytest.mark.parametrize("arguments", [["nonsense"], ["merge", "--rows", "0"]])
def test_used_wrongly(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *arguments]) == 2
    assert "syncline: " in capsys.readouterr().err
