"""The rows of CRRs that cannot be sent for now, as a replica goes about them (``engine.tables.kind.Withheld``)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.crr.state import State
from engine.crr.withheld.describe import waiting
from engine.crr.withheld.detect import find
from engine.crr.withheld.recheck import LookingAgain
from engine.crr.withheld.records import Held, UnsendableRows, record
from engine.tables.reading import Unsendable
from engine.tables.types import Waiting

Changed = tuple[Held, Held | None]


class WithheldRows:
    """Finds, records and releases them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._again = LookingAgain(state)

    def changed(self) -> Sequence[Changed]:
        """As ``LookingAgain.changed``."""
        return self._again.changed()

    def release(self, changed: Sequence[Changed], *, readonly: bool) -> None:
        """As ``LookingAgain.let_go``."""
        self._again.let_go(changed, readonly=readonly)

    def find(self, error: Unsendable) -> Sequence[Held]:
        """The rows that reading came to grief on."""
        if not isinstance(error, UnsendableRows):
            return ()
        crr = self._state.crr(error.table)
        return find(self._state.db, crr, error.after, error.until, all_of_them=not error.bounded)

    def record(self, found: Sequence[Held], *, readonly: bool) -> None:
        """Record them."""
        record(self._state.db, found, readonly=readonly)

    def waiting(self) -> Waiting:
        """What is withheld, in words."""
        return waiting(self._state.db, self._state.catalogue())

    def look_at_all(self) -> None:
        """Have the next ``changed`` look at every row."""
        self._again = LookingAgain(self._state)
