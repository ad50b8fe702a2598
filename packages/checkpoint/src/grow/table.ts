// The tensors of a grown model: each a copy of one source tensor, or made from several row by row.
import { type CompiledTensor, compilePlan, type GrowthPlan, sourcesOf } from "@cambium/growth";
import { parameterTable } from "@cambium/model";
import type { ModelDirectory } from "../model-directory/open.js";
import { quote, ReasonList } from "../reasons.js";
import { hostDType } from "../safetensors/dtype.js";
import type { TensorInfo } from "../safetensors/header.js";
import { rowReader } from "./rows.js";
import { type LayerStack, layerOf } from "./stack.js";

/** A tensor to be written. */
export interface TargetTensor extends TensorInfo {
  /** The source tensor whose bytes these are. */
  readonly copyOf?: string;
  /** How the rows are made, where it is no copy. */
  readonly rows?: CompiledTensor["rows"];
}

export interface TargetTable {
  /** In the order in which they fill the shards: embeddings, layers, the rest. */
  readonly tensors: readonly TargetTensor[];
  /** Source tensors that nothing is made from. */
  readonly dropped: readonly string[];
}

/** The table of a growth by layer list: names tell all, so that families and packings need not be known. */
export function depthTable(source: ModelDirectory, stack: LayerStack, layers: readonly number[]): TargetTable {
  const outside: TargetTensor[] = [];
  const byLayer = new Map<number, TensorInfo[]>();
  for (const entry of source.tensors.values()) {
    const at = layerOf(entry.name);
    if (at?.prefix === stack.prefix) byLayer.set(at.layer, [...(byLayer.get(at.layer) ?? []), entry]);
    else outside.push(copied(entry, entry.name));
  }
  const inside = layers.flatMap((from, to) =>
    (byLayer.get(from) ?? []).map((entry) => {
      const rest = entry.name.slice(stack.prefix.length + `${from}`.length);
      return copied(entry, `${stack.prefix}${to}${rest}`);
    }),
  );
  const used = new Set(layers);
  const dropped = [...byLayer].flatMap(([layer, entries]) => (used.has(layer) ? [] : entries.map(({ name }) => name)));
  const early = outside.filter(({ name }) => name.includes("embed"));
  return { tensors: [...early, ...inside, ...outside.filter((tensor) => !early.includes(tensor))], dropped };
}

/**
 * The table of a plan over a Llama's parameters.
 * @throws CambiumError `E_GROWTH_UNKNOWN_TENSOR`, `E_GROWTH_SOURCE`, each with every tensor; as `compilePlan`.
 */
export function planTable(source: ModelDirectory, plan: GrowthPlan): TargetTable {
  const table = new Map(parameterTable(plan.base).map((spec) => [spec.name, spec]));
  const strangers = new ReasonList();
  const unfit = new ReasonList();
  for (const name of source.tensors.keys()) {
    if (!table.has(name)) strangers.add({ where: name, message: "is no parameter of a Llama model" });
  }
  strangers.throwIfAny("E_GROWTH_UNKNOWN_TENSOR", "the checkpoint has tensors that would be lost", {
    where: source.path,
    hint: "operators that only copy layers grow any decoder",
  });
  for (const { name, shape } of table.values()) {
    const entry = source.tensors.get(name);
    if (!entry) unfit.add({ where: name, message: "is not in the checkpoint" });
    else if (`${entry.shape}` !== `${shape}`) {
      unfit.add({ where: name, message: "has another shape", expected: quote(shape), got: quote(entry.shape) });
    }
  }
  unfit.throwIfAny("E_GROWTH_SOURCE", "the tensors of the base do not fit its config", { where: source.path });
  const compiled = compilePlan(plan, { read: rowReader(source) });
  const tensors = compiled.map(({ name, expr, shape, rows }): TargetTensor => {
    const from = sourcesOf(expr)[0] ?? (table.keys().next().value as string);
    const { dtype } = source.shardOf(from).entry(from);
    if (expr.kind === "copy") return { name, dtype, shape, copyOf: expr.source };
    if (!["f32", "f16", "bf16"].includes(hostDType(dtype) ?? "")) {
      unfit.add({ where: from, message: "cannot be computed with", expected: "F32, F16 or BF16", got: dtype });
    }
    return { name, dtype, shape, rows };
  });
  unfit.throwIfAny("E_GROWTH_SOURCE", "tensors of the base cannot be computed with", { where: source.path });
  return { tensors, dropped: plan.dropped };
}

function copied({ name: copyOf, dtype, shape }: TensorInfo, name: string): TargetTensor {
  return { name, dtype, shape, copyOf };
}
