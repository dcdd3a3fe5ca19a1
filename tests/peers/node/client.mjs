// The unmodified @vlcn.io/ws-client, ws-browserdb and crsqlite-wasm (see stock_client.py).
//
//   node client.mjs '{"url": ..., "room": ..., "schema": SQL text, "schemaName": ..., "auth": ..., "frames": ...}'
//
// As in a browser, two connections share one database: the app's, and the worker's, which syncs.

import { createRequire } from "node:module";
import { watch } from "./browser.mjs";
import { Real, reportStrayErrors, send, serve } from "./wire.mjs";

const config = JSON.parse(process.argv[2]);
const DB_NAME = "client.db";
const SQLITE_ROW = 100;

reportStrayErrors();
watch.event = send;
for (const level of ["log", "info", "debug", "warn", "error"]) {
  console[level] = (...parts) => process.stderr.write(parts.map((part) => part?.stack ?? String(part)).join(" ") + "\n");
}

const { default: initWasm } = await import("@vlcn.io/crsqlite-wasm");
const { default: tblrx } = await import("@vlcn.io/rx-tbl");
globalThis.importScripts = () => {}; // ws-browserdb looks for this once, to tell a worker from a page
const { createDbProvider } = await import("@vlcn.io/ws-browserdb");
delete globalThis.importScripts;
const { createSyncedDB, defaultConfig } = await import("@vlcn.io/ws-client");
const { decode, tags } = await import("@vlcn.io/ws-common");

if (config.frames) {
  const names = Object.fromEntries(Object.entries(tags).map(([name, tag]) => [tag, name]));
  watch.frame = (direction, bytes) => {
    let type = null;
    try {
      type = names[decode(bytes)._tag];
    } catch {
      // a frame that the published codec cannot read is still reported
    }
    send({ event: "frame", direction, type, bytes });
  };
}

const require = createRequire(import.meta.url);
const wasmUrl = new URL("file://" + require.resolve("@vlcn.io/crsqlite-wasm/crsqlite.wasm")).href;
const app = await (await initWasm(() => wasmUrl)).open(DB_NAME);
await app.automigrateTo(config.schemaName, config.schema);
tblrx(app); // tells the worker's connection what the app's writes

const syncConfig = {
  dbProvider: createDbProvider(wasmUrl),
  transportProvider: defaultConfig.transportProvider,
};
let synced = null;

async function start() {
  if (synced) throw new Error("already started");
  const { url, room, auth: authToken } = config;
  synced = await createSyncedDB(syncConfig, DB_NAME, { url, room, authToken });
  await synced.start();
}

function read(api, statement, column) {
  switch (api.column_type(statement, column)) {
    case 1: return api.column_int64(statement, column);
    case 2: return new Real(api.column_double(statement, column));
    case 3: return api.column_text(statement, column);
    case 4: return api.column_blob(statement, column).slice();
    default: return null;
  }
}

function bind(api, statement, index, value) {
  if (value instanceof Real) return api.bind_double(statement, index, value.value);
  return value === null ? api.bind_null(statement, index) : api.bind(statement, index, value);
}

const exec = (sql, args) =>
  app.__mutex.runExclusive(async () => {
    const { api } = app;
    let result = { columns: [], rows: [] };
    for await (const statement of api.statements(app.db, sql)) {
      if (api.bind_parameter_count(statement) > 0) args.forEach((value, i) => bind(api, statement, i + 1, value));
      const columns = api.column_names(statement);
      const rows = [];
      while ((await api.step(statement)) === SQLITE_ROW) rows.push(columns.map((_, i) => read(api, statement, i)));
      if (columns.length > 0) result = { columns, rows };
    }
    return result;
  });

if (config.start) await start();
send({ event: "ready", site_id: app.siteid.toLowerCase() });

serve({
  exec: ({ sql, args = [] }) => exec(sql, args),
  start: async () => {
    await start();
    return {};
  },
  stop: async () => {
    synced?.stop();
    synced = null;
    return {};
  },
});
