-- In the manner of a flash-card app: keys are times in milliseconds, references are undeclared, deck names are unique.
CREATE TABLE collection (
  id INTEGER PRIMARY KEY, created INT NOT NULL, modified INT NOT NULL, schema_modified INT NOT NULL, conf TEXT NOT NULL);
CREATE TABLE decks (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL COLLATE NOCASE, mtime INT NOT NULL, common BLOB);
CREATE UNIQUE INDEX decks_name ON decks (name);
CREATE TABLE notetypes (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL COLLATE NOCASE, mtime INT NOT NULL);
CREATE UNIQUE INDEX notetypes_name ON notetypes (name);
CREATE TABLE note_fields (
  ntid INT NOT NULL, ord INT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, config BLOB, PRIMARY KEY (ntid, ord))
  WITHOUT ROWID;
CREATE UNIQUE INDEX note_fields_name ON note_fields (name, ntid);
CREATE TABLE templates (
  ntid INT NOT NULL, ord INT NOT NULL, name TEXT NOT NULL, front TEXT NOT NULL, back TEXT NOT NULL,
  PRIMARY KEY (ntid, ord)) WITHOUT ROWID;
CREATE TABLE notes (
  id INTEGER PRIMARY KEY, guid TEXT NOT NULL, mid INT NOT NULL, mod INT NOT NULL, tags TEXT NOT NULL, flds TEXT NOT NULL,
  sfld INT NOT NULL, flags INT NOT NULL DEFAULT 0);
CREATE INDEX notes_sfld ON notes (sfld);
CREATE TABLE cards (
  id INTEGER PRIMARY KEY, nid INT NOT NULL, did INT NOT NULL, ord INT NOT NULL, mod INT NOT NULL,
  queue INT NOT NULL DEFAULT 0, due INT NOT NULL DEFAULT 0, ivl INT NOT NULL DEFAULT 0, reps INT NOT NULL DEFAULT 0);
CREATE INDEX cards_nid ON cards (nid);
CREATE TABLE revlog (
  id INTEGER PRIMARY KEY, cid INT NOT NULL, ease INT NOT NULL, ivl INT NOT NULL, time INT NOT NULL);
CREATE TABLE graves (oid INT NOT NULL, type INT NOT NULL, PRIMARY KEY (oid, type)) WITHOUT ROWID;
CREATE TABLE tags (tag TEXT NOT NULL PRIMARY KEY COLLATE NOCASE, collapsed BOOLEAN NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE config (key TEXT NOT NULL PRIMARY KEY, mtime INT NOT NULL, val BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO collection VALUES (1, 0, 0, 0, '{}');
INSERT INTO decks VALUES (1, 'Default', 0, NULL);
INSERT INTO notetypes VALUES (1700000000001, 'Basic', 0);
INSERT INTO note_fields VALUES (1700000000001, 0, 'Front', NULL), (1700000000001, 1, 'Back', NULL);
INSERT INTO templates VALUES (1700000000001, 0, 'Card 1', '{{Front}}', '{{Back}}');
