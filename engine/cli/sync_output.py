"""What ``syncline sync`` prints: lines for a person, or one JSON object for each event."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.cli.output import (
    change_json,
    change_line,
    changes,
    print_json,
    print_line,
    said,
    short_site,
    shown,
    terminal,
)
from engine.cli.row_counts import RowCounts
from engine.cli.states import COLOURS, StateLines
from engine.errors import (
    SynclineError,
)
from engine.events import ChangesMoved, Event, PeerChanged, SyncFinished
from engine.peer_state import PeerStatus, State
from engine.table_shape import ParkedTable
from engine.text import layout, t

SHOWN = 20
"""How many changes of one batch ``--verbose`` shows; ``--json`` has them all."""


class Lines:
    """Plain lines, and on a terminal a progress line that is overwritten.

    Args:
        cells: show each change, rather than how many rows went.
        stay: print counts as they come, not one sum at the end.
    """

    def __init__(self, *, cells: bool, stay: bool) -> None:
        self._cells = cells
        self._stay = stay
        self._counts = RowCounts()
        self._states = StateLines()
        self._overwritten = False
        """Whether the cursor is after a progress line."""

    def created(self, path: Path, room: str, tables: Sequence[str], by_extension: Sequence[str]) -> None:
        """Say that the database was created from the room."""
        names = ", ".join(map(shown, tables))
        print_line(
            t("Created {path} with the tables of the room “{room}”: {tables}.", path=path, room=room, tables=names)
        )
        for name in by_extension:
            print_line(
                t("Programs that write to {table} must load cr-sqlite, or write through engine.crr.", table=shown(name))
            )

    def waits(self, error: SynclineError) -> None:
        """Say that the database cannot be used at the moment."""
        print_line(layout("{state}: {reason}", state=State.WAITING.value, reason=error))

    def event(self, event: Event) -> None:
        match event:
            case PeerChanged(status):
                self._peer(status)
            case ChangesMoved(changes=moved, way=way) if self._cells:
                for change in moved[:SHOWN]:
                    print_line(layout("{direction:<5} {change}", direction=way.value, change=change_line(change)))
                if len(moved) > SHOWN:
                    print_line(t("{direction:<5} and {count:,} more", direction=way.value, count=len(moved) - SHOWN))
            case ChangesMoved(changes=moved, way=way):
                self._counts.add(way, moved)
                if self._stay:
                    self._print_counts()
            case SyncFinished(sent=sent, received=received, seconds=seconds, error=error):
                sums = t("Sent {sent}, received {received}", sent=changes(sent), received=changes(received))
                if error:
                    print_line(
                        t("{sums} in {seconds:.1f} s, interrupted: {reason}", sums=sums, seconds=seconds, reason=error)
                    )
                else:
                    print_line(t("{sums} in {seconds:.1f} s", sums=sums, seconds=seconds))
                self._print_counts(indent=2)
            case _:
                pass

    def _print_counts(self, indent: int = 0) -> None:
        counts, self._counts = self._counts, RowCounts()
        for line in counts.lines():
            print_line(line, indent=indent)

    def _peer(self, status: PeerStatus) -> None:
        if status.last_attempt is None or (status.state is State.IDLE and status.next_attempt is None):
            return  # it is not waiting for anything, as this command is what syncs it
        line = self._states.line(status)
        if status.state is State.SYNCING and terminal():
            print("\r\033[K", said(status.sentence()), sep="", end="", flush=True)
            self._overwritten = True
        elif line:
            if self._overwritten:
                print("\r\033[K", end="")
            self._overwritten = False
            print_line(line, colour=COLOURS.get(status.state))

    def done(self, status: PeerStatus) -> None:
        print_line(
            t(
                "Caught up with {peer}: its versions are here up to {received}, ours are there up to {confirmed}.",
                peer=status.name or short_site(status.site_id),
                received=status.received,
                confirmed=status.confirmed,
            )
        )


class JsonLines:
    """One JSON object for each event; what a peer's row has said already is not repeated."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, object]] = {}

    def created(self, path: Path, room: str, tables: Sequence[str], by_extension: Sequence[str]) -> None:
        """Say that the database was created from the room."""
        print_json({"event": "created", "room": room, "tables": list(tables), "cr-sqlite": list(by_extension)})

    def waits(self, error: SynclineError) -> None:
        """Say that the database cannot be used at the moment."""
        print_json({"event": "database", "state": State.WAITING.value, "reason": str(error)})

    def event(self, event: Event) -> None:
        match event:
            case PeerChanged(status):
                row = _peer_json(status)
                if self._said.get(status.peer) != row:
                    self._said[status.peer] = row
                    print_json({"event": "peer", **row})
            case ChangesMoved(changes=changes, way=way):
                for change in changes:
                    print_json({"event": "change", "way": way.value, **change_json(change)})
            case SyncFinished(sent=sent, received=received, seconds=seconds, error=error):
                summary = {"sent": sent, "received": received, "seconds": round(seconds, 3), "error": error}
                print_json({"event": "finished", **summary})
            case _:
                pass

    def done(self, status: PeerStatus) -> None:
        print_json({"event": "caught-up", **_peer_json(status)})


def _peer_json(status: PeerStatus) -> dict[str, object]:
    return {
        "state": status.state.value,
        "reason": status.sentence(),
        "site_id": status.site_id.hex() if status.site_id else None,
        "received": status.received,
        "confirmed": status.confirmed,
        "to_send": status.to_send,
        "to_receive": status.to_receive,
        "changes_to_send": status.changes_to_send,
        "changes_to_receive": status.changes_to_receive,
        "parked": [_parked_json(one) for one in status.parked],
        "one_sided": list(status.one_sided),
        "tables": status.shared._asdict() if status.shared is not None else None,
    }


def _parked_json(parked: ParkedTable) -> dict[str, object]:
    described: dict[str, object] = {"table": parked.table, "reason": parked.sentence}
    if parked.found is not None:
        described["found"] = parked.found._asdict()
    return described
