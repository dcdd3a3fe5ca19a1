"""The engine's sentences in the person's language.

The engine speaks English and knows no Qt. Its sentences are matched with the templates below, whose gaps (``{0}``) hold
names and numbers, or sentences again. What matches none is shown as it is.
"""

from __future__ import annotations

import functools
import re

from engine.words import marked
from gui.language import has_translation, marked_text

TEMPLATES = (
    # states (engine.status, engine.link)
    marked("engine", "Not tried yet."),
    marked("engine", "Connecting to {0}."),
    marked("engine", "Connected; waiting for the greeting."),
    marked("engine", "Everything is on both disks."),
    marked("engine", "All sent; this kind of server confirms later."),
    marked("engine", "Confirmed up to {0} at {1}."),
    marked("engine", "Confirmed up to {0}."),
    marked("engine", "Comparing clocks."),
    marked("engine", "{0} of {1} versions."),
    marked("engine", "Next try in {0} s: {1}"),
    marked("engine", "Next pull {0}."),
    marked("engine", "Paused until resumed."),
    marked("engine", "Paused until {0}."),
    marked("engine", "Synced by hand."),
    marked("engine", "Auto-sync is off."),
    marked("engine", "Press Sync now."),
    marked("engine", "Last try: {0}"),
    # what keeps a peer from syncing (engine.dial, engine.attempt, engine.link, engine.pump)
    marked("engine", "{0}: connection refused."),
    marked("engine", "Is the hub running, and is the port right?"),
    marked("engine", "{0}: no such host."),
    marked("engine", "Check the name, and the network."),
    marked("engine", "{0}: no secure connection: {1}."),
    marked("engine", "Is it ws:// instead of wss://?"),
    marked("engine", "{0} did not answer within {1} s."),
    marked("engine", "{0} does not speak WebSocket."),
    marked("engine", "Check the address and the port."),
    marked("engine", "Check the address and its path."),
    marked("engine", "{0} does not accept the token."),
    marked("engine", "Enter the token that the hub's owner gave you."),
    marked("engine", "{0} has no syncable table."),
    marked("engine", "The connection was cut."),
    marked("engine", "The other side hung up."),
    marked("engine", "The link was stopped."),
    marked("engine", "{0} is paused."),
    marked("engine", "Bring both sides to the same tables; it then goes on by itself."),
    # a test of a peer (engine.probe)
    marked("engine", "{0} answers."),
    marked("engine", "It is a Syncline hub."),
    marked("engine", "It lets us in with this token."),
    marked("engine", "It lets us in without a token."),
    marked("engine", "It tells only who shows the right token."),
    marked("engine", "The room is there."),
    marked("engine", "There is no such room yet; the first sync makes it."),
    marked("engine", "Both sides have {0}."),
    marked("engine", "Make one syncable first."),
    marked("engine", "Bring both sides to the same tables."),
    # addresses, rooms and tokens (engine.settings, engine.wire.rooms)
    marked("engine", "The address is empty."),
    marked("engine", "The address holds a space or a control character."),
    marked("engine", "The address {0} names no host."),
    marked("engine", "The address {0} does not begin with ws:// or wss://."),
    marked("engine", "The address {0} is one of a web page."),
    marked("engine", "Write it like wss://example.org:8080/sync."),
    marked("engine", "The room name is empty."),
    marked("engine", "The room name “{0}” starts with a dot, so its file on the hub would be hidden."),
    marked("engine", "The room name “{0}” holds “{1}”, which hubs refuse."),
    marked("engine", "Use letters, digits, '_' and '-'."),
    marked("engine", "Use {0}."),
    marked("engine", "Try {0}."),
    marked("engine", "The token holds a space or a character outside ASCII."),
    marked("engine", "Tokens are forgotten when Syncline ends."),
    marked("engine", "Tokens are kept in the system's keyring ({0})."),
    # files (engine.crr)
    marked("engine", "“{0}” is not a SQLite database."),
    marked("engine", "Choose another file."),
    marked("engine", "“{0}” is locked by another program."),
    marked("engine", "Close the program that is writing to it, or wait."),
    marked("engine", "“{0}” cannot be written."),
    marked("engine", "“{0}” cannot be opened."),
    marked("engine", "Check that it exists and that you may read it."),
    marked("engine", "The disk that holds “{0}” is full."),
    marked("engine", "Free some space, then try again."),
    # why a table cannot be synced (engine.crr.tables.eligibility)
    marked("engine", "It is a view."),
    marked("engine", "It is a virtual table."),
    marked("engine", "It has no primary key."),
    marked("engine", "The primary key column “{0}” is not declared NOT NULL."),
    marked("engine", "It uses AUTOINCREMENT, whose counters clash between peers."),
    marked("engine", "It has a foreign key to “{0}”."),
    marked(
        "engine",
        "The key column “{0}” takes “x” and “X” (or “x” and “x ”) for one row, sync for two: where two replicas spell a"
        " key differently, one of the values is lost. Write keys in one spelling.",
    ),
    marked("engine", "The column “{0}” is NOT NULL but has no DEFAULT."),
    marked("engine", "Besides the primary key, {0} must be unique; peers cannot uphold that together."),
    # putting a value back (engine.restore)
    marked("engine", "The row in “{0}” is gone, so that nothing can be put back into it."),
    marked("engine", "“{0}” in “{1}” has been changed again since then; it stays as it is."),
    marked("engine", "Copy the old value instead."),
    marked("engine", "Copy the old value instead, or look for the newest change of it."),
)
"""In this order: a special case comes before the general one."""


def told(sentence: str) -> str:
    """What the engine said, as far as there is a translation."""
    return _told(sentence) if has_translation() else sentence


@functools.lru_cache(maxsize=500)
def _told(text: str) -> str:
    """Translate the longest beginning that a template matches, and go on behind it."""
    for end in [len(text), *(match.end() - 1 for match in reversed([*re.finditer(r"[.?] ", text)]))]:
        found = _match(text[:end])
        if found is not None:
            rest = text[end:].strip()
            return f"{found} {_told(rest)}" if rest else found
    return text


def _match(text: str) -> str | None:
    for template, pattern in _patterns():
        match = pattern.fullmatch(text)
        if match:
            return marked_text("engine", template).format(*map(_told, match.groups()))
    return None


@functools.cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for template in TEMPLATES:
        parts = re.split(r"\{\d\}", template)
        found.append((template, re.compile("(.+?)".join(map(re.escape, parts)), re.DOTALL)))
    return found
