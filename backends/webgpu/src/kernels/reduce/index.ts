// reduceSum and reduceMax over any axes; their inputs may be expressions.
import { normalizeAxis, reduceMax as opMax, reduceSum as opSum, type Value } from "@cambium/ir";
import type { KernelLowering } from "../../lower/lowering.js";
import { type Fold, max, sum } from "./fold.js";
import { inputIndex } from "./place.js";
import { emitStages } from "./stages.js";

export const reduceSum = reduction(sum, opSum);
export const reduceMax = reduction(max, opMax);

function reduction(fold: Fold, op: Pick<typeof opSum, "attrsOf">): KernelLowering {
  return {
    kind: "kernels",
    expressions: true,
    lower: (node, context) => {
      const [x] = node.inputs as readonly [Value];
      const [y] = node.outputs as readonly [Value];
      const { shape } = x.type;
      const axes = op.attrsOf(node).axes.map((axis) => normalizeAxis(axis, shape.length));
      emitStages(
        {
          ...{ fold, x, y, along: axes.includes(shape.length - 1) },
          length: axes.reduce((product, axis) => product * (shape[axis] as number), 1),
          read: (code, output, element) => code.eval(x, inputIndex(shape, axes, output, element, code)),
        },
        context,
      );
    },
  };
}
