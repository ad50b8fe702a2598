// The tensors of a grown model: each a copy of one source tensor, or made from several row by row.

import { hostDType, type ModelDirectory, type TensorInfo } from "@cambium/checkpoint";
import { quote, ReasonList } from "@cambium/files";
import { compilePlan, type GrowthPlan, sourcesOf } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { type ModelSpec, parameterTable } from "@cambium/model";
import type { Mistakes } from "./mistakes.js";
import { rowReader } from "./rows.js";
import { type LayerStack, layerOf } from "./stack.js";
import type { TargetTable, TargetTensor } from "./target.js";
import { HEAD } from "./tied-head.js";

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

/** The table of a plan over a Llama's parameters. Notes `E_GROWTH_UNKNOWN_TENSOR`, `E_GROWTH_SOURCE`, each with every tensor. */
export function planTable(source: ModelDirectory, plan: GrowthPlan, mistakes: Mistakes): TargetTable {
  noteStrangers(source, plan.base, mistakes);
  const unfit = new ReasonList();
  for (const { name, shape } of parameterTable(plan.base)) {
    const entry = source.tensors.get(name);
    if (!entry) {
      const hint = '"tie_word_embeddings" is to be true where the head is the embedding';
      unfit.add({ where: name, message: "is not in the checkpoint", ...(name === HEAD && { hint }) });
    }
    if (entry && `${entry.shape}` !== `${shape}`) {
      unfit.add({ where: name, message: "has another shape", expected: quote(shape), got: quote(entry.shape) });
    }
  }
  const compiled = compilePlan(plan, { read: rowReader(source) });
  const [first] = source.tensors.values();
  const tensors = compiled.map(({ name, expr, shape, rows }): TargetTensor => {
    const from = source.tensors.get(sourcesOf(expr)[0] ?? "") ?? first;
    const dtype = from?.dtype ?? "BF16";
    if (expr.kind === "copy") return { name, dtype, shape, copyOf: expr.source };
    if (!["f32", "f16", "bf16"].includes(hostDType(dtype) ?? "")) {
      unfit.add({
        ...(from && { where: from.name }),
        message: "cannot be computed with",
        expected: "F32, F16 or BF16",
        got: dtype,
      });
    }
    return { name, dtype, shape, rows };
  });
  if (unfit.count > 0) {
    const details = { where: source.path, reasons: unfit.list() };
    mistakes.add(new CambiumError("E_GROWTH_SOURCE", "the tensors of the base do not fit its config", details));
  }
  const redundant = aliases(plan.base).filter((name) => source.tensors.has(name));
  return { tensors, dropped: [...plan.dropped, ...redundant] };
}

/** Notes tensors that no Llama of these layers has. */
export function noteStrangers(source: ModelDirectory, base: ModelSpec, mistakes: Mistakes): void {
  const known = new Set(parameterTable(base).map(({ name }) => name));
  const strangers = new ReasonList();
  for (const name of source.tensors.keys()) {
    // A tied model's files may hold the head once more.
    if (aliases(base).includes(name)) continue;
    if (!known.has(name)) strangers.add({ where: name, message: "is no parameter of a Llama model" });
  }
  if (strangers.count === 0) return;
  mistakes.add(
    new CambiumError("E_GROWTH_UNKNOWN_TENSOR", "the checkpoint has tensors that would be lost", {
      where: source.path,
      hint: "operators that only copy layers grow any decoder",
      reasons: strangers.list(),
    }),
  );
}

function copied({ name: copyOf, dtype, shape }: TensorInfo, name: string): TargetTensor {
  return { name, dtype, shape, copyOf };
}

/** Names under which the files may hold a tensor of the model once more. */
function aliases(model: ModelSpec): readonly string[] {
  return parameterTable(model).flatMap(({ alias }) => alias ?? []);
}
