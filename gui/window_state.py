"""What the window looked like last time: sizes, columns, the tab. A file that was damaged is as good as none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QByteArray, QSettings

Save = Callable[[], QByteArray | bytes]
Restore = Callable[[QByteArray], object]


class WindowState:
    """Keeps the state of some parts in an ini file.

    Args:
        file: None keeps nothing. parts: how to get and to set the state of each, by name.
    """

    def __init__(self, file: QSettings | None, parts: Mapping[str, tuple[Save, Restore]]) -> None:
        self._file = file
        self._parts = dict(parts)

    def save(self) -> None:
        """Write how things are now."""
        if self._file is not None:
            for name, (save, _) in self._parts.items():
                self._file.setValue(name, QByteArray(save()))
            self._file.sync()

    def first(self, remark: str) -> bool:
        """Whether this remark was never made before; it is now."""
        if self._file is None or self._file.value(f"said/{remark}"):
            return False
        self._file.setValue(f"said/{remark}", "yes")
        return True

    def restore(self) -> None:
        """Make things as they were; parts of which nothing is known stay as they are."""
        if self._file is not None:
            for name, (_, restore) in self._parts.items():
                state = self._file.value(name)
                if isinstance(state, QByteArray) and not state.isEmpty():
                    restore(state)
