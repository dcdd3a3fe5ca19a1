// Runs SQL on the WASM build with every storage class kept exact (see wire.mjs).

import { SQLite } from "./wasm.mjs";
import { RawText, Real } from "./wire.mjs";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const I64 = [-(2n ** 63n), 2n ** 63n - 1n];

export function runner({ Module, sqlite3 }) {
  const native = (name, ...args) => Module.cwrap(`sqlite3_${name}`, "number", args.map(() => "number"));
  const columnType = native("column_type", 0, 0);
  const columnBytes = native("column_bytes", 0, 0);
  const columnText = native("column_text", 0, 0);
  const bindText = native("bind_text", 0, 0, 0, 0, 0);
  const bindBlob = native("bind_blob", 0, 0, 0, 0, 0);
  const free = Module._getSqliteFree();

  function text(statement, column) {
    const start = columnText(statement, column);
    const bytes = Module.HEAPU8.slice(start, start + columnBytes(statement, column));
    try {
      return decoder.decode(bytes);
    } catch {
      return new RawText(bytes);
    }
  }

  function read(statement, column) {
    switch (columnType(statement, column)) {
      case SQLite.SQLITE_INTEGER: return sqlite3.column_int64(statement, column);
      case SQLite.SQLITE_FLOAT: return new Real(sqlite3.column_double(statement, column));
      case SQLite.SQLITE_TEXT: return text(statement, column);
      case SQLite.SQLITE_BLOB: return Uint8Array.from(sqlite3.column_blob(statement, column));
      default: return null;
    }
  }

  function bindBytes(bindNative, statement, index, bytes) {
    const copy = Module._sqlite3_malloc(bytes.length + 1);
    Module.HEAPU8.set(bytes, copy);
    return bindNative(statement, index, copy, bytes.length, free);
  }

  function bindInteger(statement, index, value) {
    if (value < I64[0] || value > I64[1]) throw new Error(`integer out of range: ${value}`);
    return sqlite3.bind_int64(statement, index, value);
  }

  function bind(statement, index, value) {
    if (value === null) return sqlite3.bind_null(statement, index);
    if (typeof value === "bigint") return bindInteger(statement, index, value);
    if (value instanceof Real) return sqlite3.bind_double(statement, index, value.value);
    if (typeof value === "string") return bindBytes(bindText, statement, index, encoder.encode(value));
    if (value instanceof RawText) return bindBytes(bindText, statement, index, value.bytes);
    if (value instanceof Uint8Array) return bindBytes(bindBlob, statement, index, value);
    throw new Error(`cannot bind ${typeof value} ${JSON.stringify(value)}`);
  }

  async function rowsOf(statement, args) {
    args.forEach((value, i) => {
      const code = bind(statement, i + 1, value);
      if (code !== SQLite.SQLITE_OK) throw new Error(`cannot bind argument ${i + 1} (code ${code})`);
    });
    const rows = [];
    const count = sqlite3.column_count(statement);
    while ((await sqlite3.step(statement)) === SQLite.SQLITE_ROW) {
      rows.push(Array.from({ length: count }, (_, i) => read(statement, i)));
    }
    await sqlite3.reset(statement);
    return rows;
  }

  /**
   * Run every statement of `sql`; one with parameters runs once for each element of `argRows`.
   * Returns {columns, rows} of the last statement that has columns.
   */
  return async function run(db, sql, argRows = [[]]) {
    let result = { columns: [], rows: [] };
    const source = sqlite3.str_new(db, sql);
    let rest = sqlite3.str_value(source);
    try {
      for (;;) {
        const prepared = await sqlite3.prepare_v2(db, rest);
        if (prepared === null) return result;
        rest = prepared.sql;
        const { stmt } = prepared;
        try {
          const columns = sqlite3.column_names(stmt);
          const rows = [];
          for (const args of sqlite3.bind_parameter_count(stmt) > 0 ? argRows : [[]]) {
            rows.push(...(await rowsOf(stmt, args)));
          }
          if (columns.length > 0) result = { columns, rows };
        } finally {
          await sqlite3.finalize(stmt).catch(() => {}); // repeats the error of its last step
        }
      }
    } finally {
      sqlite3.str_finish(source);
    }
  };
}
