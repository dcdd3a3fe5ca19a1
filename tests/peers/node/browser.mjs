// The browser globals that the published client expects. Import this before any of its packages.

import { webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import "fake-indexeddb/auto";
import { WebSocket } from "ws";
import { LockManager } from "./locks.mjs";

/** What the sockets tell: `event` gets {event: "ws-open" | ...}, `frame` gets (direction, bytes). */
export const watch = { event: () => {}, frame: () => {} };

globalThis.self ??= globalThis;
globalThis.crypto ??= webcrypto; // Node 18

const navigator = globalThis.navigator ?? {}; // Node 18 and 20 have none
if (!navigator.locks) Object.defineProperty(navigator, "locks", { value: new LockManager() });
if (!globalThis.navigator) Object.defineProperty(globalThis, "navigator", { value: navigator });

// A real IndexedDB takes a DOMStringList of store names; this one wants an array.
const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function (names, ...rest) {
  return transaction.call(this, typeof names === "string" ? names : Array.from(names), ...rest);
};

// The package fetches its WASM file; Node's fetch knows no file: URLs.
const { fetch } = globalThis;
globalThis.fetch = async (target, options) => {
  const url = String(target?.url ?? target);
  if (!url.startsWith("file:")) return fetch(target, options);
  return new Response(await readFile(new URL(url)), { headers: { "content-type": "application/wasm" } });
};

globalThis.WebSocket = class extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols);
    // without a listener an error would end the process; a browser only fires `onerror` and `onclose`
    this.on("error", (error) => watch.event({ event: "ws-error", message: error.message || error.code }));
    this.on("open", () => watch.event({ event: "ws-open", protocol: this.protocol, extensions: this.extensions }));
    this.on("close", (code, reason) => watch.event({ event: "ws-close", status: code, reason: reason.toString() }));
    this.on("message", (data) => watch.frame("in", new Uint8Array(data)));
  }

  // A browser reports what a listener throws and carries on; here it would wedge the receiver.
  addEventListener(type, listener, options) {
    const guarded = (event) => {
      try {
        listener.call(this, event);
      } catch (error) {
        watch.event({ event: "listener-error", type, message: error.message });
      }
    };
    super.addEventListener(type, guarded, options);
  }

  send(data, ...rest) {
    watch.frame("out", new Uint8Array(data));
    return super.send(data, ...rest);
  }
};
