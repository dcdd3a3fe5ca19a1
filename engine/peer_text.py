"""What two sides tell each other in words, so that each person reads it in their own language.

A peer of ours sends a template and its arguments where it can, and English otherwise. What is a text of ours, too, is
said here as our own; anything else is quoted as the other side's words.
"""

from __future__ import annotations

import re

from engine.language import is_template
from engine.text import Text, layout, packed, printable, t, unpacked

MAX_BYTES = 4_000
"""The longest template with its arguments that is sent or looked at; what is longer is taken for plain words."""

LONGEST = 500
"""Characters that are shown of what a peer says."""

_GAP = re.compile(r"\{[^{}]*\}")


def for_peer(text: str, *, templates: bool) -> str:
    """Return a text as it is sent. ``templates``: whether the other side reads templates with arguments."""
    if templates and isinstance(text, Text) and text.arguments:
        template = packed(text)
        if len(template.encode()) <= MAX_BYTES:
            return template
    return str.__str__(text)


def recognized(sent: str) -> Text | None:
    """Return our own text that a peer has sent; None for words of its own."""
    if len(sent) > MAX_BYTES:
        return None
    text = unpacked(sent)
    if not isinstance(text, Text):
        if "{" in text or not is_template(text):
            return None
        text = layout(text)
    shown = printable(text, LONGEST) if text and _is_ours(text) else None
    return shown if isinstance(shown, Text) else None


def from_peer(sent: str) -> Text:
    """Return what to show for what a peer has sent: our own text, or its words in quotation marks."""
    text = recognized(sent)
    if text is not None:
        return text
    said = unpacked(sent) if len(sent) <= MAX_BYTES else sent
    words = str.__str__(said).strip()
    if not words:
        return t("The other side gave no reason.")
    return t("The other side says “{words}”.", words=printable(words.rstrip("."), LONGEST))


def _is_ours(text: Text, *, within: bool = False) -> bool:
    """Return whether the template is one of ours, or arranges such texts without a word of its own.

    Args:
        within: whether the text is within one of ours, where names are allowed, too.
    """
    ours = is_template(text.template)
    if not ours:
        words = any(map(str.isalpha, _GAP.sub("", text.template)))
        if words or not (within or all(isinstance(value, Text) for value in text.arguments.values())):
            return False
    return all(_is_ours(value, within=within or ours) for value in text.arguments.values() if isinstance(value, Text))
