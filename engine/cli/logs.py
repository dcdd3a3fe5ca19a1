"""A command's log as JSON lines, for programs that collect logs.

It contains no secret, and no value of a row except the key of one that cannot be sent.
"""

from __future__ import annotations

import json
import logging
import sys
import time

from engine.cli.encoding import is_unicode

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """Formats a record as a line of JSON: time, level, logger, message, and the record's extra values."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{stamp}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        return json.dumps(line, ensure_ascii=not is_unicode(sys.stderr), default=str)


def log_json(level: int = logging.INFO) -> None:
    """Write the log to stderr as JSON lines from now on, from ``level`` up.

    From the WebSocket library only warnings are logged: the hub itself reports who comes and goes, in more detail.
    """
    logging.getLogger("engine.hub.websockets").setLevel(logging.WARNING)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
