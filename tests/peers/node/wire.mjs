// The JSON lines that these processes and their Python drivers (peer.py) exchange.
//
// A plain JSON number is a number of the protocol (a port, an id). SQLite's values are kept apart:
//   INTEGER  {"$int": "5"}    <-> BigInt          TEXT  "plain string" <-> string
//   REAL     {"$real": "5.0"} <-> Real            TEXT that is not UTF-8  {"$text": "hex"} <-> RawText
//   BLOB     {"$blob": "hex"} <-> Uint8Array      NULL  null

import { createInterface } from "node:readline";

export class Real {
  constructor(value) {
    this.value = value;
  }
}

export class RawText {
  constructor(bytes) {
    this.bytes = bytes;
  }
}

const toHex = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
const fromHex = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));

function revive(_key, value) {
  if (value === null || typeof value !== "object") return value;
  if ("$int" in value) return BigInt(value.$int);
  if ("$real" in value) return new Real(Number(value.$real));
  if ("$blob" in value) return fromHex(value.$blob);
  if ("$text" in value) return new RawText(fromHex(value.$text));
  return value;
}

function replace(key, given) {
  const value = this[key]; // not `given`: Buffer.toJSON has already been applied to that
  if (typeof value === "bigint") return { $int: value.toString() };
  if (value instanceof Real) return { $real: Object.is(value.value, -0) ? "-0.0" : String(value.value) };
  if (value instanceof RawText) return { $text: toHex(value.bytes) };
  if (value instanceof Uint8Array) return { $blob: toHex(value) };
  return given;
}

export const parse = (line) => JSON.parse(line, revive);
export const stringify = (value) => JSON.stringify(value, replace);

/** Write one message: a reply (with an id) or an event (without). */
export function send(message) {
  process.stdout.write(stringify(message) + "\n");
}

const message = (error) => String(error?.message ?? error);

/** Run one command; a failure becomes an answer, never an exception. */
export async function answer(ops, command) {
  try {
    if (!Object.hasOwn(ops, command.op)) throw new Error(`unknown op ${command.op}`);
    return { ok: true, ...(await ops[command.op](command)) };
  } catch (error) {
    return { ok: false, error: message(error), code: typeof error?.code === "number" ? error.code : undefined };
  }
}

/** Answer commands from stdin one after another; end when stdin does. */
export function serve(ops) {
  process.stdout.on("error", () => process.exit(1)); // the driver has gone
  let chain = Promise.resolve();
  createInterface({ input: process.stdin, crlfDelay: Infinity })
    .on("line", (line) => {
      if (!line.trim()) return;
      chain = chain.then(async () => {
        let command;
        try {
          command = parse(line);
        } catch (error) {
          send({ ok: false, error: message(error) });
          return;
        }
        send({ ...(await answer(ops, command)), id: command.id });
      });
    })
    .on("close", () => chain.then(() => process.exit(0)));
}

/** Report what would otherwise end the process (a published package threw in a callback). */
export function reportStrayErrors() {
  process.on("uncaughtException", (error) => send({ event: "uncaughtException", error: message(error) }));
  process.on("unhandledRejection", (error) => send({ event: "unhandledRejection", error: message(error) }));
}
