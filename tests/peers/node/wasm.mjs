// Loads the published cr-sqlite 0.16.0 (WASM) into Node.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import * as SQLite from "@vlcn.io/wa-sqlite";
import { FileVFS, MemoryVFS } from "./vfs.mjs";

export { SQLite };

const require = createRequire(import.meta.url);
const find = (file) => require.resolve(`@vlcn.io/wa-sqlite/dist/${file}`);

/**
 * @param build "crsqlite" (what browsers get; its calls may suspend) or "crsqlite-sync"
 * @returns {Module, sqlite3, files, memory}: the raw module, its JavaScript API, and the two file systems
 */
export async function load(build) {
  const { default: factory } = await import(pathToFileURL(find(`${build}.mjs`)).href);
  const log = (line) => process.stderr.write(line + "\n"); // stdout belongs to the replies
  const Module = await factory({
    wasmBinary: readFileSync(find(`${build}.wasm`)),
    locateFile: (file) => file,
    print: log,
    printErr: log,
  });
  const sqlite3 = SQLite.Factory(Module);
  const files = new FileVFS();
  const memory = new MemoryVFS();
  sqlite3.vfs_register(files);
  sqlite3.vfs_register(memory);
  return { Module, sqlite3, files, memory };
}
