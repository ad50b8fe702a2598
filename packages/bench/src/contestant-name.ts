// Parses a contestant's name: a backend, then options after colons, then a precision after an @: `onnx`,
// `tfjs:engine=node@bf16`, `./mine.js:threads=1`.
import type { BackendOptions } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { type Precision, precisions } from "@cambium/train";

export interface ContestantName {
  /** As given. */
  readonly name: string;
  /** A backend's name, its package or its path. */
  readonly backend: string;
  readonly options: BackendOptions;
  readonly precision: Precision;
}

/** @throws CambiumError `E_OPTION` for an unknown precision */
export function contestantNamed(name: string): ContestantName {
  const { before = name, after = "f32" } = /^(?<before>.+)@(?<after>\w+)$/.exec(name)?.groups ?? {};
  const precision = precisions.find((one) => one === after);
  if (precision === undefined)
    throw new CambiumError("E_OPTION", "a contestant has an unknown precision", {
      ...{ where: name, expected: precisions.join(", "), got: after },
    });
  const { backend = before, options = "" } = /^(?<backend>.+?)(?<options>(?::\w+=[^:]*)*)$/.exec(before)?.groups ?? {};
  const pairs = options.split(":").filter(Boolean);
  return { name, backend, options: Object.fromEntries(pairs.map(pair)), precision };
}

/** Each contestant in each precision; a contestant that names its own precision keeps only that. */
export function inPrecisions(names: readonly string[], wanted: readonly Precision[]): string[] {
  return names.flatMap((name) =>
    /.@\w+$/.test(name) ? [name] : wanted.map((precision) => (precision === "f32" ? name : `${name}@${precision}`)),
  );
}

function pair(text: string): [string, string | number | boolean] {
  const at = text.indexOf("=");
  const value = text.slice(at + 1);
  const plain = value === "true" || value === "false" ? value === "true" : Number(value);
  return [text.slice(0, at), value === "" || Number.isNaN(plain) ? value : plain];
}
