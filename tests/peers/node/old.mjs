// A SQLite of before UPSERT and STRICT (3.22, as sql.js 0.5.0 has it) as a process: see old.py.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { serve } from "./wire.mjs";

setFlagsFromString("--no-validate-asm"); // compiled ahead of time it would take many seconds to start
const SQL = createRequire(import.meta.url)("sql.js");

/** Run SQL on a file in rollback-journal mode that nobody else has open; it is written back when all of it succeeded. */
function exec({ path, sql }) {
  const db = new SQL.Database(readFileSync(path));
  try {
    const results = db.exec(sql);
    writeFileSync(path, db.export());
    return { rows: results.at(-1)?.values ?? [] };
  } finally {
    db.close();
  }
}

serve({
  info: () => ({ sqlite: new SQL.Database().exec("SELECT sqlite_version()")[0].values[0][0] }),
  exec,
});
