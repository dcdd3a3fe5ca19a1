"""The columns of the activity panel, for syncs and for values that were overwritten here."""

from __future__ import annotations

from PySide6.QtGui import QColor, QIcon

from engine.history.journal import OverwrittenLine, SyncLine
from engine.peer_state import State
from gui import theme
from gui.language import said, tr
from gui.models import times, values
from gui.models.static_table import Shown


def sync_columns() -> list[Shown[SyncLine]]:
    """Return the columns for syncs: when, peer, database, sent, received, bytes, duration, result."""
    return [
        Shown(tr("When"), lambda line: times.short(line.time), 20, lambda line: times.exact(line.time), _time),
        Shown(tr("Peer"), lambda line: line.peer_name, 20),
        Shown(tr("Database"), lambda line: line.database_name, 14),
        _number(tr("Sent"), lambda line: line.sent),
        _number(tr("Received"), lambda line: line.received),
        Shown(tr("Bytes"), lambda line: values.size(_bytes(line)), 11, _traffic, _bytes, number=True),
        Shown(
            tr("Duration"), lambda line: times.duration(line.seconds), 10, raw=lambda line: line.seconds, number=True
        ),
        Shown(tr("Result"), _result, 40, icon=_result_icon, color=_result_color),
    ]


def overwritten_columns() -> list[Shown[OverwrittenLine]]:
    """Return the columns for overwritten values: when, by whom, which cell, the old value and the new one."""
    return [
        Shown(tr("When"), lambda line: times.short(line.time), 20, lambda line: times.exact(line.time), _time),
        Shown(tr("Peer"), lambda line: line.peer_name, 20),
        Shown(tr("Table"), lambda line: values.shown(line.table), 14),
        Shown(tr("Key"), lambda line: values.key_shown(line.key), 12),
        Shown(tr("Column"), lambda line: values.shown(line.column), 14),
        Shown(
            tr("Old value"), _was, 32, lambda line: values.shown(line.old, values.LONG) if line.whole else _was(line)
        ),
        Shown(
            tr("New value"),
            lambda line: values.shown(line.new),
            32,
            lambda line: values.shown(line.new, values.LONG),
        ),
    ]


def _number(heading: str, count) -> Shown[SyncLine]:  # type: ignore[no-untyped-def]
    return Shown(heading, lambda line: values.number(count(line)), 10, raw=count, number=True)


def _time(line: SyncLine | OverwrittenLine) -> float:
    return line.time


def _bytes(line: SyncLine) -> int:
    return line.bytes_in + line.bytes_out


def _traffic(line: SyncLine) -> str:
    return tr("Sent {sent}, received {received}", sent=values.size(line.bytes_out), received=values.size(line.bytes_in))


def _result(line: SyncLine) -> str:
    if line.error:
        return values.shown(said(line.error), values.LONG)
    return tr("Complete") if line.sent or line.received else tr("Nothing new")


def _result_icon(line: SyncLine) -> QIcon:
    return theme.state_icon(State.WAITING if line.error else State.IN_SYNC)


def _result_color(line: SyncLine) -> QColor | None:
    return theme.tone_color(theme.WAIT) if line.error else None


def _was(line: OverwrittenLine) -> str:
    return values.shown(line.old) if line.whole else tr("(too large to keep)")
