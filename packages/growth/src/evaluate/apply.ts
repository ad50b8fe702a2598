// Executing a plan over tensors in memory, one target tensor at a time.
import { CambiumError, type DType, type HostTensor } from "@cambium/ir";
import type { ParameterSpec } from "@cambium/model";
import { sourcesOf } from "../expr/walk.js";
import { type GrowthPlan, type PlanTables, planTables } from "../plan/plan.js";
import { hostRows, toHostTensor } from "./host.js";
import { compilePlan } from "./plan.js";

/** Tensors by name. `get` may be asked for one tensor more than once. */
export interface TensorsByName {
  get(name: string): HostTensor | undefined | Promise<HostTensor | undefined>;
}

export interface ApplyOptions {
  /** Dtype of every result; default that of the tensors it is made from (of the base's first, when made from none). */
  readonly dtype?: DType;
  /** What was found for `given` expressions, or `init` for where their fit starts. */
  readonly found?: TensorsByName | "init";
  /** A plain copy hands out the base's own tensor, which then must not be written to. Default: every result is fresh. */
  readonly share?: boolean;
  /** Names of the target tensors to make; default all. */
  readonly only?: ReadonlySet<string>;
  readonly tables?: PlanTables;
}

/**
 * Makes the target's tensors, in the order of its parameter table. Computed in float64, cast last; a plain copy keeps
 * its bits.
 * @throws CambiumError `E_GROWTH_SOURCE` for a base tensor that is absent or has another shape; as `compilePlan`.
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

/** `source`, insisting on the table's shapes; `absent` says what to do about a tensor that is not there. */
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
  throw new CambiumError("E_GROWTH_SOURCE", "a tensor that the plan reads is not there", { where: name });
}
