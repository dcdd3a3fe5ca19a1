-- In the manner of a browser's history: auto-numbered keys with unique guids beside them, counters kept by triggers.
CREATE TABLE origins (
  id INTEGER PRIMARY KEY, prefix TEXT NOT NULL, host TEXT NOT NULL, frecency INT NOT NULL DEFAULT 0,
  UNIQUE (prefix, host));
CREATE TABLE places (
  id INTEGER PRIMARY KEY, url TEXT NOT NULL, url_hash INT NOT NULL DEFAULT 0, title TEXT,
  visit_count INT NOT NULL DEFAULT 0, last_visit INT, guid TEXT NOT NULL,
  origin_id INT REFERENCES origins (id));
CREATE INDEX places_url_hash ON places (url_hash);
CREATE UNIQUE INDEX places_guid ON places (guid);
CREATE TABLE visits (
  id INTEGER PRIMARY KEY, from_visit INT, place_id INT NOT NULL, visit_date INT NOT NULL,
  visit_type INT NOT NULL DEFAULT 1);
CREATE INDEX visits_place ON visits (place_id, visit_date);
CREATE TABLE input_history (
  place_id INT NOT NULL, input TEXT NOT NULL, use_count INT NOT NULL DEFAULT 1, PRIMARY KEY (place_id, input));
CREATE TABLE bookmarks (
  id INTEGER PRIMARY KEY, type INT NOT NULL, fk INT DEFAULT NULL REFERENCES places (id),
  parent INT REFERENCES bookmarks (id), position INT NOT NULL DEFAULT 0, title TEXT, added INT, guid TEXT NOT NULL);
CREATE UNIQUE INDEX bookmarks_guid ON bookmarks (guid);
CREATE INDEX bookmarks_parent ON bookmarks (parent, position);
CREATE TABLE bookmarks_deleted (guid TEXT PRIMARY KEY, removed INT NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE keywords (
  id INTEGER PRIMARY KEY AUTOINCREMENT, keyword TEXT NOT NULL UNIQUE, place_id INT NOT NULL REFERENCES places (id),
  post_data TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX keywords_place ON keywords (place_id, post_data);
CREATE TABLE annotation_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE annotations (
  id INTEGER PRIMARY KEY, place_id INT NOT NULL, name_id INT NOT NULL REFERENCES annotation_names (id), content TEXT);
CREATE UNIQUE INDEX annotations_of_place ON annotations (place_id, name_id);
CREATE TABLE previews (hash TEXT NOT NULL PRIMARY KEY, taken INT NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TRIGGER visits_added AFTER INSERT ON visits BEGIN
  UPDATE places SET visit_count = visit_count + 1, last_visit = max(coalesce(last_visit, 0), new.visit_date)
  WHERE id = new.place_id;
END;
CREATE TRIGGER bookmarks_removed AFTER DELETE ON bookmarks BEGIN
  INSERT OR IGNORE INTO bookmarks_deleted VALUES (old.guid, coalesce(old.added, 0));
END;
INSERT INTO bookmarks (id, type, parent, title, guid)
  VALUES (1, 2, NULL, '', 'root________'), (2, 2, 1, 'menu', 'menu________'), (3, 2, 1, 'toolbar', 'toolbar_____');
