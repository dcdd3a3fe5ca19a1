"""What one session has moved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Traffic:
    """The bytes of one session, for the activity list; ``started`` is on the monotonic clock."""

    started: float = field(default_factory=time.monotonic)
    bytes_in: int = 0
    bytes_out: int = 0

    @property
    def size(self) -> int:
        """The bytes of both ways."""
        return self.bytes_in + self.bytes_out
