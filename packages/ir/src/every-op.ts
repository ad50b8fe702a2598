// Every op of this package, for the conformance suite and for random graphs.
import { type CompositeName, composites } from "./composites/index.js";
import type { Op } from "./graph.js";
import type { AttrsOf } from "./op.js";
import { type PrimitiveName, primitives } from "./ops/index.js";

export const everyOp: readonly Op[] = [...Object.values(primitives), ...Object.values(composites)].map(({ op }) => op);

/** Attributes of a node by the name of its op, for tables of lowerings. */
export type PrimitiveAttrs<Name extends PrimitiveName> = AttrsOf<(typeof primitives)[Name]>;
export type CompositeAttrs<Name extends CompositeName> = AttrsOf<(typeof composites)[Name]>;
