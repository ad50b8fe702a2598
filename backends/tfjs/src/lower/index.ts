// The lowering of each node. A composite without one is decomposed before it gets here; a primitive is refused.
import { CambiumError, type CompositeName, type Op } from "@cambium/ir";
import { FusedKernels } from "../kernels/fused.js";
import { compositeLowerings } from "./composites.js";
import { fusedLowerings } from "./fused.js";
import type { Lowering, LoweringContext } from "./lowering.js";
import { primitiveLowerings } from "./primitives.js";

/** Names of the composites that are lowered whole. */
export const loweredComposites = Object.keys(compositeLowerings) as readonly CompositeName[];

/** By name; the tables' types tie each lowering to the attributes of its op. */
const table: Readonly<Record<string, Lowering<never>>> = { ...primitiveLowerings, ...compositeLowerings };
const fusedTable: typeof table = { ...table, ...fusedLowerings };

export function hasLowering(op: Op): boolean {
  return Object.hasOwn(table, op.name);
}

/**
 * Appends the instructions that compute a node, and returns the values of its outputs.
 * @throws CambiumError `E_UNSUPPORTED` for an op that this backend does not know.
 */
export function lower(context: Omit<LoweringContext, "attrs">): ReturnType<Lowering> {
  const { op, scope, attrs } = context.node;
  const lowerings = context.kernels instanceof FusedKernels ? fusedTable : table;
  const lowering = hasLowering(op) ? lowerings[op.name] : undefined;
  if (lowering) return lowering({ ...context, attrs: attrs as never });
  throw new CambiumError("E_UNSUPPORTED", `the tfjs backend has no lowering for op "${op.name}"`, {
    ...(scope !== undefined && { where: scope }),
    hint: "define it as a composite with a decomposition",
  });
}
