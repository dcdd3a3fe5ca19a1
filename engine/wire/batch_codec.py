"""The changes of a batch in our own dialect.

Up to 31 changes are encoded one by one, as in the published dialect (``change_codec``). More are encoded by columns,
which take a fifth of the space and are packed and unpacked with hardly a loop in Python:

    varuint number of changes
    varuint kinds of cells | of each: string table, string column, u8 type of value, varuint number of changes
    of each change: its kind of cell, an index into this list
    varuint rows | of each: number of consecutive changes (numbers) | of each: packed key (blobs)
    of each change: col_version | of each: db_version | of each: causal length | of each: seq (numbers)
    varuint authors | that many site ids | of each change, if there are several: its author, an index into them
    of each kind of cell: its values, in the order of the changes, as a column of their type

``column_codec`` says how numbers, texts, blobs and indexes are written. Each change takes at least one byte, for its
kind of cell, so no message can promise more changes than it has bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, compress, repeat
from operator import mul, ne, sub
from typing import Any, NamedTuple

from engine.change import Change, SQLiteValue
from engine.errors import WireError
from engine.ids import SiteId
from engine.text import t
from engine.wire.change_codec import (
    BIGINT,
    BLOB,
    NULL,
    NUMBER,
    STRING,
    Names,
    new_change,
    no_author,
    put_changes,
    take_changes,
    unknown_value,
)
from engine.wire.column_codec import (
    put_blobs,
    put_integers,
    put_places,
    put_reals,
    put_texts,
    take_blobs,
    take_integers,
    take_lengths,
    take_places,
    take_reals,
    take_texts,
)
from engine.wire.primitives import MAX_FRAME, MAX_NAME, MAX_SAFE, Reader, put_site, put_varuint

MAX_CHANGES = 10_000
"""The most changes accepted in one batch: five times as many as we send."""

FEW = 32
"""The fewest changes that are encoded by columns. With fewer, columns cost more time than the bytes are worth."""

_TYPES: dict[type, int] = {type(None): NULL, int: BIGINT, float: NUMBER, str: STRING, bytes: BLOB}

_PUT: dict[int, Callable[[bytearray, Any], None]] = {
    NULL: lambda out, values: None,
    BIGINT: put_integers,
    NUMBER: put_reals,
    STRING: put_texts,
    BLOB: put_blobs,
}

_TAKE: dict[int, Callable[[Reader, int], Sequence[SQLiteValue]]] = {
    NULL: lambda reader, count: (None,) * count,
    BIGINT: take_integers,
    NUMBER: take_reals,
    STRING: take_texts,
    BLOB: take_blobs,
}


def put_batch(out: bytearray, changes: Sequence[Change]) -> None:
    """Append a batch's changes.

    Args:
        out: where to append.
        changes: in the order to send; each must name its author.

    Raises:
        WireError: more than ``MAX_CHANGES``, or a change that cannot be sent (see ``put_changes``).
    """
    if len(changes) < FEW:
        put_changes(out, changes, authored=True)
        return
    if len(changes) > MAX_CHANGES:
        raise WireError(
            t(
                "A batch of {count:,} changes cannot be sent: the limit is {limit:,}.",
                count=len(changes),
                limit=MAX_CHANGES,
            )
        )
    put_varuint(out, len(changes))
    try:
        _put_columns(out, changes)
    except UnicodeEncodeError:
        raise WireError(t("A change cannot be sent: its text holds half of a surrogate pair.")) from None
    except TypeError:
        raise WireError(t("A change cannot be sent: one of its fields is of the wrong type or size.")) from None


def _put_columns(out: bytearray, changes: Sequence[Change]) -> None:
    fields: Iterable[Any] = zip(*changes, strict=True)
    tables, pks, cids, vals, col_versions, db_versions, sites, lengths, seqs = fields
    values = _put_cells(out, tables, cids, vals)
    _put_rows(out, pks)
    put_integers(out, col_versions)
    put_integers(out, db_versions)
    put_integers(out, lengths)
    put_integers(out, seqs, -MAX_SAFE, MAX_SAFE)
    _put_authors(out, tables, sites)
    for kind, column in values:
        _PUT[kind](out, column)


class _Numbered(dict[Any, int]):
    """Gives each distinct key the next number, in order of first use."""

    def __missing__(self, new: Any) -> int:
        self[new] = number = len(self)
        return number


def _put_cells(
    out: bytearray, tables: Sequence[str], cids: Sequence[str], vals: Sequence[SQLiteValue]
) -> list[tuple[int, list[SQLiteValue]]]:
    """Append the kinds of cells and each change's kind.

    Returns:
        The wire type and the values of each kind.
    """
    cells = _Numbered()
    places = list(map(cells.__getitem__, zip(tables, cids, map(type, vals), strict=True)))
    values: list[tuple[int, list[SQLiteValue]]] = []
    for table, _, kind in cells:
        if kind not in _TYPES:
            raise unknown_value(kind, table)
        values.append((_TYPES[kind], []))
    columns = [column for _, column in values]
    for place, val in zip(places, vals, strict=True):
        columns[place].append(val)
    names = Names()
    put_varuint(out, len(cells))
    for (table, cid, _), (kind, column) in zip(cells, values, strict=True):
        out += names[table]
        out += names[cid]
        out.append(kind)
        put_varuint(out, len(column))
    put_places(out, places, len(cells))
    return values


def _put_rows(out: bytearray, pks: Sequence[bytes]) -> None:
    """Append the keys, one for each run of changes to the same row: changes to a row mostly come together."""
    begins = [True, *map(ne, pks[1:], pks)]
    starts = list(compress(range(len(pks)), begins))
    runs = list(map(sub, (*starts[1:], len(pks)), starts))
    keys = list(compress(pks, begins))
    _check_keys(keys, runs)
    put_varuint(out, len(runs))
    put_integers(out, runs)
    put_blobs(out, keys)


def _check_keys(keys: Sequence[bytes], runs: Sequence[int]) -> None:
    """Refuse keys that would take more than ``MAX_FRAME`` bytes when repeated for each change, as merging does."""
    size = sum(map(mul, map(len, keys), runs))
    if size > MAX_FRAME:
        raise WireError(
            t(
                "The keys of a batch have {size:,} bytes; the limit is {limit:,}.",
                size=size,
                limit=MAX_FRAME,
            )
        )


def _put_authors(out: bytearray, tables: Sequence[str], sites: Sequence[SiteId | None]) -> None:
    authors = _Numbered()
    places = list(map(authors.__getitem__, sites))
    if None in authors:
        raise no_author(tables[sites.index(None)])
    put_varuint(out, len(authors))
    for author in authors:
        put_site(out, author)
    if len(authors) > 1:
        put_places(out, places, len(authors))


def take_batch(reader: Reader) -> tuple[Change, ...]:
    """Read a batch's changes and move the reader past them.

    Args:
        reader: at the number of changes.

    Returns:
        The changes as sent, each with its author. A NaN becomes None; a float stays a float.

    Raises:
        WireError: truncated, malformed, more than ``MAX_CHANGES``, or a name longer than ``MAX_NAME``.
    """
    start = reader.pos
    count = reader.count(1)
    if count > MAX_CHANGES:
        raise WireError(
            t(
                "A batch in the message has {count:,} changes; the limit is {limit:,}.",
                count=count,
                limit=MAX_CHANGES,
            )
        )
    if count < FEW:
        reader.pos = start
        return take_changes(reader, authored=True)
    return tuple(map(new_change, repeat(Change), _take_columns(reader, count)))


def _take_columns(reader: Reader, count: int) -> Iterable[tuple[Any, ...]]:
    cells = _take_cells(reader, count)
    places = take_places(reader, count, len(cells))
    pks = _take_keys(reader, count)
    col_versions = take_integers(reader, count)
    db_versions = take_integers(reader, count)
    lengths = take_integers(reader, count)
    seqs = take_integers(reader, count, -MAX_SAFE, MAX_SAFE)
    sites = _take_authors(reader, count)
    vals = _take_values(reader, cells, places)
    tables = map([cell.table for cell in cells].__getitem__, places)
    cids = map([cell.cid for cell in cells].__getitem__, places)
    return zip(tables, pks, cids, vals, col_versions, db_versions, sites, lengths, seqs, strict=True)


class _Cell(NamedTuple):
    """One kind of cell: table, column, wire type of its values, and how many changes are of it."""

    table: str
    cid: str
    kind: int
    changes: int


def _take_cells(reader: Reader, count: int) -> list[_Cell]:
    """Read the kinds of cells, whose numbers of changes must add up to ``count``."""
    kinds = reader.varuint()
    if kinds > count:
        raise _miscounted()
    names: dict[str, str] = {}  # equal names become one object
    cells: list[_Cell] = []
    for _ in range(kinds):
        table, cid, kind = reader.string(MAX_NAME), reader.string(MAX_NAME), reader.take(1)[0]
        if kind not in _TAKE:
            raise WireError(t("A value in the message has the unknown type {type}.", type=kind))
        cells.append(_Cell(names.setdefault(table, table), names.setdefault(cid, cid), kind, reader.varuint()))
    if sum(cell.changes for cell in cells) != count:
        raise _miscounted()
    return cells


def _take_keys(reader: Reader, count: int) -> Iterable[bytes]:
    rows = reader.varuint()
    if rows > count:
        raise _miscounted()
    runs = take_lengths(reader, rows)
    if sum(runs) != count:
        raise _miscounted()
    keys = take_blobs(reader, rows)
    _check_keys(keys, runs)
    return chain.from_iterable(map(repeat, keys, runs))


def _take_authors(reader: Reader, count: int) -> Iterable[bytes]:
    number = reader.varuint()
    if number > count:
        raise _miscounted()
    authors = [reader.site() for _ in range(number)]
    if number == 1:
        return repeat(authors[0], count)
    try:
        return list(map(authors.__getitem__, take_places(reader, count, number)))
    except IndexError:
        raise WireError(t("A change in the message names no author.")) from None


def _take_values(reader: Reader, cells: Sequence[_Cell], places: Sequence[int]) -> Sequence[SQLiteValue]:
    """Return each change's value, which is the next one of its kind."""
    values = [iter(_TAKE[cell.kind](reader, cell.changes)) for cell in cells]
    try:
        vals = list(map(next, map(values.__getitem__, places)))
    except IndexError:
        raise _miscounted() from None
    if len(vals) != len(places):  # a kind ran out of values, so another has some left
        raise _miscounted()
    return vals


def _miscounted() -> WireError:
    return WireError(t("The message does not contain as many changes as it says."))
