// The backend contract, the reference and null backends, and tools for backend authors.
export * from "./attention-layout.js";
export * from "./backends.js";
export { cacheFolder } from "./cache-folder.js";
export * from "./checks.js";
export * from "./contract.js";
export * from "./define.js";
export * from "./describe-device.js";
export * from "./device-parts.js";
export * from "./device-shell.js";
export * from "./inputs.js";
export * from "./ledger.js";
export * from "./null.js";
export * from "./op-times.js";
export * from "./pending.js";
export * from "./reference.js";
export * from "./setup.js";
