// Fields known by name alone: those of model types that are not in the table, and those that a type's rules leave out.
import { isJsonObject, type JsonValue } from "@cambium/files";
import { asked, types } from "./generated/transformers.js";
import { type Growing, refuse } from "./growing.js";
import { growList } from "./lists.js";
import { growFirst, growListed, growScaled } from "./numbers.js";

/** Lists with one entry per layer, in the table or in code that comes with a checkpoint. */
const LISTS = new Set([
  "hybrid_layer_pattern",
  "block_configs",
  ...Object.values(types).flatMap(({ lists, aliases }) => Object.keys({ ...lists, ...aliases })),
]);

const NUMBERS = new Set([
  "mlp_only_layers",
  ...Object.values(types).flatMap(({ numbers }) => Object.keys(numbers ?? {})),
]);

/** Fields that count layers of one kind at the bottom. */
const FIRST = ["num_dense_layers", "first_k_dense_replace", "num_hash_layers", "max_window_layers"];

/** Names of rules that repeat after a number of layers, whatever they are rules of. */
const REPEATS =
  /every_n|every_\w*layers?$|_(?:interval|period|freq|frequency)$|sparse_step$|^(?:sliding_window_pattern|layer_group_size|interleave_moe_layer_step|cla_share_factor)$/;

/** The list that such a rule yields to, if config.json has it. */
const YIELDS: Readonly<Record<string, string>> = {
  sliding_window_pattern: "layer_types",
  full_attention_interval: "layer_types",
  global_attn_every_n_layers: "layer_types",
  layer_group_size: "layer_types",
  no_rope_layer_interval: "no_rope_layers",
  interleave_moe_layer_step: "moe_layers",
};

/** Switches without which such a rule is off. */
const SWITCHES: Readonly<Record<string, string>> = { cla_share_factor: "use_cla" };

/** Factors of what a layer adds that code with the checkpoint divides by the root of the number of layers. */
const SCALED = ["scale_depth"];

/** Names that suggest a number or a list depends on layers. */
const TELLING =
  /layer|interval|period|pattern|every_n|_freq|sparse_step|block_type|share_factor|_idxs?$|_ind(?:ices|exes)$/;

/** Names that `TELLING` matches although they do not distinguish layers. */
const HARMLESS =
  /^(?:num_hidden_layers|layer_?norm\w*|\w*layer_?norm\w*|\w*layers?drop\w*|vision_feature_layer|num_nextn_predict_layers|use_\w+|layer_scale\w*)$/;

/**
 * Grows the fields that are known by name, except those in `seen`.
 * @param known whether the model type's rules are known
 */
export function growByName(
  growing: Growing,
  seen: ReadonlySet<string>,
  type: string | undefined,
  known: boolean,
): void {
  const { part, path, count } = growing;
  const unread: string[] = [];
  for (const [field, value] of Object.entries(part)) {
    if (seen.has(field) || field === "num_hidden_layers" || value === null) continue;
    refuseRepeating(growing, field, value);
    if (known ? grownKnown(growing, field, value) : grownUnknown(growing, field, value)) continue;
    if (mayGoByLayer(field, value, count)) unread.push([...path, field].join("."));
  }
  if (known) return;
  const what =
    type === undefined ? "no model_type" : `model_type ${type}, which is not among those of transformers ${asked}`;
  growing.warnings.push(
    `config.json has ${what}: whether its code tells layers apart by number was not checked${
      unread.length > 0 ? `; left as they are: ${unread.join(", ")}` : ""
    }`,
  );
}

/**
 * A field that the type's code in transformers does not read can only be read by code that came with the checkpoint.
 */
function grownKnown(growing: Growing, field: string, value: JsonValue): boolean {
  if (FIRST.includes(field)) return grownUnknown(growing, field, value);
  return true;
}

function grownUnknown(growing: Growing, field: string, value: JsonValue): boolean {
  const { part, count } = growing;
  if (Array.isArray(value) && NUMBERS.has(field)) growListed(growing, field, 0, null, null);
  else if (Array.isArray(value) && LISTS.has(field) && value.length === count) growList(growing, field);
  else if (typeof value === "number" && FIRST.includes(field)) {
    if (field !== "max_window_layers" || (part.use_sliding_window === true && !Array.isArray(part.layer_types)))
      growFirst(growing, field, null);
  } else if (SCALED.includes(field)) growScaled(growing, field, null);
  else return false;
  return true;
}

/** A rule that repeats holds for copies only if each is moved by a multiple of its period. */
function refuseRepeating(growing: Growing, field: string, value: JsonValue): void {
  if (typeof value !== "number" || value <= 1 || !REPEATS.test(field)) return;
  const { part, layers } = growing;
  const [list, on] = [YIELDS[field], SWITCHES[field]];
  if ((list !== undefined && Array.isArray(part[list])) || (on !== undefined && part[on] !== true)) return;
  if (layers.some((from, to) => (to - from) % value !== 0))
    refuse(growing, field, "by its name a rule that repeats, which would meet other layers");
}

function mayGoByLayer(field: string, value: JsonValue, count: number): boolean {
  if (Array.isArray(value) && value.length === count && count > 2) return field !== "architectures";
  // By layer number; a classifier's labels have numbers, too.
  if (isJsonObject(value)) {
    const keys = Object.keys(value);
    return field !== "id2label" && keys.length > 0 && keys.every((key) => /^\d+$/.test(key));
  }
  if (typeof value === "string" && value.length === count && count > 3) return TELLING.test(field);
  return TELLING.test(field) && !HARMLESS.test(field) && (typeof value === "number" || Array.isArray(value));
}
