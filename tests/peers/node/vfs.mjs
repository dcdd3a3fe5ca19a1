// Two file systems for SQLite inside WASM: byte arrays in memory, and real files.
//
// Neither has locks or shared memory: one process at a time, and no WAL.

import {
  closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as VFS from "@vlcn.io/wa-sqlite/src/VFS.js";

const COMPANIONS = ["-journal", "-wal", "-shm"];

/** Real files, under short names: this build of SQLite allows 64 bytes for a path. */
export class FileVFS extends VFS.Base {
  name = "file-x";
  #paths = new Map(); // short name -> real path
  #open = new Map(); // file id -> {fd, path, flags}
  #temporary = 0;

  /** Choose the short name to open a real path by. */
  alias(path) {
    const name = `f${this.#paths.size}`;
    this.#paths.set(name, path);
    return name;
  }

  path(name) {
    for (const suffix of COMPANIONS) {
      const base = name.endsWith(suffix) && this.#paths.get(name.slice(0, -suffix.length));
      if (base) return base + suffix;
    }
    return this.#paths.get(name) ?? null;
  }

  #openFd(path, flags) {
    if (flags & VFS.SQLITE_OPEN_READONLY) return openSync(path, "r");
    if (existsSync(path)) return openSync(path, "r+");
    if (flags & VFS.SQLITE_OPEN_CREATE) return openSync(path, "w+");
    throw new Error(`no file ${path}`);
  }

  xOpen(name, id, flags, outFlags) {
    let path = name && this.path(name);
    if (!path) {
      path = join(tmpdir(), `syncline-oracle-${process.pid}-${this.#temporary++}`);
      flags |= VFS.SQLITE_OPEN_DELETEONCLOSE;
    }
    try {
      this.#open.set(id, { fd: this.#openFd(path, flags), path, flags });
    } catch {
      return VFS.SQLITE_CANTOPEN;
    }
    outFlags.setInt32(0, flags, true);
    return VFS.SQLITE_OK;
  }

  xClose(id) {
    const file = this.#open.get(id);
    if (!file) return VFS.SQLITE_OK;
    this.#open.delete(id);
    closeSync(file.fd);
    if (file.flags & VFS.SQLITE_OPEN_DELETEONCLOSE) unlinkSync(file.path);
    return VFS.SQLITE_OK;
  }

  xRead(id, out, offset) {
    const bytes = Buffer.alloc(out.byteLength); // zeroes past the end, as SQLite wants
    const count = readSync(this.#open.get(id).fd, bytes, 0, bytes.length, offset);
    out.set(bytes);
    return count < bytes.length ? VFS.SQLITE_IOERR_SHORT_READ : VFS.SQLITE_OK;
  }

  xWrite(id, data, offset) {
    const { fd } = this.#open.get(id);
    const bytes = Buffer.from(data); // a copy: the view into WASM memory cannot be written from
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
    }
    return VFS.SQLITE_OK;
  }

  xTruncate(id, size) {
    ftruncateSync(this.#open.get(id).fd, size);
    return VFS.SQLITE_OK;
  }

  xSync(id) {
    fsyncSync(this.#open.get(id).fd);
    return VFS.SQLITE_OK;
  }

  xFileSize(id, out) {
    out.setBigInt64(0, BigInt(fstatSync(this.#open.get(id).fd).size), true);
    return VFS.SQLITE_OK;
  }

  xDelete(name) {
    const path = this.path(name);
    if (path && existsSync(path)) unlinkSync(path);
    return VFS.SQLITE_OK;
  }

  xAccess(name, _flags, out) {
    const path = this.path(name);
    out.setInt32(0, path && existsSync(path) ? 1 : 0, true);
    return VFS.SQLITE_OK;
  }
}

/** Files as byte arrays; `get` and `put` hand over their content. */
export class MemoryVFS extends VFS.Base {
  name = "memory-x";
  #files = new Map(); // name -> {name, data, size}
  #open = new Map(); // file id -> one of those
  #temporary = 0;

  get(name) {
    const { data, size } = this.#files.get(name);
    return data.slice(0, size);
  }

  put(name, bytes) {
    this.#files.set(name, { name, data: bytes, size: bytes.length });
  }

  drop(name) {
    this.#files.delete(name);
  }

  xOpen(name, id, flags, outFlags) {
    name ||= `temporary ${this.#temporary++}`;
    if (!this.#files.has(name)) {
      if (!(flags & VFS.SQLITE_OPEN_CREATE)) return VFS.SQLITE_CANTOPEN;
      this.put(name, new Uint8Array(0));
    }
    const file = this.#files.get(name);
    file.flags = flags;
    this.#open.set(id, file);
    outFlags.setInt32(0, flags, true);
    return VFS.SQLITE_OK;
  }

  xClose(id) {
    const file = this.#open.get(id);
    this.#open.delete(id);
    if (file && file.flags & VFS.SQLITE_OPEN_DELETEONCLOSE) this.drop(file.name);
    return VFS.SQLITE_OK;
  }

  xRead(id, out, offset) {
    const file = this.#open.get(id);
    const part = file.data.subarray(Math.min(offset, file.size), Math.min(offset + out.byteLength, file.size));
    out.set(part);
    if (part.length === out.byteLength) return VFS.SQLITE_OK;
    for (let i = part.length; i < out.byteLength; i++) out[i] = 0;
    return VFS.SQLITE_IOERR_SHORT_READ;
  }

  xWrite(id, data, offset) {
    const file = this.#open.get(id);
    const end = offset + data.byteLength;
    if (end > file.data.length) {
      const grown = new Uint8Array(Math.max(end, 2 * file.data.length));
      grown.set(file.data.subarray(0, file.size));
      file.data = grown;
    }
    if (offset > file.size) file.data.fill(0, file.size, offset);
    file.data.set(data, offset);
    file.size = Math.max(file.size, end);
    return VFS.SQLITE_OK;
  }

  xTruncate(id, size) {
    const file = this.#open.get(id);
    file.size = Math.min(file.size, size);
    return VFS.SQLITE_OK;
  }

  xFileSize(id, out) {
    out.setBigInt64(0, BigInt(this.#open.get(id).size), true);
    return VFS.SQLITE_OK;
  }

  xDelete(name) {
    this.drop(name);
    return VFS.SQLITE_OK;
  }

  xAccess(name, _flags, out) {
    out.setInt32(0, this.#files.has(name) ? 1 : 0, true);
    return VFS.SQLITE_OK;
  }
}
