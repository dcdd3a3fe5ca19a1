"""Tries a peer out before it is added, and reports in words: the "Test" button.

Nothing is announced, merged or recorded. Our own hub greets first, so listening is enough; a published server waits for
a greeting, which it does not get (cr-sqlite.md 10.5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidMessage

from engine.errors import (
    CertificateChanged,
    CertificateUntrusted,
    PeerRefused,
    PeerUnreachable,
    SynclineError,
    TokenRefused,
    WireError,
)
from engine.ids import SiteId
from engine.peer_text import from_peer
from engine.replica import Replica
from engine.session.common_tables import compare, together
from engine.session.table_texts import names
from engine.settings import check_url
from engine.table_shape import Dataset, Parked, Shape, ordinary
from engine.text import sentences, t
from engine.transport.connect import dial
from engine.transport.tls_pinning import fingerprint_at
from engine.wire import COLUMNS, Failure, FailureCode, Hello, decode
from engine.wire.handshake import check_room, has_live_push

GREETING_TIMEOUT = 10.0
"""Seconds for a hub to greet, as it may have to open a large file first."""

STOCK_SILENCE = 0.5
"""Seconds for which a server must be silent to count as a published one."""

HANG_UP_TIMEOUT = 2.0
"""Seconds for the other side to say goodbye."""


class Step(StrEnum):
    """What is tried, in this order."""

    REACHABLE = "reachable"
    PROTOCOL = "protocol"
    TOKEN = "token"
    ROOM = "room"
    SCHEMA = "schema"


class Outcome(StrEnum):
    """How a step went."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """The result of one step, in a sentence for a person; ``hint`` says what to try, if anything."""

    step: Step
    outcome: Outcome
    sentence: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """The results of all five steps, in order.

    Attributes:
        own: True for a Syncline, False for a published server; None if that is not known.
        certificate: the fingerprint of the certificate that was shown, if a person has to say whether to trust it.
    """

    steps: tuple[ProbeStep, ...]
    own: bool | None
    certificate: str = ""

    @property
    def ok(self) -> bool:
        """Whether no step failed."""
        return self.failure is None

    @property
    def failure(self) -> ProbeStep | None:
        """The first step that failed."""
        return next((step for step in self.steps if step.outcome is Outcome.FAILED), None)


async def probe(
    path: Path | None,
    url: str,
    room: str,
    token: str | None = None,
    *,
    fingerprint: str = "",
    named: bool = False,
) -> ProbeReport:
    """Try a peer out. Takes up to 20 s if nothing answers; may be cancelled.

    Args:
        path: the database to sync with it, whose schema is compared; None for a file that is to be made from the room.
        url, room, token, fingerprint: as a link would use them.
        named: whether the engine has a schema name for files that record none.

    Raises:
        UsageError: the address, the room or the token is invalid; nothing was tried.
    """
    url = check_url(url)
    here = None if path is None else await asyncio.to_thread(_read_file, path)
    found = _Findings(urlsplit(url).netloc)
    try:
        dialled = await dial(url, check_room(room), token=token or None, fingerprint=fingerprint)
    except (PeerUnreachable, PeerRefused) as error:
        found.not_connected(error)
        if isinstance(error, CertificateUntrusted | CertificateChanged):
            found.certificate = await fingerprint_at(url, seconds=GREETING_TIMEOUT)
        return found.report()
    socket, found.own, found.read_only = dialled.socket, dialled.own is not None, dialled.read_only
    try:
        found.ok(Step.REACHABLE, t("{host} answers.", host=found.where))
        accepted = t("It accepts the token.") if token else t("It asks for no token.")
        found.ok(Step.TOKEN, sentences(accepted, t("It allows reading only.") if found.read_only else ""))
        if dialled.new_room:
            found.ok(Step.PROTOCOL, t("It is a Syncline hub."))
            if path is None:
                found.failed(Step.ROOM, t("The room does not exist yet, so it has no tables for a new file."))
            else:
                found.ok(Step.ROOM, t("The room does not exist yet; the first sync creates it."))
        elif found.own:
            await _listen(socket, found, here)
        else:
            await _try_stock(socket, found, room)
            _judge_stock_schema(found, here, named=named)
    finally:
        await _hang_up(socket)
    return found.report()


# What our side has


@dataclass(frozen=True, slots=True)
class _Here:
    """Our side: the file's synced tables, its site id (None if it has none yet), and its schema's name, if recorded."""

    name: str
    tables: tuple[Shape, ...]
    parked: tuple[Parked, ...]
    datasets: Mapping[str, Dataset]
    site_id: SiteId | None
    schema_name: str | None


def _read_file(path: Path) -> _Here | SynclineError:
    """Read what matters, writing nothing; return the error if that fails."""
    try:
        with Replica.open(path, readonly=True) as replica:
            tables, schema_name = replica.shapes(), replica.schema_identity()[0]
            parked, datasets = replica.parked(), replica.datasets()
            return _Here(path.name, tables, parked, datasets, replica.site_id if tables else None, schema_name)
    except SynclineError as error:
        return error


# What the other side says


class _Findings:
    """The results of the steps as they become known, in any order."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.own: bool | None = None
        self.read_only = False
        self.certificate = ""
        self._steps: dict[Step, ProbeStep] = {}

    def ok(self, step: Step, sentence: str) -> None:
        self._steps[step] = ProbeStep(step, Outcome.OK, sentence)

    def failed(self, step: Step, sentence: str, hint: str = "") -> None:
        self._steps[step] = ProbeStep(step, Outcome.FAILED, sentence, hint)

    def unknown(self, step: Step, sentence: str, hint: str = "") -> None:
        self._steps[step] = ProbeStep(step, Outcome.UNKNOWN, sentence, hint)

    def not_connected(self, error: PeerUnreachable | PeerRefused) -> None:
        """Record at which step ``dial`` failed, judging by its error."""
        step = _step_of(error)
        if step is not Step.REACHABLE:
            self.ok(Step.REACHABLE, t("{host} answers.", host=self.where))
        if step is Step.TOKEN:
            self.unknown(Step.PROTOCOL, t("It says nothing without the right token."))
        self.failed(step, str(error), error.hint)

    def report(self) -> ProbeReport:
        return ProbeReport(
            tuple(self._steps.get(step) or _not_tried(step) for step in Step), self.own, self.certificate
        )


def _not_tried(step: Step) -> ProbeStep:
    return ProbeStep(step, Outcome.UNKNOWN, t("Not tried."))


def _step_of(error: PeerUnreachable | PeerRefused) -> Step:
    if isinstance(error, TokenRefused):
        return Step.TOKEN
    answered = isinstance(error, PeerRefused) or isinstance(error.__cause__, InvalidMessage)
    return Step.PROTOCOL if answered else Step.REACHABLE


async def _listen(socket: ClientConnection, found: _Findings, here: _Here | SynclineError | None) -> None:
    """Wait for our own hub to say Hello, or why it does not."""
    try:
        async with asyncio.timeout(GREETING_TIMEOUT):
            message = decode(await socket.recv())  # type: ignore[arg-type]
    except TimeoutError:
        found.ok(Step.PROTOCOL, t("It is a Syncline hub."))
        found.failed(
            Step.ROOM,
            t("The hub did not open the room within {seconds:.0f} s.", seconds=GREETING_TIMEOUT),
        )
        return
    except ConnectionClosed as closed:
        reason = from_peer(closed.rcvd.reason if closed.rcvd else "")
        found.failed(Step.PROTOCOL, sentences(t("{host} closed the connection.", host=found.where), reason))
        return
    except WireError as error:
        found.failed(Step.PROTOCOL, str(error))
        return
    if isinstance(message, Hello):
        found.ok(Step.PROTOCOL, t("It is a Syncline hub."))
        found.ok(Step.ROOM, t("The room exists."))
        _compare(found, here, message)
    elif isinstance(message, Failure):
        found.ok(Step.PROTOCOL, t("It is a Syncline hub."))
        found.failed(_FAILURE_STEPS.get(message.code, Step.PROTOCOL), from_peer(message.sentence))
    else:
        found.failed(Step.PROTOCOL, t("{host} does not answer like a Syncline hub.", host=found.where))


_FAILURE_STEPS: dict[int, Step] = {
    FailureCode.TOKEN: Step.TOKEN,
    FailureCode.ROOM: Step.ROOM,
    FailureCode.SCHEMA: Step.SCHEMA,
    FailureCode.CLONE: Step.SCHEMA,
}


def _compare(found: _Findings, here: _Here | SynclineError | None, hello: Hello) -> None:
    """Compare the tables as a session would."""
    if here is None:
        if hello.tables:
            theirs = names([shape.name for shape in hello.tables])
            found.ok(Step.SCHEMA, t("The new file gets {tables}.", tables=theirs))
        else:
            found.failed(Step.SCHEMA, t("The room has no tables for a new file."))
        return
    if isinstance(here, SynclineError):
        found.failed(Step.SCHEMA, str(here), here.hint)
        return
    partly = hello.protocol >= COLUMNS
    told = dict(zip((one.name for one in hello.tables), hello.datasets, strict=False))
    both = ordinary(here.datasets, told) if partly else ()
    tables = compare(here.tables, hello.tables, here.parked, hello.parked, partly=partly, ordinary=both)
    if hello.site_id == here.site_id:
        found.failed(
            Step.SCHEMA,
            t("Both sides have the same site id: one file is a copy of the other, or this is the file itself."),
            t("Give the copy a new site id: syncline new-id."),
        )
    elif not here.tables:
        found.failed(Step.SCHEMA, t("{file} has no syncable table.", file=here.name), t("Make one syncable first."))
    elif tables.problem:
        found.failed(Step.SCHEMA, tables.problem, t("Make the tables the same on both sides."))
    elif tables.parked:
        found.failed(
            Step.SCHEMA, together(tables.parked), t("Only {tables} would be synced.", tables=names(tables.common))
        )
    else:
        found.ok(Step.SCHEMA, sentences(t("Both sides have {tables}.", tables=names(tables.common)), tables.note))


async def _try_stock(socket: ClientConnection, found: _Findings, room: str) -> None:
    """Check that a published server is silent: it echoes the subprotocol, then waits for us to announce ourselves."""
    if socket.subprotocol is None:
        found.failed(
            Step.PROTOCOL,
            t("{host} is a WebSocket server, but ignores the room.", host=found.where),
            t("Check the address and its path."),
        )
        return
    try:
        async with asyncio.timeout(STOCK_SILENCE):
            await socket.recv()
        found.failed(
            Step.PROTOCOL, t("{host} sends something that a sync server does not send by itself.", host=found.where)
        )
    except TimeoutError:
        found.ok(Step.PROTOCOL, t("It answers like a published vlcn server."))
    except ConnectionClosed:
        found.failed(
            Step.PROTOCOL, t("{host} closed the connection.", host=found.where), t("Check the address and its path.")
        )
    late = "" if has_live_push(room) else t("With this name, its changes arrive only at each new connection.")
    found.unknown(
        Step.ROOM, sentences(t("A published server creates a room at its first sync, and cannot be asked."), late)
    )


def _judge_stock_schema(found: _Findings, here: _Here | SynclineError | None, *, named: bool) -> None:
    if here is None:
        if found.report().ok:
            why = t("A published server cannot be asked for its tables, so no file can be made of them.")
            found.failed(Step.SCHEMA, why)
    elif isinstance(here, SynclineError):
        found.failed(Step.SCHEMA, str(here), here.hint)
    elif not here.tables:
        found.failed(Step.SCHEMA, t("{file} has no syncable table.", file=here.name), t("Make one syncable first."))
    elif here.schema_name is None and not named:
        found.failed(
            Step.SCHEMA,
            t("A published server needs a schema name, and {file} has none.", file=here.name),
            t("Pass the server's schema file on the command line: --schema FILE."),
        )
    else:
        found.unknown(Step.SCHEMA, t("A published server compares schemas only when it syncs."))


async def _hang_up(socket: ClientConnection) -> None:
    """Close the connection, without waiting long for the answer."""
    try:
        async with asyncio.timeout(HANG_UP_TIMEOUT):
            await socket.close()
    except TimeoutError:
        socket.transport.abort()
