// The published cr-sqlite 0.16.0 as a process: commands on stdin, replies on stdout (see oracle.py).

import { resolve } from "node:path";
import { runner } from "./sql.mjs";
import { answer, serve } from "./wire.mjs";
import { load, SQLite } from "./wasm.mjs";

const wasm = await load("crsqlite-sync"); // nothing here suspends, and it is three times as fast
const { sqlite3, files, memory } = wasm;
const run = runner(wasm);
const dbs = new Map(); // label -> {handle, memoryName}; memoryName is null for a real file
let serial = 0;

const COLUMNS = '"table", "pk", "cid", "val", "col_version", "db_version", "site_id", "cl", "seq"';
const READ_WRITE = SQLite.SQLITE_OPEN_READWRITE;

function need(label) {
  const db = dbs.get(label);
  if (!db) throw new Error(`no database ${label}`);
  return db;
}

async function open(label, name, flags, memoryName) {
  if (dbs.has(label)) throw new Error(`database ${label} is open already`);
  const vfs = memoryName === null ? files.name : memory.name;
  const handle = await sqlite3.open_v2(name, flags, vfs);
  dbs.set(label, { handle, memoryName });
  const { rows } = await run(handle, "SELECT crsql_site_id()");
  return { site_id: rows[0][0] };
}

/** There is no shared memory here, so a file in WAL mode cannot be opened: mark the copy as rollback mode. */
function withoutWal(bytes) {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 20 && copy[18] === 2) copy[18] = copy[19] = 1;
  return copy;
}

async function changes(handle, since, exclude) {
  const filter = exclude ? " AND site_id IS NOT ?" : "";
  const sql = `SELECT ${COLUMNS} FROM crsql_changes WHERE db_version > ?${filter} ORDER BY db_version, seq`;
  return (await run(handle, sql, [exclude ? [since, exclude] : [since]])).rows;
}

/** Merge in one transaction; returns how many writes it made. */
async function apply(handle, list) {
  if (list.length === 0) return 0n;
  await run(handle, "BEGIN");
  try {
    await run(handle, `INSERT INTO crsql_changes (${COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)`, list);
    const { rows } = await run(handle, "SELECT crsql_rows_impacted()");
    await run(handle, "COMMIT");
    return rows[0][0];
  } catch (error) {
    await run(handle, "ROLLBACK").catch(() => {});
    throw error;
  }
}

const ops = {
  info: async () => ({ sqlite: sqlite3.libversion(), node: process.version }),

  open: async ({ db, path, create = true }) => {
    const flags = READ_WRITE | (create ? SQLite.SQLITE_OPEN_CREATE : 0);
    if (path) return open(db, files.alias(resolve(path)), flags, null);
    const name = `m${serial++}`;
    return open(db, name, flags, name);
  },

  /** A new memory database with the content of a database file. */
  import: async ({ db, bytes }) => {
    const name = `m${serial++}`;
    memory.put(name, withoutWal(bytes));
    return open(db, name, READ_WRITE, name);
  },

  export: async ({ db }) => {
    const { memoryName } = need(db);
    if (memoryName === null) throw new Error("only a memory database can be exported: read the file");
    return { bytes: memory.get(memoryName) };
  },

  close: async ({ db }) => {
    const { handle, memoryName } = need(db);
    dbs.delete(db);
    await run(handle, "SELECT crsql_finalize()");
    await sqlite3.close(handle);
    if (memoryName !== null) memory.drop(memoryName);
    return {};
  },

  exec: async ({ db, sql, args }) => run(need(db).handle, sql, args && [args]),
  executemany: async ({ db, sql, rows }) => run(need(db).handle, sql, rows),
  changes: async ({ db, since, exclude }) => ({ changes: await changes(need(db).handle, since, exclude) }),
  apply: async ({ db, changes: list }) => ({ impacted: await apply(need(db).handle, list) }),

  sync: async ({ db, to, since }) => {
    const list = await changes(need(db).handle, since);
    return { sent: list.length, impacted: await apply(need(to).handle, list) };
  },

  /** Run many commands; each has its own answer, and a failure does not stop the rest. */
  batch: async ({ commands }) => {
    const replies = [];
    for (const command of commands) replies.push(await answer(ops, command));
    return { replies };
  },
};

serve(ops);
