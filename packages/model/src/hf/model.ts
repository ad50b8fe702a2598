// From a config.json to the model it describes: the family is found by `model_type`, or by `architectures`.
import { CambiumError } from "@cambium/ir";
import { builtInFamilies } from "../families/built-in.js";
import type { Family, ModelSpec } from "../family.js";
import { isObject, type Json } from "./json.js";

/**
 * The model that a parsed config.json describes.
 * @throws CambiumError `E_CONFIG` with every reason why this is no model of the family it names; `E_FAMILY` when no
 * family is for it.
 */
export function readHfModel(json: unknown, families: readonly Family[] = builtInFamilies): ModelSpec {
  if (!isObject(json)) {
    throw new CambiumError("E_CONFIG", "config.json does not hold an object", {
      got: JSON.stringify(json) ?? String(json),
    });
  }
  const family = hfFamily(json, families);
  if (family) return { family, config: family.hf.parse(json) };
  const { model_type: type } = json;
  throw new CambiumError("E_FAMILY", `no model family here computes what config.json describes`, {
    where: "model_type",
    expected: families.flatMap(({ hf }) => hf.modelTypes).join(", "),
    got: type === undefined ? "nothing" : JSON.stringify(type),
    ...(typeof type === "string" && { hint: `npm install cambium-family-${type}, if there is such a package` }),
  });
}

/** The config.json of `model`, ready for `JSON.stringify`. */
export function writeHfModel(
  { family, config }: ModelSpec,
  options: Parameters<Family["hf"]["write"]>[1] = {},
): Record<string, unknown> {
  return family.hf.write(config, options);
}

/** The family that `json` is of; undefined when it is none of them. */
export function hfFamily(json: Json, families: readonly Family[] = builtInFamilies): Family | undefined {
  const { model_type: type, architectures } = json;
  if (typeof type === "string") return families.find(({ hf }) => hf.modelTypes.includes(type));
  if (!Array.isArray(architectures)) return undefined;
  return families.find(({ hf }) => hf.architectures.some((name) => architectures.includes(name)));
}
