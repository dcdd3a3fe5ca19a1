"""Temporary folders in memory, for tests that would spend their time waiting for the disk.

A quick run has all its files there (``use_memory`` in ``syncline``). A full run uses the disk, and so does pytest when
it is called by itself.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
"""Where files are in memory, on most systems."""

FREE = 3 * 10**9
"""Bytes that must be free there, as for a quick run."""


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """Make a folder in memory, and remove it in the end.

    Args:
        otherwise: a folder to be used where there is too little memory, or no program may be run there, or if it is in
            memory itself.
    """
    if otherwise.is_relative_to(MEMORY) or not _usable():
        yield otherwise
        return
    with tempfile.TemporaryDirectory(prefix="syncline-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _usable() -> bool:
    try:
        about = os.statvfs(MEMORY)
    except OSError:
        return False
    return about.f_bavail * about.f_frsize > FREE and not about.f_flag & os.ST_NOEXEC and os.access(MEMORY, os.W_OK)
