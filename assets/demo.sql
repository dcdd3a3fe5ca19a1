-- The todo list of the demo: three copies of it, one on each side and one on the hub.
CREATE TABLE todo (
  id INTEGER PRIMARY KEY NOT NULL,
  text TEXT NOT NULL DEFAULT '',
  done INTEGER NOT NULL DEFAULT 0,
  list INTEGER
);
CREATE TABLE list (
  id INTEGER PRIMARY KEY NOT NULL,
  name TEXT NOT NULL DEFAULT ''
);
SELECT crsql_as_crr('todo');
SELECT crsql_as_crr('list');
