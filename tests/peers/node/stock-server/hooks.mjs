// Module hooks: what the published server imports as native add-ons comes from the WASM build instead.

const REPLACED = {
  "better-sqlite3": "./better-sqlite3.mjs",
  "@vlcn.io/crsqlite": "./crsqlite.mjs",
};

export async function resolve(specifier, context, next) {
  const ours = REPLACED[specifier];
  return ours ? { url: new URL(ours, import.meta.url).href, shortCircuit: true } : next(specifier, context);
}
