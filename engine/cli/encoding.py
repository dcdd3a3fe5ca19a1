"""Output on terminals and pipes that cannot show every character, such as with ``LANG=C`` or Latin-1."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from typing import TextIO

_PLAIN = str.maketrans(
    {
        "“": "'", "”": "'", "„": "'", "‘": "'", "’": "'", "‚": "'",
        "–": "-", "—": "-", "…": "...", "→": "->", "←": "<-", "×": "x", "·": "-",
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss",
    }
)  # fmt: skip
"""ASCII replacements for characters in our texts. (A double quote would end a value in JSON or CSV.)"""


def allow_any_encoding() -> None:
    """Make stdout and stderr replace characters that their encoding lacks, instead of raising an error."""
    codecs.register_error("syncline", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a program without a console has none
            stream.reconfigure(errors="syncline")


def is_unicode(stream: TextIO) -> bool:
    """Return whether a stream can write every character."""
    return codecs.lookup(stream.encoding or "ascii").name.startswith("utf")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = "".join(_similar(character) for character in error.object[error.start : error.end])
    return text, error.end


def _similar(character: str) -> str:
    """Return ASCII that reads similarly, or the character's number."""
    plain = character.translate(_PLAIN)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return plain or character.encode("ascii", "backslashreplace").decode()
