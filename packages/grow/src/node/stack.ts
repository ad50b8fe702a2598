// The decoder's layers in a checkpoint of any family: the tensors named `…layers.N.…`, whatever the rest is called.
import { isJsonObject, type JsonObject, quote, type ReasonList } from "@cambium/files";

/** The layers that grow. */
export interface LayerStack {
  /** What stands before the layer's number, e.g. `model.layers.`. */
  readonly prefix: string;
  readonly count: number;
}

const NAME = /^(?<prefix>(?:.*?\.)?layers\.)(?<layer>\d+)(?=\.)/;

/** Where a tensor belongs; undefined outside numbered layers. */
export function layerOf(name: string): { readonly prefix: string; readonly layer: number } | undefined {
  const { prefix, layer } = NAME.exec(name)?.groups ?? {};
  return prefix === undefined ? undefined : { prefix, layer: Number(layer) };
}

/** The part of a config that describes the decoder: the whole, or `text_config` of a model of several modalities. */
export function decoderConfig(config: JsonObject): { readonly path: readonly string[]; readonly part: JsonObject } {
  const { text_config: text } = config;
  if (config.num_hidden_layers === undefined && isJsonObject(text)) return { path: ["text_config"], part: text };
  return { path: [], part: config };
}

/** The one stack whose layers are those that the config counts; undefined after at least one reason. */
export function findStack(names: Iterable<string>, config: JsonObject, reasons: ReasonList): LayerStack | undefined {
  const stacks = new Map<string, Set<number>>();
  for (const name of names) {
    const at = layerOf(name);
    if (at) stacks.set(at.prefix, (stacks.get(at.prefix) ?? new Set()).add(at.layer));
  }
  const count = decoderConfig(config).part.num_hidden_layers;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 1) {
    reasons.add({ where: "config.json: num_hidden_layers", message: "is no number of layers", got: quote(count) });
    return undefined;
  }
  const fitting = [...stacks].filter(([, layers]) => layers.size === count && Math.max(...layers) === count - 1);
  const [found] = fitting;
  if (found && fitting.length === 1) return { prefix: found[0], count };
  const got = [...stacks].map(
    ([prefix, layers]) => `${layers.size} numbered up to ${Math.max(...layers)} in ${prefix}N`,
  );
  reasons.add({
    where: "config.json: num_hidden_layers",
    message: found ? "more than one stack of layers has that number" : "the tensors have no such stack of layers",
    expected: `${count} layers, 0 to ${count - 1}, in names like model.layers.N.…`,
    got: got.slice(0, 8).join("; ") || "no name with layers.N.",
  });
  return undefined;
}
