-- In the manner of a notes app: text keys that the app makes, names that stay unique, bookkeeping of its own sync.
CREATE TABLE version (version INT NOT NULL);
CREATE TABLE folders (
  id TEXT PRIMARY KEY, title TEXT NOT NULL DEFAULT '', created_time INT NOT NULL, updated_time INT NOT NULL,
  parent_id TEXT NOT NULL DEFAULT '', icon TEXT NOT NULL DEFAULT '');
CREATE INDEX folders_title ON folders (title);
CREATE TABLE notes (
  id TEXT PRIMARY KEY, parent_id TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL DEFAULT '', created_time INT NOT NULL, updated_time INT NOT NULL,
  latitude NUMERIC NOT NULL DEFAULT 0, is_todo INT NOT NULL DEFAULT 0, todo_due INT NOT NULL DEFAULT 0,
  "order" NUMERIC NOT NULL DEFAULT 0);
CREATE INDEX notes_updated ON notes (updated_time);
CREATE TABLE tags (id TEXT PRIMARY KEY, title TEXT NOT NULL DEFAULT '', created_time INT NOT NULL);
CREATE UNIQUE INDEX tags_title ON tags (title COLLATE NOCASE);
CREATE TABLE note_tags (id TEXT PRIMARY KEY, note_id TEXT NOT NULL, tag_id TEXT NOT NULL, created_time INT NOT NULL);
CREATE INDEX note_tags_note ON note_tags (note_id);
CREATE TABLE resources (
  id TEXT PRIMARY KEY, title TEXT NOT NULL DEFAULT '', mime TEXT NOT NULL, size INT NOT NULL DEFAULT -1, data BLOB);
CREATE TABLE note_resources (
  id INTEGER PRIMARY KEY, note_id TEXT NOT NULL, resource_id TEXT NOT NULL, is_associated INT NOT NULL,
  UNIQUE (note_id, resource_id));
CREATE TABLE revisions (
  id TEXT PRIMARY KEY, parent_id TEXT NOT NULL DEFAULT '', item_id TEXT NOT NULL, title_diff TEXT NOT NULL DEFAULT '',
  body_diff TEXT NOT NULL DEFAULT '', created_time INT NOT NULL);
CREATE TABLE alarms (id INTEGER PRIMARY KEY AUTOINCREMENT, note_id TEXT NOT NULL, trigger_time INT NOT NULL);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE key_values (
  id INTEGER PRIMARY KEY, "key" TEXT NOT NULL, type INT NOT NULL, value TEXT NOT NULL, updated_time INT NOT NULL);
CREATE UNIQUE INDEX key_values_key ON key_values ("key");
CREATE VIRTUAL TABLE notes_fts USING fts5 (title, body, content = 'notes', content_rowid = 'rowid');
CREATE TRIGGER notes_added AFTER INSERT ON notes BEGIN
  INSERT INTO notes_fts (rowid, title, body) VALUES (new.rowid, new.title, new.body);
END;
CREATE TRIGGER notes_removed AFTER DELETE ON notes BEGIN
  INSERT INTO notes_fts (notes_fts, rowid, title, body) VALUES ('delete', old.rowid, old.title, old.body);
END;
CREATE TRIGGER notes_changed AFTER UPDATE ON notes BEGIN
  INSERT INTO notes_fts (notes_fts, rowid, title, body) VALUES ('delete', old.rowid, old.title, old.body);
  INSERT INTO notes_fts (rowid, title, body) VALUES (new.rowid, new.title, new.body);
END;
INSERT INTO version VALUES (41);
