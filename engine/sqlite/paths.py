"""Paths as a person writes them, as whole paths that stay the same wherever the program is."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UsageError
from engine.text import t


def whole(path: Path) -> Path:
    """Return the path from the root, with “~” replaced; links stay.

    Raises:
        UsageError: there is no such user.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise _nowhere(path, t("there is no such home folder")) from None


def resolved(path: Path) -> Path:
    """Return the path of what is there, or would be: as ``whole``, and links are followed.

    Raises:
        UsageError: there is no such user, or the links lead round in circles.
    """
    try:
        return whole(path).resolve()
    except (RuntimeError, OSError):
        raise _nowhere(path, t("its links lead in a circle")) from None


def _nowhere(path: Path, why: str) -> UsageError:
    return UsageError(t("The path {path} leads nowhere: {reason}.", path=path, reason=why))
