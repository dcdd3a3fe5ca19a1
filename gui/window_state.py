"""The look of the window in the last session: sizes, columns, the tab. A damaged file counts as none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QByteArray, QSettings

Save = Callable[[], QByteArray | bytes]
Restore = Callable[[QByteArray], object]


class WindowState:
    """Stores the state of some parts in an ini file.

    Args:
        file: the file; None stores nothing.
        parts: how to save and to restore each part, by name.
    """

    def __init__(self, file: QSettings | None, parts: Mapping[str, tuple[Save, Restore]]) -> None:
        self._file = file
        self._parts = dict(parts)

    def save(self) -> None:
        """Store the present state."""
        if self._file is not None:
            for name, (save, _) in self._parts.items():
                self._file.setValue(name, QByteArray(save()))
            self._file.sync()

    def first(self, remark: str) -> bool:
        """Return whether this remark is made for the first time, and take note that it was made."""
        if self._file is None or self._file.value(f"said/{remark}"):
            return False
        self._file.setValue(f"said/{remark}", "yes")
        return True

    def restore(self) -> None:
        """Restore the stored state; parts without any stay as they are."""
        if self._file is not None:
            for name, (_, restore) in self._parts.items():
                state = self._file.value(name)
                if isinstance(state, QByteArray) and not state.isEmpty():
                    restore(state)
