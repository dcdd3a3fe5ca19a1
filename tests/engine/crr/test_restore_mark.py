"""What a connection knows a restored file by."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from engine.clocks.restore_mark import RestoreMark


def opened(file: Path) -> apsw.Connection:
    db = apsw.Connection(str(file))
    db.execute("CREATE TABLE IF NOT EXISTS crsql_master (key TEXT PRIMARY KEY, value ANY) WITHOUT ROWID")
    return db


def restore(file: Path, backup: Path) -> None:
    with (
        closing(apsw.Connection(str(backup))) as source,
        closing(apsw.Connection(str(file))) as target,
        target.backup("main", source, "main") as copying,
    ):
        copying.step()


def test_a_restored_file_lacks_the_last_mark(tmp_path: Path) -> None:
    file, backup = tmp_path / "file.db", tmp_path / "backup.db"
    with closing(opened(file)) as db:
        mark = RestoreMark(db)
        assert not mark.was_restored()  # it has written none
        mark.write()
        db.execute("VACUUM INTO ?", (str(backup),))
        assert not mark.was_restored()
        restore(file, backup)
        assert not mark.was_restored()  # what was restored is what is there
        mark.write()
        restore(file, backup)
        assert mark.was_restored()
        mark.write()
        assert not mark.was_restored()


def test_a_mark_that_was_rolled_back_is_missed(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "file.db")) as db:
        mark = RestoreMark(db)
        db.execute("BEGIN")
        mark.write()
        db.execute("ROLLBACK")
        assert mark.was_restored()


def test_other_connections_leave_each_others_marks_alone(tmp_path: Path) -> None:
    file = tmp_path / "file.db"
    with closing(opened(file)) as db:
        mark, others = RestoreMark(db), [RestoreMark(db) for _ in range(40)]
        mark.write()
        for other in others:
            mark.write()
            other.write()
            assert not mark.was_restored()
            assert not other.was_restored()
        assert others[0].was_restored()  # only the latest are kept
        size = db.execute("SELECT length(value) FROM crsql_master").get
    assert isinstance(size, int)
    assert size <= 8 * 16
