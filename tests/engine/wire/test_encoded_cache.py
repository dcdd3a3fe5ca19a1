"""A message that several peers get alike is made once; one that differs in anything is another."""

from __future__ import annotations

from engine.change import Change
from engine.ids import SiteId
from engine.wire import Batch, EncodedChanges, decode, encode
from engine.wire.encoded_cache import KEPT, MESSAGES

CHANGE = Change("item", b"\x01\x09\x01", "name", "a", 1, 1, SiteId(bytes(16)), 1, 0)
LARGE = CHANGE._replace(val="a" * KEPT)

Head = tuple[int, int, int, int, bytes, bool]


class Maker:
    """Makes messages, and counts them."""

    def __init__(self, *changes: Change) -> None:
        self.changes = EncodedChanges(changes)
        self.made = 0

    def message(self, head: Head) -> bytes:
        def make() -> bytes:
            self.made += 1
            return encode(Batch(*head, self.changes))

        return self.changes.message(head, make)


def test_who_gets_the_same_gets_the_same_bytes() -> None:
    maker = Maker(CHANGE)
    head: Head = (1, 0, 4, 5, b"", False)
    first = maker.message(head)
    assert maker.message(head) is first
    assert maker.made == 1
    assert decode(first) == Batch(*head, (CHANGE,))


def test_each_number_counts() -> None:
    maker = Maker(CHANGE)
    heads: list[Head] = [
        (1, 0, 4, 5, b"", False),
        (2, 0, 4, 5, b"", False),
        (1, 1, 4, 5, b"", False),
        (1, 0, 3, 5, b"", False),
        (1, 0, 4, 6, b"", False),
        (1, 0, 4, 5, b"place", False),
        (1, 0, 4, 5, b"", True),
    ]
    for head in heads:
        assert decode(maker.message(head)) == Batch(*head, (CHANGE,))
    assert maker.made == len(heads)


def test_few_are_kept_and_none_that_is_large() -> None:
    many, large = Maker(CHANGE), Maker(LARGE)
    for number in (*range(MESSAGES + 5), MESSAGES + 4):
        assert decode(many.message((1, number, 4, 5, b"", False))) == Batch(1, number, 4, 5, b"", False, (CHANGE,))
    assert many.made == MESSAGES + 6, "the last one twice: it was not kept"
    for _ in range(2):
        large.message((1, 0, 4, 5, b"", False))
    assert large.made == 2
