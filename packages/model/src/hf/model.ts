// Reads the model that a config.json describes. The family is found by `model_type`, or by `architectures`.
import { CambiumError } from "@cambium/ir";
import { builtInFamilies } from "../families/built-in.js";
import type { Family, ModelSpec } from "../family.js";
import { withinLimits } from "../limits.js";
import { isObject, type Json } from "./json.js";

/**
 * The model that a parsed config.json describes.
 * @param where the file, for messages.
 * @throws CambiumError `E_CONFIG` with every reason why this is not a model of the family it names; `E_FAMILY` if no
 * family matches.
 */
export function readHfModel(
  json: unknown,
  families: readonly Family[] = builtInFamilies,
  where = "config.json",
): ModelSpec {
  if (!isObject(json)) {
    const got = JSON.stringify(json) ?? String(json);
    const hint = "copy config.json again; transformers saves it beside the weights";
    throw new CambiumError("E_CONFIG", "config.json does not hold an object", { where, got, hint });
  }
  const family = hfFamily(json, families);
  if (family) return { family, config: parsed(family, json, where) };
  const { model_type: type } = json;
  throw new CambiumError("E_FAMILY", "no model family here matches config.json", {
    where: `${where}, model_type`,
    expected: families.flatMap(({ hf }) => hf.modelTypes).join(", "),
    got: type === undefined ? "nothing" : JSON.stringify(type),
    ...(typeof type === "string" && { hint: `npm install cambium-family-${type}, if there is such a package` }),
  });
}

function parsed(family: Family, json: Json, where: string): ModelSpec["config"] {
  try {
    return withinLimits({ family, config: family.hf.parse(json) }).config;
  } catch (error) {
    if (!(error instanceof CambiumError) || error.code !== "E_CONFIG") throw error;
    const hint =
      "correct config.json; if it is right, `cambium grow` can copy its layers, and a family package can compute it (--family)";
    throw new CambiumError(error.code, error.summary, { where, hint, ...error.details });
  }
}

/** The config.json of `model`, ready for `JSON.stringify`. */
export function writeHfModel(
  { family, config }: ModelSpec,
  options: Parameters<Family["hf"]["write"]>[1] = {},
): Record<string, unknown> {
  return family.hf.write(config, options);
}

/** The one of `families` that matches `json`; undefined if none does. */
export function hfFamily(json: Json, families: readonly Family[] = builtInFamilies): Family | undefined {
  const { model_type: type, architectures } = json;
  if (typeof type === "string") return families.find(({ hf }) => hf.modelTypes.includes(type));
  if (!Array.isArray(architectures)) return undefined;
  return families.find(({ hf }) => hf.architectures.some((name) => architectures.includes(name)));
}
