"""What the pages on the protocol list is what there is."""

from __future__ import annotations

import re

from engine.transport.close_codes import may_help
from engine.wire import FailureCode, messages, row_messages
from engine.wire.syncline import TAKE_OWN
from engine.wire.vlcn import TAKE_STOCK
from tests.docs.documents import ROOT

OWN = (ROOT / "engine" / "wire" / "PROTOCOL.md").read_text("utf-8")
BOTH = (ROOT / "docs" / "protocol.md").read_text("utf-8")


def listed(page: str) -> dict[int, str]:
    """The messages in the tables of a page, by tag."""
    return {int(tag): name for tag, name in re.findall(r"^\| (\d+) \| ([A-Z]\w+) \|", page, re.MULTILINE)}


def test_every_message_is_listed() -> None:
    assert listed(OWN).keys() == TAKE_OWN.keys()
    assert listed(BOTH).keys() == TAKE_STOCK.keys() - set(range(5, 12)), "5 to 11 are named beside it"
    names = {*listed(OWN).values(), *listed(BOTH).values()}
    assert [name for name in names if not (hasattr(messages, name) or hasattr(row_messages, name))] == []


def test_every_failure_code_is_listed() -> None:
    [codes] = re.findall(r"^Failure codes: (.*?)\. ", OWN, re.MULTILINE | re.DOTALL)
    assert [int(code) for code in re.findall(r"\d+", codes)] == list(FailureCode)


def test_close_codes_say_whether_trying_again_helps() -> None:
    found = re.findall(r"^\| ([\d, ]{4,}) \| .* \| (yes|no)\b.* \|$", BOTH, re.MULTILINE)
    told = {int(code): word == "yes" for codes, word in found for code in codes.split(", ")}
    assert len(told) > 12
    assert {code: may_help(code) for code in told} == told
