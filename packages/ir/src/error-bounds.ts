// How far a device's result of one primitive may be from float64, element by element. The bounds follow from the width
// of the dtypes and the number of terms summed, in any order (Higham 2002, "Accuracy and Stability of Numerical
// Algorithms", §3.1).
import { nodeCost } from "./cost.js";
import { type DType, isFloat } from "./dtype.js";
import type { Node, PrimitiveOp } from "./graph.js";
import type { RefTensor } from "./ref-tensor.js";
import { numel } from "./shape.js";

/** Unit roundoff of the floats: half a unit in the last place of 1. */
const unitRoundoff = { f32: 2 ** -24, f16: 2 ** -11, bf16: 2 ** -8 } as const satisfies Partial<Record<DType, number>>;

/** Below the smallest normal f32, a device may flush to zero. */
const smallestNormal = 2 ** -126;

/**
 * For each output of a primitive `node`, the largest error that each element may have; 0 for integers and for elements
 * that are only moved. `inputs` are the device's inputs, `outputs` the float64 results of them. The bound covers the
 * op's own roundings and the effect of one rounding of each input: a kernel may hold an input in more bits than it is
 * stored in, as a fused multiply-add does. The units of elementary functions (`OpFacts.accuracy`) cover the table in
 * the WGSL specification.
 */
export function errorBounds(
  node: Node,
  inputs: readonly RefTensor[],
  outputs: readonly RefTensor[],
): readonly Float64Array[] {
  const op = node.op as PrimitiveOp;
  const operations = nodeCost(node).flops;
  const moved = operations === 0 && node.inputs[0]?.type.dtype === node.outputs[0]?.type.dtype;
  const { least = 0, ulps = operations === 0 ? 0 : 1 } = op.accuracy ?? {};
  const terms = termsOf(node, operations);
  const scale = terms > 1 ? op.evaluate(inputs.map(magnitude), node.attrs) : outputs.map(({ data }) => data);
  // Hardware for bf16 may round the result of a product to it, and an operand in f32.
  const overBf16 = op.matrix && inputs.some(({ type }) => type.dtype === "bf16");
  const shifted = moved || terms > 1 ? [] : inputs.flatMap((input, i) => shift(node, inputs, input, i));
  return outputs.map(({ type, data }, which) => {
    if (!isFloat(type.dtype) || moved) return new Float64Array(data.length);
    const unit = unitRoundoff[type.dtype as keyof typeof unitRoundoff];
    const units = (2 * ulps + (terms > 1 ? terms + 2 : 0)) * unit + (overBf16 ? 2 * unitRoundoff.bf16 : 0);
    return data.map((y, i) => {
      const size = Math.abs(scale[which]?.[i] as number);
      const own = units === 0 ? 0 : Math.max(units * Math.max(size, least), Math.min(size, smallestNormal));
      return shifted.reduce((sum, other) => sum + apart(other[which]?.[i] as number, y), own);
    });
  });
}

/** Most terms that one element sums. */
function termsOf({ op, inputs, outputs }: Node, operations: number): number {
  const { terms } = op.accuracy ?? {};
  if (terms) return terms(inputs.map(({ type }) => type));
  const elements = outputs.reduce((sum, { type }) => sum + numel(type.shape), 0);
  return operations / elements / (op.matrix ? 2 : 1);
}

/** The results with input `i` off by one rounding; none if that input is not a float. */
function shift({ op, attrs }: Node, inputs: readonly RefTensor[], { type, data }: RefTensor, i: number) {
  const unit = unitRoundoff[type.dtype as keyof typeof unitRoundoff];
  if (!unit || op.kind !== "primitive") return [];
  const off = { type, data: data.map((x) => x * (1 + unit)) };
  return [op.evaluate(inputs.with(i, off), attrs)];
}

function magnitude({ type, data }: RefTensor): RefTensor {
  return { type, data: isFloat(type.dtype) ? data.map(Math.abs) : data };
}

/** |a − b|; 0 if that is not finite. */
function apart(a: number, b: number): number {
  const gap = Math.abs(a - b);
  return Number.isFinite(gap) ? gap : 0;
}
