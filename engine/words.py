"""Text from elsewhere, made safe to show: values, other programs' sentences."""

from __future__ import annotations


def marked(context: str, text: str) -> str:
    """Return ``text`` as it is: it is marked for the translators, and the window shows it in the person's language."""
    return text


def printable(text: str, limit: int) -> str:
    """Return ``text`` with control characters made visible, shortened to about ``limit`` characters.

    Nothing that a peer or a database says may move a terminal's cursor or look like our own words.
    """
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
