"""The settings file: read with care for what a person wrote in it, and written whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import ParseError, TOMLKitError
from tomlkit.items import AoT, Table

from engine.errors import SynclineError, UsageError
from engine.ids import DatabaseId, PeerId
from engine.settings.model import (
    DatabaseConfig,
    Direction,
    Mode,
    Pause,
    PeerConfig,
    Settings,
    check_minutes,
    check_pin,
    check_url,
    config_dir,
)
from engine.settings.schema import SETTINGS, as_int, as_str, days_problem
from engine.sqlite.paths import whole
from engine.text import t
from engine.wire.handshake import check_room

HEADER = t("Syncline's settings. Edit them while Syncline is closed. Tokens are kept in the system's keyring.")

V = TypeVar("V")
E = TypeVar("E", bound=StrEnum)
Config = DatabaseConfig | PeerConfig


class SettingsFile:
    """The file that holds the ``Settings``.

    Args:
        path: by default ``settings.toml`` in ``config_dir()``. A link is followed, so that the file it leads to is
            written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_dir() / "settings.toml"

    def load(self) -> Settings:
        """Read the settings; a missing file gives the defaults.

        Raises:
            UsageError: the file is invalid; names the line, and what to do.
            SynclineError: it cannot be read.
        """
        return self._parse()[1]

    def save(self, settings: Settings) -> None:
        """Write what differs from the file, whole or not at all, readable only by its owner.

        Raises:
            UsageError: the file is invalid, so it is left as it is.
            SynclineError: it cannot be written, and is left as it was.
        """
        document, _ = self._parse()
        before = document.as_string()
        if not before:
            document.add(tomlkit.comment(HEADER))
        for name, setting in SETTINGS.items():
            value = getattr(settings, name)
            if name not in document and not before:
                document.add(tomlkit.nl())
                document.add(tomlkit.comment(setting.help))
            if name in document or not before or value != setting.default:
                _set(document, name, value)
        _set_tables(document, "databases", settings.databases)
        _set_tables(document, "peers", settings.peers)
        after = document.as_string()
        if after != before:
            self._write(after)

    def _parse(self) -> tuple[tomlkit.TOMLDocument, Settings]:
        try:
            text = self.path.read_bytes().decode()
        except FileNotFoundError:
            return tomlkit.document(), Settings()
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise self._broken(line, t("it is not UTF-8 text.")) from None
        except OSError as error:
            raise self._failed(t("read"), error) from None
        try:
            document = tomlkit.parse(text)
        except ParseError as error:
            raise self._broken(error.line, _no_toml(re.sub(r" at line \d+ col \d+$", "", str(error)))) from None
        except (TOMLKitError, ValueError, RecursionError) as error:
            raise self._broken(0, _no_toml(str(error))) from None
        reader = _Reader(text)
        try:
            return document, reader.settings(document.unwrap())
        except (ValueError, UsageError) as error:
            raise self._broken(reader.line(), reader.problem(error)) from None

    def _broken(self, line: int, why: str) -> UsageError:
        if line:
            what = t(
                "The settings in {path}, line {line} cannot be used: {reason}", path=self.path, line=line, reason=why
            )
        else:
            what = t("The settings in {path} cannot be used: {reason}", path=self.path, reason=why)
        return UsageError(
            what,
            hint=t("Correct the file, or move it away to start with new settings. It was not changed."),
        )

    def _failed(self, verb: str, error: OSError) -> SynclineError:
        return SynclineError(
            t(
                "The settings in {path} could not be {verb}: {reason}.",
                path=self.path,
                verb=verb,
                reason=error.strerror or error,
            ),
            hint=t("Check that the folder exists, is yours and has free space."),
        )

    def _write(self, text: str) -> None:
        target = self.path.resolve()
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise UsageError(
                t("A name in the settings contains invalid characters, so they cannot be saved."),
                hint=t("Rename the file or folder; use a name in UTF-8."),
            ) from None
        temporary = ""
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".settings-")  # made with 0600
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
            _sync_folder(target.parent)
        except OSError as error:
            with suppress(OSError):
                os.unlink(temporary)
            raise self._failed(t("saved"), error) from None


def _no_toml(words: str) -> str:
    """Return a sentence that quotes the TOML parser."""
    return t("this is not valid TOML: {reason}.", reason=words.rstrip("."))


def _sync_folder(folder: Path) -> None:
    """Make a rename durable, on systems where folders can be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# Reading


class _Reader:
    """Turns plain values into ``Settings``, keeping track of its place for error messages."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._table, self._index, self._key = "", 0, ""

    def settings(self, values: Mapping[str, Any]) -> Settings:
        switches = {}
        for name, setting in SETTINGS.items():
            self._key = name
            if name in values:
                switches[name] = setting.read(values[name])
        databases = tuple(self._each("databases", values, self._database))
        peers = tuple(self._each("peers", values, self._peer))
        self._key = "database"
        for self._index, peer in enumerate(peers):
            if not any(peer.database == database.id for database in databases):
                raise ValueError(t("names the database {database!r}, which is not in the file", database=peer.database))
        return Settings(**switches, databases=databases, peers=peers)

    def _each(
        self, table: str, values: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Config]
    ) -> Iterable[Any]:
        self._table, self._index, self._key = "", 0, table
        entries = values.get(table, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValueError(t("should be tables, each headed [[{table}]]", table=table))
        self._table = table
        seen = set()
        for self._index, entry in enumerate(entries):
            config = read(entry)
            self._key = "id"
            if config.id in seen:
                raise ValueError(t("is the same as that of another entry"))
            seen.add(config.id)
            yield config

    def _database(self, entry: Mapping[str, Any]) -> DatabaseConfig:
        path = Path(self._take(entry, "path", as_str))
        if path.parts[:1] and path.parts[0].startswith("~"):
            path = whole(path)
        if not path.is_absolute():
            raise ValueError(t("should be an absolute path"))
        name = self._take(entry, "name", as_str, path.stem)
        room = self._take(entry, "room", as_str, "")
        return DatabaseConfig(DatabaseId(self._take(entry, "id", as_str)), name, path, check_room(room) if room else "")

    def _peer(self, entry: Mapping[str, Any]) -> PeerConfig:
        take = self._take
        url = check_url(take(entry, "url", as_str))
        room = check_room(take(entry, "room", as_str))
        mode = take(entry, "mode", _one_of(Mode), Mode.LIVE)
        minutes = take(entry, "minutes", as_int, 15)
        if mode is Mode.EVERY:
            check_minutes(minutes)
        stale_days = take(entry, "stale_days", as_int, None)
        if stale_days is not None and days_problem(stale_days):
            raise ValueError(days_problem(stale_days))
        return PeerConfig(
            id=PeerId(take(entry, "id", as_str)),
            name=take(entry, "name", as_str, room),
            database=DatabaseId(take(entry, "database", as_str)),
            url=url,
            room=room,
            mode=mode,
            minutes=minutes,
            direction=take(entry, "direction", _one_of(Direction), Direction.BOTH),
            paused=take(entry, "paused", _pause, None),
            stale_days=stale_days,
            fingerprint=check_pin(url, take(entry, "fingerprint", as_str, "")),
            trusted=check_pin(url, take(entry, "trusted", as_str, "")),
        )

    def _take(self, entry: Mapping[str, Any], key: str, cast: Callable[[object], V], *default: V) -> V:
        self._key = key
        if key in entry:
            return cast(entry[key])
        if default:
            return default[0]
        raise ValueError(t("is missing"))

    def problem(self, error: ValueError | UsageError) -> str:
        """Return what is wrong with what is being read, in words."""
        if isinstance(error, UsageError):
            wrong = t("the key “{key}”: {problem}", key=self._key, problem=error)
        else:
            wrong = t("the key “{key}” {problem}.", key=self._key, problem=error)
        return (
            t("in entry {number} of {table}, {problem}", number=self._index + 1, table=self._table, problem=wrong)
            if self._table
            else wrong
        )

    def line(self) -> int:
        """Return the line of what is being read, or of its table; 0 if it cannot be found (inline tables)."""
        table, count, heading = "", -1, 0
        key = re.compile(rf"[\"']?{re.escape(self._key)}[\"']?\s*=")
        for number, line in enumerate(self._lines, 1):
            text = line.strip()
            if header := re.match(r"\[+\s*([\w-]+)", text):
                table = header[1]
                if not self._table and table == self._key:
                    return number
                if table == self._table:
                    count += 1
                    heading = number if count == self._index else heading
            elif table == self._table and (not table or count == self._index) and key.match(text):
                return number
        return heading


def _one_of(kind: type[E]) -> Callable[[object], E]:
    def cast(value: object) -> E:
        try:
            return kind(as_str(value))
        except ValueError:
            raise ValueError(t("should be one of {values}", values=", ".join(kind))) from None

    return cast


def _pause(value: object) -> Pause:
    if value == "forever":
        return Pause.FOREVER
    if isinstance(value, datetime):
        return Pause(value if value.tzinfo else value.astimezone())
    raise ValueError(t("should be “forever” or a date and time"))


# Writing


def _plain(config: Config) -> dict[str, Any]:
    """Return a config as TOML values; None stands for a key to leave out."""
    if isinstance(config, DatabaseConfig):
        return {"id": config.id, "name": config.name, "path": str(config.path), "room": config.room or None}
    paused = config.paused and (config.paused.until or "forever")
    return {
        "id": config.id,
        "name": config.name,
        "database": config.database,
        "url": config.url,
        "room": config.room,
        "mode": config.mode.value,
        "minutes": config.minutes,
        "direction": config.direction.value,
        "paused": paused,
        "stale_days": config.stale_days,
        "fingerprint": config.fingerprint or None,
        "trusted": config.trusted or None,
    }


def _set(table: Container | Table, key: str, value: Any) -> None:
    """Set a key, leaving it untouched if it has that value; None removes it."""
    if value is None:
        if key in table:
            del table[key]
    elif key not in table or table[key] != value:
        table[key] = value


def _set_tables(document: tomlkit.TOMLDocument, key: str, configs: tuple[Config, ...]) -> None:
    """Update an array of tables by id; known tables keep their comments and unknown keys."""
    present = document.get(key)
    old = {str(table["id"]): table for table in present or ()}
    tables = []
    for config in configs:
        table = old.get(config.id)
        if not isinstance(table, Table):  # new, or written inline by hand
            known, table = table or {}, tomlkit.table()
            table.update(known)
        for name, value in _plain(config).items():
            _set(table, name, value)
        tables.append(table)
    if isinstance(present, AoT) and list(old) == [config.id for config in configs[: len(old)]]:
        array, tables = present, tables[len(old) :]
    else:  # one was removed or moved
        array = tomlkit.aot()
        if present is not None:
            del document[key]
        if tables:
            document[key] = array
            tables[0].trivia.indent = "\n"  # a blank line before the first
    for table in tables:
        array.append(table)
