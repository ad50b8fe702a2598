// The tensors of a grown model: each a copy of one source tensor, or made from several row by row.
import { hostDType, type ModelDirectory } from "@cambium/checkpoint";
import { ReasonList } from "@cambium/files";
import { checkNeeds, checkPlan, type GrowthPlan, sourcesOf } from "@cambium/growth";
import { CambiumError, type Mistakes } from "@cambium/ir";
import { type FloatDType, type ParameterSpec, parameterTable, phaseParts } from "@cambium/model";
import type { TargetTable, TargetTensor } from "./target.js";

/** The table of a plan. Notes `E_GROWTH_SOURCE` with every tensor that cannot be computed with. */
export function planTable(
  source: ModelDirectory,
  plan: GrowthPlan,
  mistakes: Mistakes,
  readAs?: FloatDType,
): TargetTable {
  const unfit = new ReasonList();
  const places = new SourcePlaces(source, plan);
  const specs = new Map(parameterTable(plan.target).map((spec) => [spec.name, spec]));
  const checked = checkPlan(plan);
  checkNeeds(plan, phaseParts(plan.phase));
  const made = checked.map(({ name, expr, typed }) => {
    const { shape } = typed;
    const spec = specs.get(name) as ParameterSpec;
    const sources = sourcesOf(expr);
    const like = places.like(spec, sources);
    const from = like === undefined ? undefined : source.tensors.get(like);
    const dtype = from?.dtype ?? "BF16";
    const place = { group: groupOf(spec), at: places.of(like) };
    if (expr.kind === "copy") return { place, tensor: { name, dtype, shape, sources, copyOf: expr.source } };
    if (!["f32", "f16", "bf16"].includes(hostDType(dtype) ?? "")) {
      const [message, expected] = ["cannot be computed with", "F32, F16 or BF16"];
      unfit.add({ ...(from && { where: from.name }), message, expected, got: dtype });
    }
    return { place, tensor: { name, dtype, shape, sources, made: { name, dtype, shape, typed, readAs, sources } } };
  });
  if (unfit.count > 0) {
    const details = { where: source.path, reasons: unfit.list() };
    mistakes.add(new CambiumError("E_GROWTH_SOURCE", "the tensors of the base do not fit its config", details));
  }
  made.sort((a, b) => compare(a.place.group, b.place.group) || compare(a.place.at, b.place.at));
  const { kept, redundant } = aliases(source, plan);
  return { tensors: [...made.map(({ tensor }) => tensor), ...kept], dropped: [...plan.dropped, ...redundant] };
}

/** The order of tensors in the source, which each layer of the target keeps. */
class SourcePlaces {
  readonly #index: ReadonlyMap<string, number>;
  readonly #byPart = new Map<string, string>();

  constructor({ tensors }: ModelDirectory, plan: GrowthPlan) {
    this.#index = new Map([...tensors.keys()].map((name, i) => [name, i]));
    for (const { name, part } of parameterTable(plan.base)) {
      if (part !== undefined && !this.#byPart.has(part)) this.#byPart.set(part, name);
    }
  }

  /** The source tensor that a target tensor comes from, or else one with the same part in another layer. */
  like({ part = "" }: ParameterSpec, sources: readonly string[]): string | undefined {
    return sources[0] ?? this.#byPart.get(part) ?? this.#index.keys().next().value;
  }

  of(name: string | undefined): number {
    return this.#index.get(name ?? "") ?? Number.MAX_SAFE_INTEGER;
  }
}

/** Embeddings, layers from the bottom, the rest. */
function groupOf({ kind, layer }: ParameterSpec): number {
  return layer ?? (kind === "embedding" ? -1 : Number.MAX_SAFE_INTEGER);
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Tensors that the files hold a second time: kept if the tensor is copied unchanged, left out otherwise. */
function aliases(source: ModelDirectory, { base, tensors }: GrowthPlan) {
  const kept: TargetTensor[] = [];
  const redundant: string[] = [];
  for (const { name, alias } of parameterTable(base)) {
    const again = alias === undefined ? undefined : source.tensors.get(alias);
    if (!again) continue;
    const own = tensors[name];
    if (own?.kind !== "copy" || own.source !== name) redundant.push(again.name);
    else {
      const { name, dtype, shape } = again;
      kept.push({ name, dtype, shape, sources: [name], copyOf: name });
    }
  }
  return { kept, redundant };
}
