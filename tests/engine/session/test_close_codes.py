"""The close codes are those that the documentation lists."""

from __future__ import annotations

import re
from pathlib import Path

from engine.session.close_codes import CloseCode, OwnCloseCode

PROTOCOL = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"


def test_the_documentation_lists_every_code() -> None:
    rows = re.findall(r"^\| (\d{4}(?:, \d{4})*) \|", PROTOCOL.read_text("utf-8"), re.M)
    listed = {int(code) for row in rows for code in row.split(", ")}
    assert {code for code in listed if code >= 4000} == set(OwnCloseCode)
    assert {code for code in listed if code < 4000} <= set(CloseCode)
