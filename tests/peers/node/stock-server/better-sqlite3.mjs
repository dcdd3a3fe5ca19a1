// The part of better-sqlite3's interface that the published server uses, on the WASM build.
//
// As there: a JavaScript number is bound as REAL, a BigInt as INTEGER; safeIntegers() reads INTEGER as BigInt.

import { resolve } from "node:path";
import { load, SQLite } from "../wasm.mjs";
import { Real } from "../wire.mjs";

const { Module, files } = await load("crsqlite-sync");

const native = (name, count, result = "number") =>
  Module.cwrap(`sqlite3_${name}`, result, Array(count).fill("number"));
const sqlite = {
  open: Module.cwrap("sqlite3_open_v2", "number", ["string", "number", "number", "number"]),
  close: native("close", 1),
  message: native("errmsg", 1, "string"),
  prepare: native("prepare_v2", 5),
  step: native("step", 1),
  reset: native("reset", 1),
  finalize: native("finalize", 1),
  columnCount: native("column_count", 1),
  columnName: native("column_name", 2, "string"),
  columnType: native("column_type", 2),
  columnInt64: native("column_int64", 2),
  columnDouble: native("column_double", 2),
  columnText: native("column_text", 2),
  columnBlob: native("column_blob", 2),
  columnBytes: native("column_bytes", 2),
  parameterCount: native("bind_parameter_count", 1),
  bindNull: native("bind_null", 2),
  bindDouble: native("bind_double", 3),
  bindInt64: native("bind_int64", 4), // low and high half
  bindText: native("bind_text", 5),
  bindBlob: native("bind_blob", 5),
};
const free = Module._getSqliteFree();
const out = Module._malloc(8); // two pointers: what open and prepare hand back
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class SqliteError extends Error {}

/** A driver's value as better-sqlite3 takes it. */
export const bindable = (value) => (value instanceof Real ? value.value : value);
/** A column's value as the driver takes it. */
export const fromColumn = (value) => (typeof value === "number" ? new Real(value) : value);

function allocate(bytes) {
  const start = Module._sqlite3_malloc(bytes.length + 1);
  Module.HEAPU8.set(bytes, start);
  Module.HEAPU8[start + bytes.length] = 0;
  return start;
}

/** Call `use` with a C string that lives as long as the call. */
function withText(text, use) {
  const start = allocate(encoder.encode(text));
  try {
    return use(start);
  } finally {
    Module._sqlite3_free(start);
  }
}

class Statement {
  #db;
  #handle;
  #pluck = false;
  #raw = false;
  #safe = false;

  constructor(db, handle) {
    this.#db = db;
    this.#handle = handle;
  }

  pluck(on = true) {
    this.#pluck = on;
    return this;
  }

  raw(on = true) {
    this.#raw = on;
    return this;
  }

  safeIntegers(on = true) {
    this.#safe = on;
    return this;
  }

  #bindOne(index, value) {
    const handle = this.#handle;
    if (value === null || value === undefined) return sqlite.bindNull(handle, index);
    if (typeof value === "number") return sqlite.bindDouble(handle, index, value);
    if (typeof value === "bigint") {
      return sqlite.bindInt64(handle, index, Number(BigInt.asIntN(32, value)), Number(value >> 32n));
    }
    if (typeof value === "string") {
      const bytes = encoder.encode(value);
      return sqlite.bindText(handle, index, allocate(bytes), bytes.length, free);
    }
    if (ArrayBuffer.isView(value)) return sqlite.bindBlob(handle, index, allocate(value), value.length, free);
    throw new TypeError("SQLite3 can only bind numbers, strings, bigints, buffers, and null");
  }

  #bind(args) {
    const want = sqlite.parameterCount(this.#handle);
    if (args.length !== want) throw new RangeError(`expected ${want} arguments, got ${args.length}`);
    args.forEach((value, i) => {
      const code = this.#bindOne(i + 1, value);
      if (code !== SQLite.SQLITE_OK) throw new SqliteError(`cannot bind argument ${i + 1} (code ${code})`);
    });
  }

  #integer(column) {
    const low = sqlite.columnInt64(this.#handle, column);
    const high = Module.getTempRet0();
    const value = (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(low));
    return this.#safe ? value : Number(value);
  }

  #bytes(start, column) {
    return Module.HEAPU8.slice(start, start + sqlite.columnBytes(this.#handle, column));
  }

  #column(column) {
    const handle = this.#handle;
    switch (sqlite.columnType(handle, column)) {
      case SQLite.SQLITE_INTEGER: return this.#integer(column);
      case SQLite.SQLITE_FLOAT: return sqlite.columnDouble(handle, column);
      case SQLite.SQLITE_TEXT: return decoder.decode(this.#bytes(sqlite.columnText(handle, column), column));
      case SQLite.SQLITE_BLOB: return Buffer.from(this.#bytes(sqlite.columnBlob(handle, column), column));
      default: return null;
    }
  }

  #row() {
    if (this.#pluck) return this.#column(0);
    const columns = Array.from({ length: sqlite.columnCount(this.#handle) }, (_, i) => i);
    if (this.#raw) return columns.map((i) => this.#column(i));
    return Object.fromEntries(columns.map((i) => [sqlite.columnName(this.#handle, i), this.#column(i)]));
  }

  *#rows(args) {
    this.#bind(args);
    try {
      for (;;) {
        const code = sqlite.step(this.#handle);
        if (code === SQLite.SQLITE_DONE) return;
        if (code !== SQLite.SQLITE_ROW) throw new SqliteError(`${sqlite.message(this.#db)} (code ${code})`);
        yield this.#row();
      }
    } finally {
      sqlite.reset(this.#handle);
    }
  }

  all(...args) {
    return [...this.#rows(args)];
  }

  get(...args) {
    for (const row of this.#rows(args)) return row;
    return undefined;
  }

  run(...args) {
    for (const _row of this.#rows(args));
    return { changes: 0, lastInsertRowid: 0 };
  }

  finalize() {
    sqlite.finalize(this.#handle);
  }
}

export default class Database {
  #handle;
  #statements = new Set();
  #depth = 0;

  constructor(path) {
    const flags = SQLite.SQLITE_OPEN_CREATE | SQLite.SQLITE_OPEN_READWRITE;
    const code =
      path === ":memory:"
        ? sqlite.open(path, out, flags, 0)
        : withText(files.name, (vfs) => sqlite.open(files.alias(resolve(path)), out, flags, vfs));
    this.#handle = Module.getValue(out, "*");
    if (code !== SQLite.SQLITE_OK) throw new SqliteError(`cannot open ${path} (code ${code})`);
    Module.ccall("RegisterExtensionFunctions", "void", ["number"], [this.#handle]);
  }

  #check(code) {
    if (code !== SQLite.SQLITE_OK) throw new SqliteError(`${sqlite.message(this.#handle)} (code ${code})`);
  }

  prepare(sql) {
    withText(sql, (start) => this.#check(sqlite.prepare(this.#handle, start, -1, out, out + 4)));
    const statement = new Statement(this.#handle, Module.getValue(out, "*"));
    this.#statements.add(statement);
    return statement;
  }

  exec(sql) {
    withText(sql, (start) => {
      for (let rest = start; ; rest = Module.getValue(out + 4, "*")) {
        this.#check(sqlite.prepare(this.#handle, rest, -1, out, out + 4));
        const statement = Module.getValue(out, "*");
        if (!statement) return;
        const next = Module.getValue(out + 4, "*");
        while (sqlite.step(statement) === SQLite.SQLITE_ROW);
        this.#check(sqlite.finalize(statement)); // repeats the error of its last step
        Module.setValue(out + 4, next, "*"); // what ran may have used `out` for its own
      }
    });
    return this;
  }

  pragma(text) {
    return this.prepare(`PRAGMA ${text}`).all();
  }

  loadExtension() {
    return this;
  }

  transaction(work) {
    return (...args) => {
      const depth = this.#depth++;
      this.exec(depth ? `SAVEPOINT t${depth}` : "BEGIN");
      try {
        const result = work(...args);
        this.exec(depth ? `RELEASE t${depth}` : "COMMIT");
        return result;
      } catch (error) {
        this.exec(depth ? `ROLLBACK TO t${depth}; RELEASE t${depth}` : "ROLLBACK");
        throw error;
      } finally {
        this.#depth--;
      }
    };
  }

  close() {
    for (const statement of this.#statements) statement.finalize();
    sqlite.close(this.#handle);
  }
}
