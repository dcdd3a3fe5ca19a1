// Web Locks for one process: what the published browser packages ask `navigator.locks` for.

export class LockManager {
  #held = [];
  #waiting = [];

  request(name, options, callback) {
    if (typeof options === "function") [options, callback] = [{}, options];
    const { mode = "exclusive", ifAvailable, steal, signal } = options;
    return new Promise((resolve, reject) => {
      const lock = { name, mode, callback, resolve, reject };
      if (signal?.aborted) return reject(signal.reason);
      if (steal) {
        this.#held = this.#held.filter((held) => held.name !== name);
        return this.#grant(lock);
      }
      if (ifAvailable) {
        if (this.#free(lock, this.#waiting)) return this.#grant(lock);
        return Promise.resolve(null).then(callback).then(resolve, reject);
      }
      this.#waiting.push(lock);
      signal?.addEventListener("abort", () => this.#abandon(lock, signal.reason));
      return this.#grantWaiting();
    });
  }

  async query() {
    const describe = (locks) => locks.map(({ name, mode }) => ({ name, mode, clientId: "node" }));
    return { held: describe(this.#held), pending: describe(this.#waiting) };
  }

  #free(lock, ahead) {
    const blocks = (held) => held.name === lock.name && (held.mode === "exclusive" || lock.mode === "exclusive");
    return !this.#held.some(blocks) && !ahead.some((other) => other.name === lock.name);
  }

  #grantWaiting() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const lock of waiting) {
      if (this.#free(lock, this.#waiting)) this.#grant(lock);
      else this.#waiting.push(lock);
    }
  }

  #grant(lock) {
    this.#held.push(lock);
    Promise.resolve({ name: lock.name, mode: lock.mode })
      .then(lock.callback)
      .then(lock.resolve, lock.reject)
      .finally(() => {
        this.#held = this.#held.filter((held) => held !== lock);
        this.#grantWaiting();
      });
  }

  #abandon(lock, reason) {
    if (!this.#waiting.includes(lock)) return;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== lock);
    lock.reject(reason);
  }
}
