// The decoder's layers in a checkpoint of any family: the tensors named `…layers.N.…`, whatever the rest is called.
import { isJsonObject, type JsonObject, quote, type ReasonList } from "@cambium/files";
import { writeItOut } from "./layer-rules/growing.js";
import { rivalsOf, towersOf } from "./towers.js";

/** The layers that grow. */
export interface LayerStack {
  /** The names' part before the layer's number, e.g. `model.layers.`. */
  readonly prefix: string;
  readonly count: number;
}

const NAME = /^(?<prefix>(?:.*?\.)?layers\.)(?<layer>\d+)(?=\.)/;

/** Where a tensor belongs; undefined outside numbered layers. */
export function layerOf(name: string): { readonly prefix: string; readonly layer: number } | undefined {
  const { prefix, layer } = NAME.exec(name)?.groups ?? {};
  return prefix === undefined ? undefined : { prefix, layer: Number(layer) };
}

/** A part of a config that describes the decoder. */
export interface DecoderPart {
  readonly path: readonly string[];
  readonly part: JsonObject;
}

/** Every such part: the root, the `text_config` of a multimodal model, or both if both count layers. */
export function decoderParts(config: JsonObject): readonly DecoderPart[] {
  const { text_config: text } = config;
  const parts = [{ path: [], part: config }, ...(isJsonObject(text) ? [{ path: ["text_config"], part: text }] : [])];
  return parts.filter(({ part }) => countIn(part) !== undefined);
}

/** The number of layers; if both parts state it, that of `text_config`, from which the model is built. */
export function layerCount(config: JsonObject): number | undefined {
  const count = countIn(decoderParts(config).at(-1)?.part ?? {});
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 1 ? count : undefined;
}

const alone =
  "save the decoder alone, with a config.json of its own, and grow that: in Python, model.language_model.save_pretrained(DIR)";

/** The number of layers that a part states: the field, or the length of a list with one entry per layer. */
function countIn({ num_hidden_layers: count, layers_block_type: kinds, hybrid_override_pattern: pattern }: JsonObject) {
  if (count !== undefined) return count;
  if (Array.isArray(kinds)) return kinds.length;
  return typeof pattern === "string" ? pattern.length : undefined;
}

/** The largest number; no spread call, because a file may have more names than a call takes arguments. */
function last(layers: Iterable<number>): number {
  let most = -1;
  for (const layer of layers) most = Math.max(most, layer);
  return most;
}

/**
 * The one stack of the decoder that has as many layers as the config states; undefined if there is none, with at least
 * one reason.
 */
export function findStack(named: Iterable<string>, config: JsonObject, reasons: ReasonList): LayerStack | undefined {
  const names = [...named];
  const stacks = new Map<string, Set<number>>();
  for (const name of names) {
    const at = layerOf(name);
    if (at) stacks.set(at.prefix, (stacks.get(at.prefix) ?? new Set()).add(at.layer));
  }
  const count = layerCount(config);
  if (count === undefined) {
    const got = quote(decoderParts(config).at(-1)?.part.num_hidden_layers);
    const hint = "make it the number of layers that the tensors have: cambium inspect DIR lists them";
    reasons.add({ where: "config.json: num_hidden_layers", message: "is not a number of layers", got, hint });
    return undefined;
  }
  const { text_config: text } = config;
  if (isJsonObject(text) && countIn(text) === undefined) {
    const [where, message] = ["config.json: text_config", "does not count its layers, and the root does"];
    reasons.add({ where, message, got: `num_hidden_layers ${count} at the root`, hint: writeItOut });
    return undefined;
  }
  const towers = towersOf(config);
  const whole = [...stacks].filter(([, layers]) => layers.size === count && last(layers) === count - 1);
  const fitting = whole.filter(([prefix]) => !towers.some(({ has }) => has(prefix)));
  const rivals = fitting.length === 1 ? rivalsOf(config, names, count) : [];
  if (rivals.length > 0) {
    const message = "counts as many layers as the decoder, and no tensor is named after it";
    for (const rival of rivals) reasons.add({ where: `config.json: ${rival}`, message, got: `${count}`, hint: alone });
    return undefined;
  }
  const [found] = fitting;
  if (found && fitting.length === 1) return { prefix: found[0], count };
  const got = [...stacks].map(([prefix, layers]) => `${layers.size} numbered up to ${last(layers)} in ${prefix}N`);
  reasons.add({
    where: "config.json: num_hidden_layers",
    message: found ? "more than one stack of layers has that number" : "the tensors have no such stack of layers",
    expected: `${count} layers, 0 to ${count - 1}, in names like model.layers.N.…`,
    got: got.slice(0, 8).join("; ") || "no name with layers.N.",
    hint: behind(stacks, count) ?? (stacks.size > 1 ? alone : "cambium inspect DIR lists the layers that are there"),
  });
  return undefined;
}

/** A hint about blocks after the last layer: multi-token prediction heads, which transformers ignores. */
function behind(stacks: ReadonlyMap<string, ReadonlySet<number>>, count: number): string | undefined {
  for (const [prefix, layers] of stacks) {
    const more = [...layers].filter((layer) => layer >= count).sort((a, b) => a - b);
    if (more.length === 0 || more.length > 8 || layers.size !== count + more.length) continue;
    const flags = more.map((layer) => `--drop '${prefix}${layer}.*'`);
    return `${flags.join(" ")} leaves out the blocks after the last layer`;
  }
  return undefined;
}
