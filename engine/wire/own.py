"""The own dialect's messages as bytes: tags from 64, the stock primitives, and no byte unaccounted for.

=== ======= ==========================================================================================
tag message body
=== ======= ==========================================================================================
64  Hello   varuint protocol; bytes16 site; i64 db_version; string schema name; i64 schema version;
            varuint n; n × string table
65  Want    i64 since; u8 resend
66  Batch   i64 since; i64 until; u8 more; changes (as in spec 10.2, each with its author)
67  Confirm i64 version
68  Status  i64 db_version
69  Failure varuint code; string sentence; u8 retry
=== ======= ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable

from engine.change import MAX_VERSION
from engine.errors import WireError
from engine.wire.changes import put_changes, take_changes
from engine.wire.messages import Batch, Confirm, Failure, Hello, OwnMessage, Status, Want
from engine.wire.primitives import (
    MAX_NAME,
    Reader,
    put_bool,
    put_i64,
    put_site,
    put_string,
    put_varuint,
    utf8,
)

FIRST_OWN_TAG = 64


def _check_version(version: int) -> int:
    if not 0 <= version < MAX_VERSION:
        raise WireError(f"The version {version} is out of range: versions go from 0 to 2^62.")
    return version


def _check_range(since: int, until: int) -> None:
    if since > until:
        raise WireError(f"A batch cannot go from version {since} back to {until}.")


def _put_version(out: bytearray, version: int) -> None:
    put_i64(out, version)
    _check_version(version)


def _take_version(reader: Reader) -> int:
    return _check_version(reader.i64())


def put_own(out: bytearray, message: OwnMessage) -> None:
    """Append the tag and the body. Raises WireError for what cannot be sent."""
    match message:
        case Hello(protocol, site_id, db_version, schema_name, schema_version, tables):
            out.append(64)
            put_varuint(out, protocol)
            put_site(out, site_id)
            _put_version(out, db_version)
            put_string(out, schema_name)
            put_i64(out, schema_version)
            put_varuint(out, len(tables))
            for table in tables:
                if len(utf8(table)) > MAX_NAME:
                    raise WireError(f"The table name {table:.40}... is longer than {MAX_NAME} bytes.")
                put_string(out, table)
        case Want(since, resend):
            out.append(65)
            _put_version(out, since)
            put_bool(out, resend)
        case Batch(since, until, more, changes):
            out.append(66)
            _put_version(out, since)
            _put_version(out, until)
            _check_range(since, until)
            put_bool(out, more)
            put_changes(out, changes, authored=True)
        case Confirm(version):
            out.append(67)
            _put_version(out, version)
        case Status(db_version):
            out.append(68)
            _put_version(out, db_version)
        case Failure(code, sentence, retry):
            out.append(69)
            put_varuint(out, int(code))
            put_string(out, sentence)
            put_bool(out, retry)


def _hello(r: Reader) -> Hello:
    protocol, site_id, db_version = r.varuint(), r.site(), _take_version(r)
    schema_name, schema_version = r.string(), r.i64()
    tables = tuple(r.string(MAX_NAME) for _ in range(r.count(1)))
    return Hello(protocol, site_id, db_version, schema_name, schema_version, tables)


def _batch(r: Reader) -> Batch:
    since, until, more = _take_version(r), _take_version(r), r.flag()
    _check_range(since, until)
    return Batch(since, until, more, take_changes(r, authored=True))


TAKE_OWN: dict[int, Callable[[Reader], OwnMessage]] = {
    64: _hello,
    65: lambda r: Want(_take_version(r), r.flag()),
    66: _batch,
    67: lambda r: Confirm(_take_version(r)),
    68: lambda r: Status(_take_version(r)),
    69: lambda r: Failure(r.varuint(), r.string(), r.flag()),
}
"""What reads the body after each tag; each raises WireError for what it cannot read."""
