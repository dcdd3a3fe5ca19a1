"""When syncing rests by itself: on battery, over a metered network."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.power_monitor import PowerMonitor, on_battery


def supply(folder: Path, name: str, **facts: str) -> None:
    """A power supply as the kernel shows it."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    for fact, value in facts.items():
        (folder / name / fact).write_text(f"{value}\n")


@pytest.mark.parametrize(
    ("status", "online", "expected"),
    [("Discharging", "0", True), ("Discharging", "1", False), ("Charging", "1", False), ("Full", "0", False)],
)
def test_a_laptop(tmp_path: Path, status: str, online: str, expected: bool) -> None:
    supply(tmp_path, "BAT0", type="Battery", status=status)
    supply(tmp_path, "AC", type="Mains", online=online)
    assert on_battery(tmp_path) is expected


def test_machines_without_a_battery(tmp_path: Path) -> None:
    assert on_battery(tmp_path / "missing") is None
    assert on_battery(tmp_path) is None
    supply(tmp_path, "mouse", type="Battery", scope="Device", status="Discharging")
    assert on_battery(tmp_path) is None, "a mouse's battery is not the machine's"
    supply(tmp_path, "AC", type="Mains", online="1")
    assert on_battery(tmp_path) is False
    (tmp_path / "odd" / "type").mkdir(parents=True)
    assert on_battery(tmp_path) is False


def test_it_looks_only_while_it_is_to_be_known(qtbot: QtBot, tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    said: list[str] = []
    one = PowerMonitor(supplies=tmp_path)
    one.changed.connect(said.append)
    one.watch(battery=False, metered=False)
    assert said == []
    assert not one._timer.isActive()
    one.watch(battery=True, metered=False)
    assert one._timer.isActive()
    supply(tmp_path, "BAT0", status="Charging")
    one.poll()
    supply(tmp_path, "BAT0", status="Discharging")
    one.poll()
    one.poll()
    one.watch(battery=False, metered=False)
    assert said == ["This machine is running on battery.", "", "This machine is running on battery.", ""]
    assert not one._timer.isActive()
