// The lowering of each node. A composite without one is decomposed before it gets here; a primitive is refused.
import { CambiumError, type CompositeName, type Node, type Op } from "@cambium/ir";
import { compositeLowerings } from "./composites.js";
import { fusedLowerings } from "./fused.js";
import type { Lowering } from "./lowering.js";
import { primitiveLowerings } from "./primitives.js";

/** Names of the composites that are lowered whole. */
export const loweredComposites = Object.keys(compositeLowerings) as readonly CompositeName[];

/** By name; the tables' types tie each lowering to the attributes of its op. */
const table: Readonly<Record<string, Lowering<never>>> = {
  ...primitiveLowerings,
  ...compositeLowerings,
  ...fusedLowerings,
};

export function hasLowering(op: Op): boolean {
  return Object.hasOwn(table, op.name);
}

/** @throws CambiumError `E_UNSUPPORTED` for an op that this backend does not know. */
export function loweringOf({ op, scope }: Node): Lowering<never> {
  const lowering = hasLowering(op) ? table[op.name] : undefined;
  if (lowering) return lowering;
  throw new CambiumError("E_UNSUPPORTED", `the onnx backend has no lowering for op "${op.name}"`, {
    ...(scope !== undefined && { where: scope }),
    hint: "define it as a composite with a decomposition",
  });
}
