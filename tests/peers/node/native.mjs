// SQLite as apps on Node and Electron have it, a native module, as a process: see native.py. Its argument is the package.

import { serve } from "./wire.mjs";

const { default: Database } = await import(process.argv[2]);

const files = new Map();

/** Run statements in order on a file that stays open, or close it when there are none. */
function run({ path, statements }) {
  const db = files.get(path) ?? new Database(path);
  files.set(path, db);
  for (const sql of statements) db.exec(sql);
  if (!statements.length) {
    db.close();
    files.delete(path);
  }
  return {};
}

serve({
  info: () => ({ sqlite: new Database(":memory:").prepare("SELECT sqlite_version() AS version").get().version }),
  run,
});
