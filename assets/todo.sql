-- The file of the demo's to-do apps, as such an app would make it: it knows nothing of sync.
CREATE TABLE IF NOT EXISTS list (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS todo (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  list INTEGER REFERENCES list (id)
);
