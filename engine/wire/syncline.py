"""The messages of our own dialect as bytes: tags from 64 on, the primitives of stock, and no trailing bytes.

``PROTOCOL.md`` beside this file has the layout of each, and who may send what when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.errors import WireError
from engine.table_shape import JoinCount
from engine.text import t
from engine.wire.batch_codec import take_batch
from engine.wire.encoded_cache import put_shared
from engine.wire.hello import put_hello, take_hello
from engine.wire.messages import (
    Batch,
    Coming,
    Confirm,
    Digest,
    DigestRequest,
    Failure,
    Hello,
    Joined,
    Leads,
    Lineage,
    OwnMessage,
    Renewal,
    Renewed,
    SendAgain,
    Status,
    Tables,
    TablesRequest,
    Want,
)
from engine.wire.plans import put_plans, take_plans
from engine.wire.primitives import (
    MAX_NAME,
    Reader,
    put_bool,
    put_i64,
    put_name,
    put_names,
    put_site,
    put_string,
    put_varuint,
    put_version,
    take_version,
)
from engine.wire.row_messages import TAKE_ROWS, RowMessage, put_rows

FIRST_OWN_TAG = 64

MAX_PLACE = 4096
"""The longest place within a range that is accepted from a peer, in bytes."""


def _check_range(since: int, until: int) -> None:
    if since > until:
        raise WireError(t("A batch cannot go from version {since} back to {until}.", since=since, until=until))


def _put_bytes(out: bytearray, data: bytes) -> None:
    if type(data) is not bytes or len(data) > MAX_PLACE:
        raise WireError(t("A position that is empty or longer than {limit} bytes cannot be sent.", limit=MAX_PLACE))
    put_varuint(out, len(data))
    out += data


def _take_sites(reader: Reader) -> tuple[bytes, ...]:
    return tuple(reader.site() for _ in range(reader.count(16)))


def _take_bytes(reader: Reader) -> bytes:
    length = reader.varuint()
    if length > MAX_PLACE:
        raise WireError(
            t(
                "A position in the message has {size} bytes; the limit is {limit}.",
                size=length,
                limit=MAX_PLACE,
            )
        )
    return reader.take(length)


def put_own(out: bytearray, message: OwnMessage) -> None:
    """Append the tag and the body.

    Raises:
        WireError: something in the message cannot be sent.
    """
    if isinstance(message, RowMessage):
        put_rows(out, message)
        return
    match message:
        case Hello():
            out.append(64)
            put_hello(out, message)
        case Want(number, since, names, resend, until, place, late):
            out.append(87 if late else 65)
            put_varuint(out, number)
            put_version(out, since)
            put_names(out, names)
            put_bool(out, resend)
            put_version(out, until)
            _put_bytes(out, place)
            if late:
                _put_late(out, late)
        case Batch(want, number, since, until, place, more, changes):
            out.append(66)
            put_varuint(out, want)
            put_varuint(out, number)
            put_version(out, since)
            put_version(out, until)
            _check_range(since, until)
            _put_bytes(out, place)
            put_bool(out, more)
            put_shared(out, changes, own=True)
        case Confirm(version):
            out.append(67)
            put_version(out, version)
        case Status(db_version):
            out.append(68)
            put_version(out, db_version)
        case Lineage(mine, seen):
            out.append(70)
            for tokens in (mine, seen):
                put_varuint(out, len(tokens))
                for token in tokens:
                    put_site(out, token)
        case Renewal(token):
            out.append(71)
            put_site(out, token)
        case Renewed(token):
            out.append(72)
            put_site(out, token)
        case DigestRequest(number):
            out.append(73)
            put_varuint(out, number)
        case Digest(number, digests):
            out.append(74)
            put_varuint(out, number)
            put_varuint(out, len(digests))
            for name, rows, live, history in digests:
                put_name(out, name)
                put_varuint(out, rows)
                put_site(out, live)
                put_site(out, history)
        case Tables(schema_name, schema_version, plans, equal_values):
            out.append(75)
            put_string(out, schema_name)
            put_i64(out, schema_version)
            put_plans(out, plans)
            put_bool(out, equal_values)
        case SendAgain():
            out.append(82)
        case TablesRequest():
            out.append(83)
        case Joined(table, settled, found):
            out.append(86)
            put_name(out, table)
            put_bool(out, settled)
            for count in found:
                put_varuint(out, count)
        case Leads():
            out.append(88)
        case Coming(changes):
            out.append(89)
            put_varuint(out, changes)
        case Failure(code, sentence, retry):
            out.append(69)
            put_varuint(out, int(code))
            put_string(out, sentence)
            put_bool(out, retry)


def _want(r: Reader) -> Want:
    return Want(r.varuint(), take_version(r), r.names(), r.flag(), take_version(r), _take_bytes(r))


def _put_late(out: bytearray, late: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    put_varuint(out, len(late))
    for table, columns in late:
        put_name(out, table)
        put_names(out, columns)


def _want_late(r: Reader) -> Want:
    want = _want(r)
    return replace(want, late=tuple((r.string(MAX_NAME), r.names()) for _ in range(r.tables(2))))


def _batch(r: Reader) -> Batch:
    want, number, since, until = r.varuint(), r.varuint(), take_version(r), take_version(r)
    _check_range(since, until)
    return Batch(want, number, since, until, _take_bytes(r), r.flag(), take_batch(r))


def _digest(r: Reader) -> Digest:
    number = r.varuint()
    return Digest(number, tuple((r.string(MAX_NAME), r.varuint(), r.site(), r.site()) for _ in range(r.tables(34))))


TAKE_OWN: dict[int, Callable[[Reader], OwnMessage]] = {
    64: take_hello,
    65: _want,
    66: _batch,
    67: lambda r: Confirm(take_version(r)),
    68: lambda r: Status(take_version(r)),
    69: lambda r: Failure(r.varuint(), r.string(), r.flag()),
    70: lambda r: Lineage(_take_sites(r), _take_sites(r)),
    71: lambda r: Renewal(r.site()),
    72: lambda r: Renewed(r.site()),
    73: lambda r: DigestRequest(r.varuint()),
    74: _digest,
    75: lambda r: Tables(r.string(), r.i64(), take_plans(r), r.flag()),
    **TAKE_ROWS,
    82: lambda _: SendAgain(),
    83: lambda _: TablesRequest(),
    86: lambda r: Joined(r.string(MAX_NAME), r.flag(), JoinCount(*(r.varuint() for _ in JoinCount._fields))),
    87: _want_late,
    88: lambda _: Leads(),
    89: lambda r: Coming(r.varuint()),
}
"""Reads the body, by tag; each raises WireError if it is malformed."""
