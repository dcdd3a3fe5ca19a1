"""Fractional index keys: texts between any two of which there is another one (cr-sqlite.md 3.4).

A key is an integer followed by a fraction. Its digits are the 95 printable characters of ASCII, in their order. The
first character gives the length of the integer: from two characters at ``a`` to 27 at ``z``, and below them from two at
``Z`` to 27 at ``A``, so that keys compare as texts do. Fractions never end in a zero, which is the space.
"""

from __future__ import annotations

from engine.errors import UsageError

_ZERO, _TOP, _BASE = " ", "~", 95
_FIRST = "a" + _ZERO
_SMALLEST = "A" + 26 * _ZERO


def key_between(low: str | None, high: str | None) -> str:
    """Return a key above ``low`` and below ``high``; None leaves that side open.

    Raises:
        UsageError: one of them is not a key, or ``low`` is not below ``high``.
    """
    for key in (low, high):
        if key is not None:
            _check(key)
    if low is None:
        return _FIRST if high is None else _below(high)
    whole, fraction = _split(low)
    if high is None:
        return _above(whole) or whole + _middle(fraction, None)
    if low >= high:
        raise UsageError(f"There is no order key between “{low}” and “{high}”: the first must be the smaller one.")
    high_whole, high_fraction = _split(high)
    if whole == high_whole:
        return whole + _middle(fraction, high_fraction)
    following = _above(whole)
    return following if following is not None and following < high else whole + _middle(fraction, None)


def _below(key: str) -> str:
    whole, fraction = _split(key)
    if whole == _SMALLEST:
        return whole + _middle("", fraction)
    below = whole if fraction else _before(whole)
    # The smallest integer alone is not a key, as nothing would fit below it.
    return below if below != _SMALLEST else below + _middle("", None)


def _check(key: str) -> None:
    whole, fraction = _split(key)
    if len(whole) < _length(key[:1]) or fraction.endswith(_ZERO) or key == _SMALLEST:
        raise _no_key(key)
    if not all(_ZERO <= digit <= _TOP for digit in key):
        raise _no_key(key)


def _no_key(key: object) -> UsageError:
    return UsageError(f"“{key!s:.80}” is no order key.", hint="Order keys come from crsql_fract_key_between.")


def _split(key: str) -> tuple[str, str]:
    length = _length(key[:1])
    return key[:length], key[length:]


def _length(head: str) -> int:
    """Return the length of the integer that begins with ``head``, in characters, ``head`` included."""
    if "a" <= head <= "z":
        return ord(head) - ord("a") + 2
    if "A" <= head <= "Z":
        return ord("Z") - ord(head) + 2
    raise _no_key(head)


def _above(whole: str) -> str | None:
    """Return the next integer; None after the last."""
    head, digits = whole[0], whole[1:]
    kept = digits.rstrip(_TOP)
    zeros = _ZERO * (len(digits) - len(kept))
    if kept:
        return head + kept[:-1] + chr(ord(kept[-1]) + 1) + zeros
    if head == "Z":
        return _FIRST
    if head == "z":
        return None
    return chr(ord(head) + 1) + (zeros + _ZERO if head >= "a" else zeros[1:])


def _before(whole: str) -> str:
    """Return the integer before one that is not the smallest."""
    head, digits = whole[0], whole[1:]
    kept = digits.rstrip(_ZERO)
    tops = _TOP * (len(digits) - len(kept))
    if kept:
        return head + kept[:-1] + chr(ord(kept[-1]) - 1) + tops
    if head == "a":
        return "Z" + _TOP
    return chr(ord(head) - 1) + (tops + _TOP if head <= "Z" else tops[1:])


def _middle(low: str, high: str | None) -> str:
    """Return a fraction between two, which continue with zeros at their end; ``high`` None stands for one."""
    same = 0
    while high is not None and (low[same : same + 1] or _ZERO) == high[same]:
        same += 1
    prefix, low, high = (high or "")[:same], low[same:], high if high is None else high[same:]
    first, last = _digit(low), _BASE if high is None else _digit(high)
    if last - first > 1:
        return prefix + _half(first, last)
    if high is not None and len(high) > 1:
        return prefix + high[0]
    rest = low[1:]
    tail = rest.lstrip(_TOP)
    return prefix + chr(ord(_ZERO) + first) + rest[: len(rest) - len(tail)] + _half(_digit(tail), _BASE)


def _digit(text: str) -> int:
    """Return the first digit's value."""
    return ord(text[0]) - ord(_ZERO) if text else 0


def _half(first: int, last: int) -> str:
    return chr(ord(_ZERO) + (first + last + 1) // 2)
