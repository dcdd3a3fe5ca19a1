// Stands in for the native extension's package: the WASM build has it linked in.

export const extensionPath = "(linked into the WASM build)";
