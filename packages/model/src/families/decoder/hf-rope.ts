// The rotary part of Hugging Face's config.json: `rope_theta` and `rope_scaling`, or `rope_parameters`.
import type { Reason } from "@cambium/ir";
import { isObject, type Json } from "../../hf/json.js";
import type { RopeScaling } from "./config.js";

/** The rotary settings of a file; `configReasons` checks the values. */
interface Rope {
  readonly theta: unknown;
  readonly scaling: RopeScaling | null;
  /** The file's keys for the two, for reasons. */
  readonly key: string;
  readonly thetaKey: string;
  readonly reasons: readonly Reason[];
}

/**
 * Theta and scaling from `rope_scaling` if that is an object, as Hugging Face does, else from `spelling`. Theta may
 * also stand outside, as `rope_theta`.
 */
export function readRope(json: Json, spelling: "rope_scaling" | "rope_parameters"): Rope {
  const key = isObject(json.rope_scaling) ? "rope_scaling" : spelling;
  const value = json[key] ?? {};
  const reasons: Reason[] = [];
  if (!isObject(value)) reasons.push({ where: key, message: "is not an object", got: JSON.stringify(value) });
  const given = isObject(value) ? value : {};
  for (const [name, entry] of Object.entries(given)) {
    if (typeof entry !== "object" || entry === null) continue;
    reasons.push({
      where: `${key}.${name}`,
      message: "is not supported",
      expected: "one rotation for all layers",
      got: JSON.stringify(entry),
    });
  }
  const outer = json.rope_theta;
  const inner = given.rope_theta;
  if (typeof outer === "number" && typeof inner === "number" && outer !== inner) {
    reasons.push({ where: "rope_theta", message: `disagrees with ${key}.rope_theta`, got: `${outer} and ${inner}` });
  }
  for (const [where, partial] of [
    ["partial_rotary_factor", json],
    [`${key}.partial_rotary_factor`, given],
  ] as const) {
    const factor = partial.partial_rotary_factor ?? 1;
    if (factor !== 1) reasons.push({ where, message: "is not supported", expected: "1", got: JSON.stringify(factor) });
  }
  const type = given.rope_type ?? given.type ?? "default";
  if (type !== "default" && type !== "linear" && type !== "llama3") {
    const expected = "default, linear or llama3";
    reasons.push({
      where: `${key}.rope_type`,
      message: "is not a supported scaling",
      expected,
      got: JSON.stringify(type),
    });
  }
  return {
    theta: inner ?? outer ?? 10000,
    scaling: readScaling(type, given, json),
    key,
    thetaKey: inner === undefined ? "rope_theta" : `${key}.rope_theta`,
    reasons,
  };
}

function readScaling(type: unknown, given: Json, json: Json): RopeScaling | null {
  if (type === "linear") return { type, factor: given.factor as number };
  if (type !== "llama3") return null;
  const original = json.original_max_position_embeddings ?? given.original_max_position_embeddings;
  return {
    type,
    factor: given.factor as number,
    lowFreqFactor: given.low_freq_factor as number,
    highFreqFactor: given.high_freq_factor as number,
    originalContextLength: (original ?? json.max_position_embeddings ?? 2048) as number,
  };
}

/** A scaling in Hugging Face's keys; releases before 4.43 wrote `type` for `rope_type`. */
export function scalingJson(scaling: RopeScaling, typeKey: "type" | "rope_type"): Record<string, unknown> {
  const { type, factor } = scaling;
  if (type === "linear") return { [typeKey]: type, factor };
  return {
    [typeKey]: type,
    factor,
    low_freq_factor: scaling.lowFreqFactor,
    high_freq_factor: scaling.highFreqFactor,
    original_max_position_embeddings: scaling.originalContextLength,
  };
}
