"""The settings file: what a person wrote stays, what is broken is named, and nothing is lost half way."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.errors import SynclineError, UsageError
from engine.settings import (
    SETTINGS,
    DatabaseConfig,
    Direction,
    Mode,
    Pause,
    PeerConfig,
    Settings,
    SettingsFile,
    config_dir,
    data_dir,
)
from tests import budget

DATABASE = DatabaseConfig("d1", "Todo", Path("/data/todo.db"))
PEER = PeerConfig("p1", "Hub", "d1", "ws://hub.example/sync", "todo")
EXAMPLE = """\
# my notes
auto_sync = false  # on holiday
shape = "round"     # a key of a later version

[[databases]]
# the list
id = "d1"
name = "Todo"      # with Anna
path = "/data/todo.db"
colour = "red"

[[peers]]
id = "p1"
name = "Hub"
database = "d1"
url = "ws://hub.example/sync"
room = "todo"

[window]
width = 800
"""


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "config" / "settings.toml")


@pytest.fixture
def example(file: SettingsFile) -> SettingsFile:
    file.path.parent.mkdir()
    file.path.write_text(EXAMPLE)
    return file


def test_missing_file_gives_the_defaults_and_is_not_made(file: SettingsFile) -> None:
    assert file.load() == Settings()
    assert not file.path.parent.exists()


def test_a_new_file_explains_itself(file: SettingsFile) -> None:
    file.save(Settings())
    text = file.path.read_text()
    for setting in SETTINGS.values():
        assert f"# {setting.help}\n{setting.name} = " in text
    assert file.load() == Settings()


def test_only_its_owner_can_read_it(file: SettingsFile) -> None:
    file.save(Settings())
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    file.path.chmod(0o644)
    file.save(Settings(auto_sync=False))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert os.listdir(file.path.parent) == ["settings.toml"]


def test_what_a_person_wrote_is_read(example: SettingsFile) -> None:
    assert example.load() == Settings(auto_sync=False, databases=(DATABASE,), peers=(PEER,))


def test_comments_order_and_unknown_keys_stay(example: SettingsFile) -> None:
    settings = example.load()
    example.save(replace(settings, auto_sync=True, databases=(replace(DATABASE, name="List"),)))
    expected = EXAMPLE.replace("auto_sync = false", "auto_sync = true").replace('"Todo" ', '"List" ')
    text = example.path.read_text()
    added = 'mode = "live"\nminutes = 15\ndirection = "both"\n'
    assert text.replace(added, "") == expected
    assert added in text


def test_saving_the_same_writes_nothing(file: SettingsFile) -> None:
    settings = Settings(databases=(DATABASE,), peers=(PEER,))
    file.save(settings)
    before = file.path.stat()
    file.save(settings)
    after = file.path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_entries_are_added_moved_and_removed_with_what_is_theirs(example: SettingsFile) -> None:
    second = replace(DATABASE, id="d2", name="Notes")
    peers = (replace(PEER, id="p2", mode=Mode.EVERY, minutes=5), replace(PEER, paused=Pause.FOREVER, stale_days=3))
    settings = Settings(auto_sync=False, databases=(second, DATABASE), peers=peers)
    example.save(settings)
    assert example.load() == settings
    text = example.path.read_text()
    for kept in ("# my notes", "# the list", "# with Anna", 'colour = "red"', "width = 800", "shape"):
        assert kept in text
    example.save(replace(settings, databases=(DATABASE,), peers=()))
    text = example.path.read_text()
    assert "Notes" not in text
    assert "[[peers]]" not in text
    assert example.load() == Settings(auto_sync=False, databases=(DATABASE,))
    example.save(Settings())
    assert example.load() == Settings()
    assert "width = 800" in example.path.read_text()


def test_entries_written_inline_can_be_changed(file: SettingsFile) -> None:
    file.path.parent.mkdir()
    file.path.write_text('databases = [{id = "d1", name = "Todo", path = "/data/todo.db", x = 1}]\n')
    assert file.load().databases == (DATABASE,)
    changed = replace(DATABASE, name="List")
    file.save(Settings(databases=(changed,)))
    assert file.load().databases == (changed,)
    assert "x = 1" in file.path.read_text()


def test_a_link_stays_a_link(file: SettingsFile, tmp_path: Path) -> None:
    file.path.parent.mkdir()
    file.path.symlink_to(tmp_path / "dotfiles.toml")
    file.save(Settings(stale_days=2))
    assert file.path.is_symlink()
    assert SettingsFile(tmp_path / "dotfiles.toml").load().stale_days == 2


DATABASE_TEXT = '[[databases]]\nid = "d1"\npath = "/data/todo.db"\n'
PEER_TEXT = '[[peers]]\nid = "p1"\ndatabase = "d1"\nurl = "ws://h"\nroom = "r"\n'
BOTH = DATABASE_TEXT + PEER_TEXT  # nine lines: entries begin at 1 and 4


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("auto_sync = true\nstale_days = = 3\n", 2, "Unexpected character"),
        ("auto_sync = true\nauto_sync = true\n", 2, "already exists"),
        ("auto_sync = true\n\n[[databases\n", 3, ""),
        ("a = 1\n# caf\xe9\n", 2, "not UTF-8"),
        ("\n\nauto_sync = 1\n", 3, "the key “auto_sync” should be true or false."),
        ("stale_days = true\n", 1, "should be a whole number"),
        ("stale_days = 0\n", 1, "be 1 to 3650"),
        ('log_level = "loud"\n', 1, "one of debug, info"),
        ("peers = 5\n", 1, "headed [[peers]]"),
        ("x = 1\n[peers]\nid = 5\n", 2, "headed [[peers]]"),
        (
            DATABASE_TEXT.replace("/data/", "data/"),
            3,
            "in entry 1 of databases, the key “path” should be an absolute path",
        ),
        (DATABASE_TEXT.replace('"d1"', "7"), 2, "text in quotes"),
        (DATABASE_TEXT.replace('id = "d1"\n', ""), 1, "entry 1 of databases, the key “id” is missing."),
        (DATABASE_TEXT * 2, 5, "entry 2 of databases, the key “id” is the same"),
        (PEER_TEXT, 3, "the key “database” names the database 'd1', which is not in the file."),
        (BOTH.replace("ws://h", "http://h"), 7, "peers, the key “url”: http://h is the address of a web page."),
        (BOTH.replace('"r"', '"a/b"'), 8, "in entry 1 of peers, the key “room”: "),
        (BOTH + 'mode = "sometimes"\n', 9, "one of live, every, manual"),
        (BOTH + 'direction = "up"\n', 9, "one of both, receive, send"),
        (BOTH + 'mode = "every"\nminutes = 0\n', 10, "every 0 minutes"),
        (BOTH + "paused = true\n", 9, "“forever” or a date"),
        (BOTH + "stale_days = 0\n", 9, "be 1 to 3650"),
        (BOTH + PEER_TEXT.replace("p1", "p2") + "mode = 1\n", 14, "in entry 2 of peers, the key “mode” "),
    ],
)
def test_a_broken_file_is_named_and_never_overwritten(file: SettingsFile, text: str, line: int, words: str) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(text.encode("latin-1") if "\xe9" in text else text.encode())
    before = file.path.read_bytes()
    with pytest.raises(UsageError) as caught:
        file.load()
    assert f"{file.path}, line {line} cannot be used: " in str(caught.value)
    assert words in str(caught.value)
    assert "Correct the file" in caught.value.hint
    with pytest.raises(UsageError):
        file.save(Settings())
    assert file.path.read_bytes() == before


def test_a_folder_in_its_place(file: SettingsFile) -> None:
    file.path.mkdir(parents=True)
    with pytest.raises(SynclineError, match="could not be read: Is a directory"):
        file.load()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(SynclineError, match="could not be"):
        SettingsFile(tmp_path / "config" / "settings.toml").save(Settings())


def test_a_failed_write_leaves_the_old_file(file: SettingsFile) -> None:
    """The disk is full, as far as this other process can tell: it may not write a file as long as the new one."""
    file.save(Settings())
    before = file.path.read_bytes()
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from engine.errors import SynclineError\n"
        "from engine.settings import Settings, SettingsFile\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: SettingsFile(Path(sys.argv[1])).save(Settings(stale_days=99))\n"
        "except SynclineError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(file.path)]
    root = Path(__file__).parents[3]
    told = subprocess.run(command, capture_output=True, text=True, cwd=root, check=True).stdout
    assert "could not be saved: File too large." in told
    assert file.path.read_bytes() == before
    assert os.listdir(file.path.parent) == ["settings.toml"]


def test_a_name_that_is_no_text(file: SettingsFile) -> None:
    odd = DatabaseConfig.new(Path(os.fsdecode(b"/data/\xff.db")))
    with pytest.raises(UsageError, match="invalid characters"):
        file.save(Settings(databases=(odd,)))
    assert not file.path.exists()


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moments = st.datetimes(timezones=st.just(timezone(timedelta(hours=2)))).map(lambda at: at.replace(microsecond=0))
database_configs = st.builds(
    DatabaseConfig,
    id=names,
    name=names,
    path=names.filter(lambda name: "\0" not in name).map(lambda name: Path("/data") / name.lstrip("/")),
)
peer_configs = st.builds(
    PeerConfig,
    id=names,
    name=names,
    database=st.just(""),
    url=st.just(PEER.url),
    room=st.from_regex(r"[a-z]{1,9}", fullmatch=True),
    mode=st.sampled_from(Mode),
    minutes=st.integers(1, 10080),
    direction=st.sampled_from(Direction),
    paused=st.none() | st.builds(Pause, st.none() | moments),
    stale_days=st.none() | st.integers(1, 3650),
)


@st.composite
def all_settings(draw: st.DrawFn) -> Settings:
    databases = draw(st.lists(database_configs, max_size=3, unique_by=lambda config: config.id))
    peers = draw(st.lists(peer_configs, max_size=3, unique_by=lambda config: config.id)) if databases else []
    return Settings(
        draw(st.booleans()),
        draw(st.integers(1, 3650)),
        draw(st.sampled_from(("debug", "info", "warning", "error"))),
        draw(st.sampled_from(("system", "de"))),
        rest_on_battery=draw(st.booleans()),
        databases=tuple(databases),
        peers=tuple(replace(peer, database=draw(st.sampled_from(databases)).id) for peer in peers),
    )


@hypothesis_settings(max_examples=budget.pick(20, 60), deadline=None)
@given(all_settings(), all_settings())
def test_any_settings_survive(first: Settings, second: Settings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = SettingsFile(Path(folder) / "settings.toml")
        for settings in (first, second, first):
            file.save(settings)
            assert file.load() == settings


def test_injured_files_are_read_or_refused_and_never_lost(file: SettingsFile) -> None:
    pieces = ["[[", "]]", '"""', "\n[peers]\n", "\n[[peers]]\n", "databases.x=1\n", "\n[auto_sync]\n", "id=1\n"]
    file.path.parent.mkdir()
    for case in budget.cases("settings: injured files", seconds=4, at_least=100, looks_for="refused"):
        rng = case.random
        text = rng.choice([EXAMPLE, BOTH])
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            new = rng.choice([rng.choice("[]{}=\".'#\n\\ ,a1-\0"), rng.choice(pieces), ""])
            text = text[:at] + new + text[at + rng.randint(0, 2) :]
        file.path.write_text(text)
        try:
            settings = file.load()
        except UsageError:
            case.found()
            continue
        changed = replace(
            settings, auto_sync=not settings.auto_sync, peers=tuple(replace(p, name="x") for p in settings.peers)
        )
        file.save(changed)
        assert file.load() == changed, text


def test_a_pause_without_a_time_zone_is_local(example: SettingsFile) -> None:
    example.path.write_text(EXAMPLE.replace('room = "todo"', 'room = "todo"\npaused = 2030-01-02T03:04:05'))
    assert example.load().peers[0].paused == Pause(datetime(2030, 1, 2, 3, 4, 5).astimezone())


def test_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SYNCLINE_HOME", str(tmp_path))
    assert (config_dir(), data_dir()) == (tmp_path / "config", tmp_path / "data")
    assert SettingsFile().path == tmp_path / "config" / "settings.toml"
    monkeypatch.delenv("SYNCLINE_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    assert config_dir().name == "syncline"
    assert config_dir().is_absolute()
    assert data_dir().is_absolute()
