"""What a client says in the WebSocket handshake: the room, a token, and whether it speaks our own dialect.

It travels as one subprotocol value: unpadded base64 of ``auth=<token>,room=<room>`` (cr-sqlite.md 10.4). We append
``syncline=<protocol>``, which stock servers ignore; a hub that speaks our dialect answers with ``OWN_HEADER``.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple
from urllib.parse import unquote

from engine.errors import UsageError, WireError
from engine.text import t

OWN_HEADER = "Syncline-Protocol"
"""The response header in which a hub names the protocol number of our own dialect that it agrees to."""

ACCESS_HEADER = "Syncline-Access"
"""The response header in which a hub that speaks our own dialect says what its peer may do, if not everything."""

READ_ONLY = "read"
"""The value of ``ACCESS_HEADER`` for a peer from which no changes are accepted."""

ROOM_HEADER = "Syncline-Room"
"""The response header in which such a hub says that the room does not exist yet, and will be made from the peer's
tables."""

NEW_ROOM = "new"
"""The value of ``ROOM_HEADER``: the peer is to send Tables before Hello."""

HUB_HEADER = "Syncline-Hub"
"""The header by which a hub identifies itself. In a request: it dials another hub for its guests, not for itself. In
any response: the hub answered, not a proxy or a web server."""

STAYS_HEADER = "Syncline-Stays"
"""The request header by which a client says that the connection is to last, and to carry changes both ways."""

NAME_HEADER = "Syncline-Name"
"""The request header in which a machine that asks to be paired gives its name; percent-encoded."""

REASON_HEADER = "Syncline-Reason"
"""The response header in which a hub says why it refused a client, as a template that can be translated
(``engine.peer_text``); percent-encoded."""

TOKEN_HEADER = "Syncline-Token"
"""The response header in which a machine that was paired gets the token to use from now on, in place of the one in its
pairing link."""

MAX_ROOM = 128
"""The longest room name, in bytes of UTF-8; it becomes a file name."""

MAX_TOKEN = 4096
"""The longest token, in characters, so that the header stays below what servers accept."""

MAX_SUBPROTOCOL = 8192
"""The longest subprotocol value that is read, in characters."""

ROOMS = "/sync/"
"""The path before a room, which follows percent-encoded in UTF-8."""

_TOKEN_CHARACTERS = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_ROOM_HINT = t("Use letters, digits, '_' and '-'.")
_TOKEN_HINT = t("Use a token of letters, digits, '-', '_' and '.', without padding.")
_SQLITE_SIDE_FILES = ("-wal", "-shm", "-journal")  # the room x-wal would be the log of the room x
_NO_PERCENT_ENCODING = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NO_LIVE_PUSH = re.compile(r"\.|-[poshmwal|]+\Z")


class Greeting(NamedTuple):
    """What a client's subprotocol value says.

    Attributes:
        room, token: as the client named them; both are checked.
        own: the number of our own dialect that it offers, None from a stock client.
    """

    room: str
    token: str | None
    own: int | None


def check_room(room: str) -> str:
    """Return ``room`` if it can be used on every hub, ours or stock.

    It becomes a file name on the hub, and travels in Latin-1 between ``,`` and ``=`` (cr-sqlite.md 10.4, 10.7).

    Raises:
        UsageError: it cannot; the message says what is wrong with it.
    """
    if not isinstance(room, str) or not room:
        raise UsageError(t("The room name is empty."), hint=_ROOM_HINT)
    problem = _room_problem(room)
    if problem:
        if not room.isprintable():
            raise UsageError(t("The room name {problem}.", problem=problem), hint=_ROOM_HINT)
        raise UsageError(t("The room name “{room}” {problem}.", room=room[:40], problem=problem), hint=_ROOM_HINT)
    return room


def _room_problem(room: str) -> str:
    """Return what is wrong with a room's name, as the rest of a sentence; '' if nothing is."""
    if any(ord(c) > 255 for c in room):
        return t("contains a character outside Latin-1, which the protocol cannot carry")
    if len(room.encode()) > MAX_ROOM:
        return t("is longer than {limit} bytes", limit=MAX_ROOM)
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in room):
        return t("contains a control character")
    if room.startswith("."):
        return t("starts with a dot, so its file on the hub would be hidden")
    if room.lower().endswith(_SQLITE_SIDE_FILES):
        return t("ends like a file that SQLite keeps beside a database")
    if room != room.strip():
        return t("starts or ends with a space")
    for refused in ("..", "/", "\\", ",", "="):
        if refused in room:
            return t("contains “{text}”, which hubs reject", text=refused)
    return ""


def has_live_push(room: str) -> bool:
    """Return whether a stock server announces changes in this room immediately (cr-sqlite.md 10.8, defect 7).

    If the name contains a dot or ends like ``-small``, its clients get changes only when they connect.
    """
    return not _NO_LIVE_PUSH.search(room)


def check_token(token: str) -> str:
    """Return ``token`` if it can travel in the handshake (cr-sqlite.md 10.4).

    Raises:
        UsageError: it cannot; the message says what is wrong, without the token itself.
    """
    if not isinstance(token, str) or not token:
        raise UsageError(t("The token is empty."), hint=t("Leave it out if the hub asks for none."))
    if len(token) > MAX_TOKEN:
        raise UsageError(t("The token is longer than {limit} characters.", limit=MAX_TOKEN), hint=_TOKEN_HINT)
    if any(not 32 < ord(c) < 127 for c in token):
        raise UsageError(t("The token contains a space or a character outside ASCII."), hint=_TOKEN_HINT)
    if "," in token or "=" in token:
        raise UsageError(t("The token contains “,” or “=”, where other servers cut it off."), hint=_TOKEN_HINT)
    return token


def encode_subprotocol(room: str, token: str | None = None, *, own: int | None = None) -> str:
    """Return the subprotocol value that a client offers.

    Args:
        room: checked with ``check_room``.
        token: checked with ``check_token``; None if the hub asks for none.
        own: the number of our own dialect to offer; None to greet as a stock client does.

    Raises:
        UsageError: the room or token cannot be carried, or their encoded form is not a legal header value.
    """
    parts = [f"room={check_room(room)}"]
    if token is not None:
        parts.insert(0, f"auth={check_token(token)}")
    if own is not None:
        parts.append(f"syncline={own}")
    encoded = base64.b64encode(",".join(parts).encode("latin-1")).decode().rstrip("=")
    if "/" in encoded:
        raise UsageError(
            t("The protocol cannot carry the room name “{room}” together with this token.", room=room),
            hint=t("Use only letters, digits, '_' and '-' in both."),
        )
    return encoded


def room_in_path(path: str) -> str | None:
    """Return the room named in the path of a request, as in ``/sync/ROOM``, by which a proxy can distribute rooms.

    Returns:
        The decoded room, None if the path names none.

    Raises:
        WireError: it is not a valid room.
    """
    if not path.startswith(ROOMS) or path == ROOMS:
        return None
    encoded = path.removeprefix(ROOMS)
    try:
        if _NO_PERCENT_ENCODING.search(encoded):
            raise ValueError
        return check_room(unquote(encoded, errors="strict"))
    except ValueError:
        raise WireError(t("The room in the address is not percent-encoded UTF-8.")) from None
    except UsageError as error:
        raise WireError(str(error)) from None


def decode_subprotocol(value: str, path: str = "") -> Greeting:
    """Parse a client's subprotocol value, as stock does: split at ``,``, then at ``=``.

    The room is checked by ``check_room``. Unknown keys are ignored, and so is a ``syncline`` that is not a number.

    Args:
        value: the subprotocol value.
        path: the path of the request, which may name the room instead or as well.

    Raises:
        WireError: not base64, no room, an invalid room or token, or two different rooms.
    """
    in_path = room_in_path(path)
    if len(value) > MAX_SUBPROTOCOL or not _TOKEN_CHARACTERS.fullmatch(value):
        raise WireError(t("The client's greeting does not follow the protocol."))
    unpadded = value.rstrip("=")
    try:
        text = base64.b64decode(unpadded + "=" * (-len(unpadded) % 4)).decode("latin-1")
    except (binascii.Error, ValueError):
        raise WireError(t("The client's greeting is not valid base64.")) from None
    options: dict[str, str] = {}
    for part in text.split(","):
        key, _, rest = part.partition("=")
        options[key] = rest.partition("=")[0]
    if "room" not in options and in_path is None:
        raise WireError(t("The client's greeting names no room."))
    try:
        room = check_room(options.get("room", in_path or ""))
        token = check_token(options["auth"]) if options.get("auth") else None
    except UsageError as error:
        raise WireError(str(error)) from None
    if in_path not in (None, room):
        raise WireError(t("The address names another room than the client's greeting."))
    own = options.get("syncline", "")
    return Greeting(room, token, int(own) if re.fullmatch(r"[0-9]{1,9}", own) else None)
