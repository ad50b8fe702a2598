// How a contestant is written: a backend, with options behind colons: `onnx`, `tfjs:engine=wasm`, `./mine.js:threads=1`.
import type { BackendOptions } from "@cambium/backend";

export interface ContestantName {
  /** As given. */
  readonly name: string;
  /** A backend's name, its package or its path. */
  readonly backend: string;
  readonly options: BackendOptions;
}

export function contestantNamed(name: string): ContestantName {
  const { backend = name, options = "" } = /^(?<backend>.+?)(?<options>(?::\w+=[^:]*)*)$/.exec(name)?.groups ?? {};
  const pairs = options.split(":").filter(Boolean);
  return { name, backend, options: Object.fromEntries(pairs.map(pair)) };
}

function pair(text: string): [string, string | number | boolean] {
  const at = text.indexOf("=");
  const value = text.slice(at + 1);
  const plain = value === "true" || value === "false" ? value === "true" : Number(value);
  return [text.slice(0, at), value === "" || Number.isNaN(plain) ? value : plain];
}
