// Executes a plan over tensors in memory, one target tensor at a time.
import { CambiumError, type DType, type HostTensor } from "@cambium/ir";
import type { ParameterSpec } from "@cambium/model";
import { sourcesOf } from "../expr/walk.js";
import { type GrowthPlan, type PlanTables, planTables } from "../plan/plan.js";
import { hostRows, toHostTensor } from "./host.js";
import { compilePlan } from "./plan.js";

/** Tensors by name. `get` may be called more than once for one tensor. */
export interface TensorsByName {
  get(name: string): HostTensor | undefined | Promise<HostTensor | undefined>;
}

export interface ApplyOptions {
  /** Dtype of every result. Default: that of its first source, or of the base's first tensor if it has no source. */
  readonly dtype?: DType;
  /** The tensors found for `given` expressions, or `init` to use the starts of their searches. */
  readonly found?: TensorsByName | "init";
  /**
   * Whether a plain copy is the base's own tensor, which must then not be written to. Default: every result is fresh.
   */
  readonly share?: boolean;
  /** Names of the target tensors to make; default all. */
  readonly only?: ReadonlySet<string>;
  readonly tables?: PlanTables;
}

/**
 * Makes the target's tensors, in the order of its parameter table. They are computed in float64 and cast once; a plain
 * copy keeps its bits.
 * @throws CambiumError `E_GROWTH_SOURCE` for a base tensor that is missing or has another shape; as `compilePlan`.
 */
export async function* applyPlan(
  plan: GrowthPlan,
  base: TensorsByName,
  options: ApplyOptions = {},
): AsyncGenerator<[name: string, tensor: HostTensor], void, undefined> {
  const { share = false, found, only, tables = planTables(plan) } = options;
  const get = checkedSource(base, tables.base);
  const compiled = compilePlan(plan, {
    tables,
    read: async (name, start, end) => hostRows(await get(name), start, end),
    ...(found !== undefined && {
      found:
        found === "init"
          ? found
          : async (name, start, end) => hostRows((await found.get(name)) ?? missing(name), start, end),
    }),
  });
  for (const { name, expr, shape, rows } of compiled) {
    if (only && !only.has(name)) continue;
    const dtype = options.dtype ?? (await get(sourcesOf(expr)[0] ?? (tables.base[0] as ParameterSpec).name)).dtype;
    const whole = expr.kind === "copy" ? await get(expr.source) : undefined;
    if (whole?.dtype !== dtype) yield [name, await toHostTensor({ shape, rows }, dtype)];
    else yield [name, share ? whole : ({ ...whole, data: whole.data.slice() } as HostTensor)];
  }
}

/** Reads from `source` and checks the table's shapes; `absent` is called for a missing tensor. */
export function checkedSource(
  source: TensorsByName,
  table: readonly ParameterSpec[],
  absent: (name: string, shape: readonly number[]) => HostTensor = missing,
): (name: string) => Promise<HostTensor> {
  const shapes = new Map(table.map(({ name, shape }) => [name, shape]));
  return async (name) => {
    const shape = shapes.get(name) ?? [];
    const tensor = (await source.get(name)) ?? absent(name, shape);
    if (`${tensor.shape}` === `${shape}`) return tensor;
    const [expected, got] = [`[${shape}]`, `[${tensor.shape}]`];
    throw new CambiumError("E_GROWTH_SOURCE", "a tensor of the base does not fit the plan", {
      where: name,
      expected,
      got,
    });
  };
}

/** @throws CambiumError `E_GROWTH_SOURCE` naming the tensor. */
export function missing(name: string): never {
  throw new CambiumError("E_GROWTH_SOURCE", "a tensor that the plan reads is missing", { where: name });
}
