// config.json of a model whose layers are copies of another's: everything that is said per layer goes with its layer.
import { isJsonObject, type JsonObject, type JsonValue, type ReasonList } from "@cambium/files";
import { editJson, type JsonEdit } from "./json-edit.js";
import { decoderConfig } from "./stack.js";

/** Lists that are about something else, whatever their length. */
const NOT_PER_LAYER = new Set([
  "architectures",
  "bos_token_id",
  "eos_token_id",
  "pad_token_id",
  "rope_parameters",
  "rope_scaling",
  "short_factor",
  "long_factor",
  "torch_dtype",
]);

/** Lists of layer numbers. */
const LAYER_NUMBERS = new Set(["mlp_only_layers", "full_attn_idxs", "attn_layer_indices"]);

/** Rules for layers below a number. */
const FIRST_LAYERS = ["first_k_dense_replace", "max_window_layers"];

/** Rules that repeat after a number of layers; the first ones yield to `layer_types`. */
const PERIODS = ["sliding_window_pattern", "full_attention_interval", "decoder_sparse_step", "moe_layer_freq"];
const MORE_PERIODS = ["interleave_moe_layer_step", "attn_layer_period", "expert_layer_period"];

/**
 * The text of config.json after growth in depth.
 * @param layers for each target layer the base layer it copies
 * @param reasons takes rules by layer number that no number could state for the grown model
 */
export function growConfig(text: string, config: JsonObject, layers: readonly number[], reasons: ReasonList): string {
  const { path, part } = decoderConfig(config);
  const count = part.num_hidden_layers as number;
  const edits: JsonEdit[] = [{ path: [...path, "num_hidden_layers"], value: layers.length }];
  perLayer(part, path, count, layers, edits);
  if (path.length > 0 && isJsonObject(config.quantization_config)) {
    modules(config.quantization_config, ["quantization_config"], layers, edits);
  }
  rules(part, path, layers, edits, reasons);
  return editJson(text, edits);
}

function perLayer(
  part: JsonObject,
  path: readonly string[],
  count: number,
  layers: readonly number[],
  edits: JsonEdit[],
): void {
  for (const [key, value] of Object.entries(part)) {
    const at = [...path, key];
    if (NOT_PER_LAYER.has(key)) continue;
    if (key === "quantization_config" && isJsonObject(value)) modules(value, at, layers, edits);
    else if (LAYER_NUMBERS.has(key) && Array.isArray(value)) {
      edits.push({ path: at, value: layers.flatMap((from, to) => (value.includes(from) ? [to] : [])) });
    } else if (Array.isArray(value) && value.length === count) {
      edits.push({ path: at, value: layers.map((from) => value[from] as JsonValue) });
    } else if (isJsonObject(value)) perLayer(value, at, count, layers, edits);
  }
}

/** Lists of module names (`modules_to_not_convert`, `ignore` …), in which a layer's modules stand by its number. */
function modules(part: JsonObject, path: readonly string[], layers: readonly number[], edits: JsonEdit[]): void {
  const LAYER = /(?<=(?:^|\.)layers\.)\d+(?=\.|$)/;
  for (const [key, value] of Object.entries(part)) {
    if (isJsonObject(value)) modules(value, [...path, key], layers, edits);
    if (!Array.isArray(value)) continue;
    const numbered = value.filter((name): name is string => typeof name === "string" && LAYER.test(name));
    if (numbered.length === 0) continue;
    const others = value.filter((name) => !numbered.includes(name as string));
    const moved = layers.flatMap((from, to) =>
      numbered.filter((name) => LAYER.exec(name)?.[0] === `${from}`).map((name) => name.replace(LAYER, `${to}`)),
    );
    edits.push({ path: [...path, key], value: [...others, ...moved] });
  }
}

function rules(
  part: JsonObject,
  path: readonly string[],
  layers: readonly number[],
  edits: JsonEdit[],
  reasons: ReasonList,
): void {
  const listed = Array.isArray(part.layer_types);
  const refuse = (key: string, message: string): void =>
    reasons.add({
      where: `config.json: ${key}`,
      message,
      got: JSON.stringify(part[key]),
      hint: "choose a layer list that keeps the rule",
    });
  for (const key of FIRST_LAYERS) {
    const first = part[key];
    if (typeof first !== "number" || (key === "max_window_layers" && part.use_sliding_window !== true)) continue;
    const below = layers.map((from) => from < first);
    const length = below.lastIndexOf(true) + 1;
    if (below.slice(0, length).every(Boolean)) edits.push({ path: [...path, key], value: length });
    else if (!(listed && key === "max_window_layers")) refuse(key, "its layers would not be the first ones any more");
  }
  for (const key of [...PERIODS, ...MORE_PERIODS]) {
    const period = part[key];
    if (typeof period !== "number" || period <= 1 || (listed && PERIODS.slice(0, 2).includes(key))) continue;
    if (layers.some((from, to) => (to - from) % period !== 0)) refuse(key, "the rule would meet other layers");
  }
}
