// Every op of this package: what the conformance suite and random graphs go through.
import { composites } from "./composites/index.js";
import type { Op } from "./graph.js";
import { primitives } from "./ops/index.js";

export const everyOp: readonly Op[] = [...Object.values(primitives), ...Object.values(composites)].map(({ op }) => op);
