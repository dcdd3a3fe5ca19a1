"""Two databases in the manner of well-known apps: a notes app's, and one that Android's Room library made.

Their keys are texts that the app makes. Each has what apps have: foreign keys with actions, columns that are NOT NULL,
triggers that feed a full-text index, write a log and set the time of a change.
"""

from __future__ import annotations

NOTES = """
CREATE TABLE version (version INT NOT NULL);
CREATE TABLE folders (
  id TEXT PRIMARY KEY, title TEXT NOT NULL DEFAULT '', created_time INT NOT NULL, updated_time INT NOT NULL,
  parent_id TEXT REFERENCES folders (id) ON DELETE CASCADE);
CREATE TABLE notes (
  id TEXT PRIMARY KEY, folder_id TEXT NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
  title TEXT NOT NULL DEFAULT "", body TEXT NOT NULL, created_time INT NOT NULL, updated_time INT NOT NULL,
  is_todo INT NOT NULL DEFAULT 0, due NUMERIC, latitude REAL, stars INT CHECK (stars BETWEEN 0 AND 5));
CREATE INDEX notes_title ON notes (title);
CREATE TABLE tags (id TEXT PRIMARY KEY, title TEXT NOT NULL COLLATE NOCASE, created_time INT NOT NULL);
CREATE TABLE note_tags (
  note_id TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE, tag_id TEXT NOT NULL REFERENCES tags (id),
  PRIMARY KEY (note_id, tag_id)) WITHOUT ROWID;
CREATE TABLE resources (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, mime TEXT NOT NULL, size INT NOT NULL DEFAULT -1, data BLOB);
CREATE TABLE note_resources (
  id TEXT PRIMARY KEY NOT NULL, note_id TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
  resource_id TEXT REFERENCES resources (id) ON DELETE SET NULL, is_associated INT NOT NULL);
CREATE TABLE revisions (
  id TEXT PRIMARY KEY, note_id TEXT NOT NULL, title_diff TEXT NOT NULL DEFAULT '', body_diff TEXT NOT NULL,
  created_time INT NOT NULL);
CREATE TABLE alarms (
  id TEXT PRIMARY KEY, note_id TEXT REFERENCES notes (id) ON DELETE CASCADE, trigger_time REAL NOT NULL);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE key_values (key TEXT NOT NULL, type INT NOT NULL, value ANY, PRIMARY KEY (type, key));
CREATE TABLE links (
  source TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE, target TEXT NOT NULL, label TEXT,
  length INT GENERATED ALWAYS AS (length(label)) STORED, PRIMARY KEY (source, target));
CREATE TABLE note_sizes (note_id TEXT PRIMARY KEY, size INT NOT NULL);
CREATE VIRTUAL TABLE notes_fts USING fts5 (title, body, content = 'notes', content_rowid = 'rowid');
CREATE VIEW todos AS SELECT * FROM notes WHERE is_todo;
CREATE TRIGGER notes_added AFTER INSERT ON notes BEGIN
  INSERT INTO notes_fts (rowid, title, body) VALUES (new.rowid, new.title, new.body);
END;
CREATE TRIGGER notes_removed AFTER DELETE ON notes BEGIN
  INSERT INTO notes_fts (notes_fts, rowid, title, body) VALUES ('delete', old.rowid, old.title, old.body);
END;
CREATE TRIGGER notes_changed AFTER UPDATE OF title, body ON notes BEGIN
  INSERT INTO notes_fts (notes_fts, rowid, title, body) VALUES ('delete', old.rowid, old.title, old.body);
  INSERT INTO notes_fts (rowid, title, body) VALUES (new.rowid, new.title, new.body);
END;
CREATE TRIGGER notes_touched AFTER UPDATE OF title, body ON notes WHEN new.updated_time = old.updated_time BEGIN
  UPDATE notes SET updated_time = old.updated_time + 1 WHERE id = new.id;
END;
CREATE TRIGGER notes_revised AFTER UPDATE OF body ON notes BEGIN
  INSERT INTO revisions VALUES (lower(hex(randomblob(16))), new.id, '', old.body, new.updated_time);
END;
CREATE TRIGGER notes_measured AFTER INSERT ON notes BEGIN
  INSERT OR REPLACE INTO note_sizes VALUES (new.id, length(new.body));
END;
CREATE TRIGGER notes_forgotten AFTER DELETE ON notes BEGIN DELETE FROM note_sizes WHERE note_id = old.id; END;
INSERT INTO version VALUES (41);
INSERT INTO folders VALUES ('home', 'Home', 0, 0, NULL);
"""

ROOM = """
CREATE TABLE android_metadata (locale TEXT);
CREATE TABLE room_master_table (id INTEGER PRIMARY KEY, identity_hash TEXT);
CREATE TABLE `lists` (`uid` TEXT NOT NULL, `name` TEXT NOT NULL, `color` INTEGER NOT NULL, `position` REAL NOT NULL,
  PRIMARY KEY(`uid`));
CREATE TABLE `tasks` (`uid` TEXT NOT NULL, `list_uid` TEXT NOT NULL, `title` TEXT NOT NULL, `notes` TEXT,
  `priority` INTEGER NOT NULL, `due` INTEGER, `completed` INTEGER NOT NULL, `parent_uid` TEXT, PRIMARY KEY(`uid`),
  FOREIGN KEY(`list_uid`) REFERENCES `lists`(`uid`) ON UPDATE NO ACTION ON DELETE CASCADE,
  FOREIGN KEY(`parent_uid`) REFERENCES `tasks`(`uid`) ON UPDATE NO ACTION ON DELETE SET NULL);
CREATE INDEX `index_tasks_list_uid` ON `tasks` (`list_uid`);
CREATE INDEX `index_tasks_parent_uid` ON `tasks` (`parent_uid`);
CREATE TABLE `places` (`uid` TEXT NOT NULL, `name` TEXT NOT NULL, `latitude` REAL NOT NULL, `longitude` REAL NOT NULL,
  `radius` INTEGER NOT NULL DEFAULT 250, PRIMARY KEY(`uid`));
CREATE TABLE `geofences` (`uid` TEXT NOT NULL, `task_uid` TEXT NOT NULL, `place_uid` TEXT NOT NULL,
  `arrival` INTEGER NOT NULL, PRIMARY KEY(`uid`),
  FOREIGN KEY(`task_uid`) REFERENCES `tasks`(`uid`) ON UPDATE NO ACTION ON DELETE CASCADE,
  FOREIGN KEY(`place_uid`) REFERENCES `places`(`uid`) ON UPDATE NO ACTION ON DELETE NO ACTION);
CREATE INDEX `index_geofences_task_uid` ON `geofences` (`task_uid`);
CREATE TABLE `alarms` (`uid` TEXT NOT NULL, `task_uid` TEXT NOT NULL, `time` INTEGER NOT NULL, `type` INTEGER NOT NULL,
  `repeat` INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(`uid`),
  FOREIGN KEY(`task_uid`) REFERENCES `tasks`(`uid`) ON UPDATE NO ACTION ON DELETE CASCADE);
CREATE INDEX `index_alarms_task_uid` ON `alarms` (`task_uid`);
CREATE TABLE `tags` (`task_uid` TEXT NOT NULL, `name` TEXT NOT NULL, `tag_uid` TEXT, PRIMARY KEY(`task_uid`, `name`),
  FOREIGN KEY(`task_uid`) REFERENCES `tasks`(`uid`) ON UPDATE NO ACTION ON DELETE CASCADE);
CREATE TABLE `comments` (`uid` TEXT NOT NULL, `task_uid` TEXT NOT NULL, `message` TEXT NOT NULL, `picture` BLOB,
  `created` INTEGER NOT NULL, PRIMARY KEY(`uid`),
  FOREIGN KEY(`task_uid`) REFERENCES `tasks`(`uid`) ON UPDATE NO ACTION ON DELETE CASCADE);
CREATE INDEX `index_comments_task_uid` ON `comments` (`task_uid`);
CREATE TABLE `attachments` (`uid` TEXT NOT NULL, `task_uid` TEXT NOT NULL, `name` TEXT NOT NULL, `uri` TEXT NOT NULL,
  PRIMARY KEY(`uid`), FOREIGN KEY(`task_uid`) REFERENCES `tasks`(`uid`) ON UPDATE NO ACTION ON DELETE CASCADE);
CREATE TABLE `filters` (`uid` TEXT NOT NULL, `title` TEXT NOT NULL, `sql` TEXT NOT NULL, `criteria` TEXT,
  `position` INTEGER NOT NULL, PRIMARY KEY(`uid`));
CREATE TABLE `accounts` (`uid` TEXT NOT NULL, `name` TEXT, `url` TEXT, `error` TEXT, `kind` INTEGER NOT NULL,
  PRIMARY KEY(`uid`));
CREATE TABLE `caldav_tasks` (`task_uid` TEXT NOT NULL, `calendar` TEXT NOT NULL, `etag` TEXT,
  `last_sync` INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(`task_uid`, `calendar`));
CREATE TABLE `preferences` (`name` TEXT NOT NULL, `value` TEXT NOT NULL, PRIMARY KEY(`name`)) WITHOUT ROWID;
CREATE VIRTUAL TABLE `tasks_fts` USING FTS4(`title` TEXT NOT NULL, `notes` TEXT, content=`tasks`);
CREATE TRIGGER room_fts_content_sync_tasks_fts_BEFORE_UPDATE BEFORE UPDATE ON `tasks` BEGIN
  DELETE FROM `tasks_fts` WHERE `docid`=OLD.`rowid`;
END;
CREATE TRIGGER room_fts_content_sync_tasks_fts_BEFORE_DELETE BEFORE DELETE ON `tasks` BEGIN
  DELETE FROM `tasks_fts` WHERE `docid`=OLD.`rowid`;
END;
CREATE TRIGGER room_fts_content_sync_tasks_fts_AFTER_UPDATE AFTER UPDATE ON `tasks` BEGIN
  INSERT INTO `tasks_fts`(`docid`, `title`, `notes`) VALUES (NEW.`rowid`, NEW.`title`, NEW.`notes`);
END;
CREATE TRIGGER room_fts_content_sync_tasks_fts_AFTER_INSERT AFTER INSERT ON `tasks` BEGIN
  INSERT INTO `tasks_fts`(`docid`, `title`, `notes`) VALUES (NEW.`rowid`, NEW.`title`, NEW.`notes`);
END;
INSERT INTO android_metadata VALUES ('de_DE');
INSERT INTO room_master_table VALUES (42, 'c0ffee');
INSERT INTO lists VALUES ('inbox', 'Inbox', 0, 0.5);
"""

WRITER = '''
"""An app at work: writes at random, each write a transaction as sqlite3 begins it, or several in one."""
import json, random, sqlite3, sys

path, script, who, count, seed = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
first = int(sys.argv[6]) if len(sys.argv) > 6 else 0
db = sqlite3.connect(path)
db.execute("PRAGMA foreign_keys = ON")
choose = random.Random(seed)
made = 0
named = [0]

def text():
    return choose.choice(["a", "Ärger", "x" * choose.randrange(200), "words of a note", ""])

for n in range(first, first + count):
    names = {"who": who, "n": n, "text": text(), "number": choose.randrange(1000), "stars": choose.randrange(6),
        "new": f"{who}-{n}", "mine": f"{who}-{choose.choice(named)}", "real": choose.random()}
    names["any"] = choose.choice([names["mine"], f"{choose.choice('ABC')}-{choose.randrange(n + 1)}"])
    statement = choose.choice(script)
    wrote = db.execute(statement, names).rowcount > 0
    made += wrote
    if wrote and ":new" in statement:
        named.append(n)
    if choose.random() < 0.7:
        db.commit()
db.commit()
assert made > count // 8, made
print("done", flush=True)
'''
"""``WRITER path statements who count seed [first]``.

Rows whose children the other machine may add are never deleted.
"""

NOTES_WRITES = [
    "INSERT INTO notes (id, folder_id, title, body, created_time, updated_time, stars)"
    " VALUES (:new, 'home', :text, :text, :n, :n, :stars)",
    "INSERT INTO notes VALUES (:new, 'home', :text, 'body', :n, :n, 0, NULL, :real, NULL)",
    "INSERT INTO folders VALUES (:new, :text, :n, :n, 'home')",
    "INSERT INTO notes (id, folder_id, body, created_time, updated_time) SELECT :new, id, :text, :n, :n FROM folders"
    " WHERE id = :mine",
    "UPDATE notes SET body = :text WHERE id = :any",
    "UPDATE notes SET title = :text, updated_time = :n, stars = :stars WHERE id = :any",
    "UPDATE notes SET is_todo = 1 - is_todo WHERE rowid % 7 = :n % 7 AND id = :any",
    "UPDATE folders SET title = :text WHERE id = :any",
    "DELETE FROM notes WHERE id = :mine",
    "DELETE FROM folders WHERE id = :mine",
    "INSERT OR IGNORE INTO tags VALUES (:text || :stars, :text, :n)",
    "INSERT OR IGNORE INTO note_tags SELECT id, (SELECT id FROM tags LIMIT 1) FROM notes WHERE id = :mine"
    " AND EXISTS (SELECT 1 FROM tags)",
    "DELETE FROM note_tags WHERE note_id = :any",
    "INSERT INTO resources VALUES (:new, :text, 'image/png', :number, zeroblob(:number))",
    "UPDATE resources SET data = CAST(:text AS BLOB), size = length(:text) WHERE id = :any",
    "INSERT INTO note_resources SELECT :new, id, NULL, 1 FROM notes WHERE id = :mine",
    "INSERT INTO settings VALUES ('key' || :stars, :text) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    "REPLACE INTO key_values VALUES ('key' || :stars, 1, :real)",
    "REPLACE INTO key_values VALUES ('key' || :stars, 1, :number)",
    "INSERT OR REPLACE INTO links (source, target, label) SELECT id, :any, :text FROM notes WHERE id = :mine",
    "INSERT INTO alarms SELECT :new, id, :real FROM notes WHERE id = :mine",
    "UPDATE alarms SET trigger_time = trigger_time + 1 WHERE id = :any",
    "UPDATE settings SET value = value || 'x' WHERE length(value) < 50",
]

ROOM_WRITES = [
    "INSERT INTO tasks VALUES (:new, 'inbox', :text, NULL, :stars, NULL, 0, NULL)",
    "INSERT INTO tasks VALUES (:new, 'inbox', :text, :text, :stars, :n, 0, NULL)",
    "INSERT INTO tasks SELECT :new, list_uid, :text, NULL, 0, 0, 0, uid FROM tasks WHERE uid = :mine",
    "INSERT INTO lists VALUES (:new, :text, :number, :real)",
    "UPDATE tasks SET title = :text WHERE uid = :any",
    "UPDATE tasks SET completed = :n, notes = :text, priority = priority + 1 WHERE uid = :any",
    "UPDATE tasks SET completed = :n WHERE substr(uid, -2) = '11'",
    "UPDATE lists SET position = :real, name = :text WHERE uid = :any",
    "DELETE FROM tasks WHERE uid = :mine",
    "DELETE FROM lists WHERE uid = :mine",
    "INSERT INTO places (uid, name, latitude, longitude) VALUES (:new, :text, :real, -:real)",
    "INSERT INTO geofences SELECT :new, t.uid, p.uid, 1 FROM tasks t, places p WHERE t.uid = :mine LIMIT 1",
    "INSERT INTO alarms (uid, task_uid, time, type) SELECT :new, uid, :n, 0 FROM tasks WHERE uid = :mine",
    "INSERT OR REPLACE INTO tags SELECT uid, 'tag' || :stars, :text FROM tasks WHERE uid = :mine",
    "UPDATE OR IGNORE tags SET name = 'tag' || :stars WHERE task_uid = :any",
    "INSERT INTO comments SELECT :new, uid, :text, randomblob(:number), :n FROM tasks WHERE uid = :mine",
    "UPDATE comments SET message = :text WHERE uid = :any",
    "INSERT INTO attachments SELECT :new, uid, :text, 'content://' || :n FROM tasks WHERE uid = :mine",
    "REPLACE INTO filters VALUES ('f' || :stars, :text, 'SELECT 1', NULL, :n)",
    "INSERT INTO preferences VALUES ('p' || :stars, :text) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    "DELETE FROM preferences WHERE name = 'p' || :stars",
    "INSERT OR IGNORE INTO caldav_tasks VALUES (:any, 'cal' || :stars, NULL, :n)",
    "UPDATE caldav_tasks SET etag = :text, last_sync = :n WHERE calendar = 'cal' || :stars",
    "REPLACE INTO accounts VALUES ('acc' || :stars, :text, NULL, NULL, :n)",
]
