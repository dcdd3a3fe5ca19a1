"""A file that another program syncs is noticed by the folder that it lies in."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.storage.other_sync import caution_of, syncing_program


@pytest.mark.parametrize(
    ("folder", "program"),
    [
        ("Dropbox", "Dropbox"),
        ("Dropbox (Personal)", "Dropbox"),
        ("OneDrive", "OneDrive"),
        ("OneDrive - Example Ltd", "OneDrive"),
        ("Google Drive", "Google Drive"),
        ("Nextcloud", "Nextcloud"),
        ("Library/Mobile Documents/com~apple~CloudDocs", "iCloud Drive"),
        ("Library/CloudStorage/GoogleDrive-me@example.org/My Drive", "Google Drive"),
        ("Library/CloudStorage/OneDrive-Personal", "OneDrive"),
        ("dropbox-backup", ""),
        ("My OneDrive files", ""),
    ],
)
def test_by_the_name_of_the_folder(tmp_path: Path, folder: str, program: str) -> None:
    path = tmp_path / folder / "apps" / "notes.db"
    path.parent.mkdir(parents=True)
    assert syncing_program(path) == program
    assert (program in caution_of(path)) if program else caution_of(path) == ""


@pytest.mark.parametrize(
    ("mark", "program"),
    [
        (".stfolder/", "Syncthing"),
        (".dropbox.cache/", "Dropbox"),
        (".tmp.drivedownload/", "Google Drive"),
        (".sync_0123456789ab.db", "Nextcloud"),
        (".sync.db", ""),
        ("notes.db", ""),
    ],
)
def test_by_what_the_program_keeps_there(tmp_path: Path, mark: str, program: str) -> None:
    path = tmp_path / "any" / "deep" / "notes.db"
    path.parent.mkdir(parents=True)
    if mark.endswith("/"):
        (tmp_path / "any" / mark).mkdir()
    else:
        (tmp_path / "any" / mark).touch()
    assert syncing_program(path) == program


def test_where_the_file_lies_counts_and_not_how_it_is_reached(tmp_path: Path) -> None:
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "notes.db").symlink_to(tmp_path / "Dropbox" / "notes.db")
    assert syncing_program(tmp_path / "notes.db") == "Dropbox"
    (tmp_path / "Dropbox" / "link.db").symlink_to(tmp_path / "elsewhere.db")
    assert syncing_program(tmp_path / "Dropbox" / "link.db") == ""
