-- In the manner of a reference manager: auto-numbered keys, unique names, foreign keys four tables deep.
CREATE TABLE version (schema TEXT PRIMARY KEY, version INT NOT NULL);
CREATE TABLE libraries (library_id INTEGER PRIMARY KEY, type TEXT NOT NULL, editable INT NOT NULL DEFAULT 1);
CREATE TABLE item_types (type_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE fields (field_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, format TEXT);
CREATE TABLE items (
  item_id INTEGER PRIMARY KEY, type_id INT NOT NULL REFERENCES item_types (type_id),
  library_id INT NOT NULL REFERENCES libraries (library_id) ON DELETE CASCADE, key TEXT NOT NULL,
  added TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, modified TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (library_id, key));
CREATE TABLE item_data_values (value_id INTEGER PRIMARY KEY, value UNIQUE);
CREATE TABLE item_data (
  item_id INT REFERENCES items (item_id) ON DELETE CASCADE, field_id INT REFERENCES fields (field_id),
  value_id INT REFERENCES item_data_values (value_id), PRIMARY KEY (item_id, field_id));
CREATE TABLE creators (
  creator_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, field_mode INT,
  UNIQUE (last_name, first_name, field_mode));
CREATE TABLE item_creators (
  item_id INT NOT NULL REFERENCES items (item_id) ON DELETE CASCADE,
  creator_id INT NOT NULL REFERENCES creators (creator_id) ON DELETE CASCADE, role INT NOT NULL DEFAULT 1,
  order_index INT NOT NULL DEFAULT 0 CHECK (order_index >= 0), PRIMARY KEY (item_id, creator_id, role, order_index),
  UNIQUE (item_id, order_index));
CREATE TABLE collections (
  collection_id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL,
  parent_id INT DEFAULT NULL REFERENCES collections (collection_id) ON DELETE CASCADE,
  library_id INT NOT NULL REFERENCES libraries (library_id) ON DELETE CASCADE, UNIQUE (library_id, key));
CREATE TABLE collection_items (
  collection_id INT NOT NULL REFERENCES collections (collection_id) ON DELETE CASCADE,
  item_id INT NOT NULL REFERENCES items (item_id) ON DELETE CASCADE, order_index INT NOT NULL DEFAULT 0,
  PRIMARY KEY (collection_id, item_id));
CREATE TABLE tags (tag_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE item_tags (
  item_id INT NOT NULL REFERENCES items (item_id) ON DELETE CASCADE,
  tag_id INT NOT NULL REFERENCES tags (tag_id) ON DELETE CASCADE, type INT NOT NULL, PRIMARY KEY (item_id, tag_id));
CREATE TABLE item_notes (
  item_id INTEGER PRIMARY KEY REFERENCES items (item_id) ON DELETE CASCADE,
  parent_item_id INT REFERENCES items (item_id) ON DELETE CASCADE, note TEXT, title TEXT);
CREATE TABLE item_attachments (
  item_id INTEGER PRIMARY KEY REFERENCES items (item_id) ON DELETE CASCADE,
  parent_item_id INT REFERENCES items (item_id) ON DELETE CASCADE, content_type TEXT, path TEXT);
CREATE TABLE item_relations (
  item_id INT NOT NULL REFERENCES items (item_id) ON DELETE CASCADE, predicate TEXT NOT NULL, object TEXT NOT NULL,
  PRIMARY KEY (item_id, predicate, object));
CREATE TABLE saved_searches (
  search_id INTEGER PRIMARY KEY, name TEXT NOT NULL,
  library_id INT NOT NULL REFERENCES libraries (library_id) ON DELETE CASCADE);
CREATE TABLE search_conditions (
  search_id INT NOT NULL REFERENCES saved_searches (search_id) ON DELETE CASCADE, condition_id INT NOT NULL,
  condition TEXT NOT NULL, operator TEXT, value TEXT, PRIMARY KEY (search_id, condition_id));
INSERT INTO version VALUES ('userdata', 120);
INSERT INTO libraries VALUES (1, 'user', 1);
INSERT INTO item_types VALUES (1, 'book'), (2, 'note'), (3, 'attachment');
INSERT INTO fields VALUES (1, 'title', NULL), (2, 'date', NULL), (3, 'publisher', NULL);
