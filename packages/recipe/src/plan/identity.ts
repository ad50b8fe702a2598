// A stage's identity: the hash of all that decides its weights and metrics, and of nothing else.
import { sortedKeys } from "@cambium/ir";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Stage } from "./stage.js";
import { stageJson } from "./stage-json.js";

/** Part of every stage's identity: raise it when the same stage would give other bits. */
const identityVersion = 3;

/** All fields of a stage that do not decide its bits; every other field counts. */
export const notCounted: readonly (readonly string[])[] = [
  ["name"],
  // The checkpoint's fingerprint counts instead.
  ["start", "path"],
  ["distill", "from", "path"],
  // The engine puts whatever of it decides bits into `device`.
  ["engine"],
];

/** SHA-256 of the stage without the fields in `notCounted`, in hexadecimal digits. */
export function identityOf(stage: Stage): string {
  return digestOf([identityVersion, notCounted.reduce<unknown>(without, stageJson(stage))]);
}

/**
 * SHA-256 of plain data in hexadecimal digits, whatever the order of its keys: a stage read back from JSON has the
 * identity it was written with.
 */
export function digestOf(data: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(sortedKeys(data)))));
}

export function stageId(stage: Stage): string {
  return `${stage.name}-${identityOf(stage).slice(0, 12)}`;
}

function without(value: unknown, [key = "", ...rest]: readonly string[]): unknown {
  if (!isRecord(value) || !Object.hasOwn(value, key)) return value;
  const { [key]: held, ...others } = value;
  return rest.length === 0 ? others : { ...others, [key]: without(held, rest) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
