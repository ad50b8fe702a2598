// Composites that tfjs computes faster whole. The others reach the lowering as primitives.
import type { CompositeName } from "@cambium/ir";
import { type Lowering, operand } from "./lowering.js";

export const compositeLowerings: Partial<Record<CompositeName, Lowering>> = {
  softmax: (context) => context.kernels.softmax(operand(context, 0)),
};
