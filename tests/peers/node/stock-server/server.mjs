// The unmodified @vlcn.io/ws-server on the WASM build (see stock_server.py).
//
//   node server.mjs PORT SCHEMA_FOLDER [DB_FOLDER]      port 0 picks one; the path is /vlcn-ws

import http from "node:http";
import { register } from "node:module";
import { reportStrayErrors, send, serve } from "../wire.mjs";

register("./hooks.mjs", import.meta.url);
reportStrayErrors();
// stdout belongs to the replies; the package logs there
for (const level of ["log", "info", "debug", "warn", "error"]) {
  console[level] = (...parts) => process.stderr.write(parts.map(String).join(" ") + "\n");
}

const { attachWebsocketServer } = await import("@vlcn.io/ws-server");
const { bindable, fromColumn } = await import("./better-sqlite3.mjs");

const [port, schemaFolder, dbFolder = null] = process.argv.slice(2);
const server = http.createServer((_request, response) => response.end("ok"));
const cache = attachWebsocketServer(server, {
  dbFolder,
  schemaFolder,
  pathPattern: /\/vlcn-ws/,
  appName: "peers",
  notifyLatencyMs: 10,
});

server.on("error", (error) => {
  process.stderr.write(`cannot listen: ${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), "127.0.0.1", () => send({ event: "ready", port: server.address().port }));

serve({
  /** Run one statement on the server's own connection to a room. */
  exec: ({ room, schema, sql, args = [] }) =>
    new Promise((done, failed) => {
      cache
        .use(room, schema, (room) => {
          const statement = room.getDB().prepare(sql).raw(true).safeIntegers(true);
          done({ rows: statement.all(...args.map(bindable)).map((row) => row.map(fromColumn)) });
        })
        .catch(failed);
    }),
});
