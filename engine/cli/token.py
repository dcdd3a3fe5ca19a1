"""``syncline token``: makes, lists and revokes the tokens of a hub."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.cli.output import print_json, print_line
from engine.errors import UsageError
from engine.hub.tokens import Token, load, make, revoke
from engine.text import Text, joined, layout, t
from engine.wire.handshake import check_room

_SPAN = re.compile(r"([0-9]{1,5})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


async def run(arguments: argparse.Namespace) -> int:
    """Run the action ``arguments.action``; return the exit status."""
    actions = {"make": _make, "list": _list, "revoke": _revoke}
    actions[arguments.action](arguments)
    return 0


def _make(arguments: argparse.Namespace) -> None:
    rooms = [check_room(room) for room in arguments.room] if arguments.room else None
    expires = _moment(arguments.expires) if arguments.expires else None
    secret = make(arguments.tokens, arguments.name, rooms=rooms, write=not arguments.read_only, expires=expires)
    print_line(secret)


def _list(arguments: argparse.Namespace) -> None:
    for token in load(arguments.tokens):
        if arguments.json:
            print_json(
                {
                    "name": token.name,
                    "rooms": token.rooms,
                    "write": token.write,
                    "expires": token.expires.isoformat() if token.expires else None,
                    "expired": token.expired(),
                }
            )
        else:
            print_line(_line(token))


def _revoke(arguments: argparse.Namespace) -> None:
    revoke(arguments.tokens, arguments.name)
    print_line(
        t(
            "Revoked “{name}”. A running hub disconnects its bearers now.",
            name=arguments.name,
        )
    )


def _line(token: Token) -> Text:
    parts: list[str] = [
        t("all rooms") if token.rooms is None else ", ".join(token.rooms),
        t("read and write") if token.write else t("read only"),
    ]
    if token.expires is not None:
        time = f"{token.expires.astimezone():%Y-%m-%d %H:%M}"
        parts.append(t("expired {time}", time=time) if token.expired() else t("until {time}", time=time))
    return layout("{name}: {rights}", name=token.name, rights=joined(", ", parts))


def _moment(text: str) -> datetime:
    """Parse ``30d``, ``12h`` or ``4w`` from now, or a date or time as ``2027-01-31``, local by default."""
    now = datetime.now(UTC)
    if span := _SPAN.fullmatch(text):
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        hint = t("Use 12h, 30d, 8w, or a date such as 2027-01-31.")
        raise UsageError(t("“{text}” is not a valid expiry time.", text=text), hint=hint) from None
    if moment <= now:
        raise UsageError(t("{text} is in the past.", text=text), hint=t("Choose a time in the future."))
    return moment


def token_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``token``, and their options, to ``parser``."""
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(title=t("actions"), metavar="ACTION", dest="action", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=text, description=text)
        one.add_argument("--tokens", metavar="FILE", type=Path, required=True, help=t("the hub's token file"))
        return one

    one = action("make", t("Create a token and print its secret, which is not stored anywhere."))
    one.add_argument("name", metavar="NAME", help=t("the token's name"))
    one.add_argument(
        "--room", action="append", help=t("a room that it gives access to; can be repeated (default: all rooms)")
    )
    one.add_argument("--read-only", action="store_true", help=t("its bearer receives changes, but cannot send any"))
    one.add_argument("--expires", metavar="WHEN", help=t("12h, 30d, 8w from now, or a date such as 2027-01-31"))

    one = action("list", t("List the tokens, without their secrets."))
    one.add_argument("--json", action="store_true", help=t("print one JSON object per line"))

    one = action("revoke", t("Revoke a token; a running hub disconnects its bearers."))
    one.add_argument("name", metavar="NAME")
