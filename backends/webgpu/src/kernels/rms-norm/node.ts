// An RMS norm node as its kernels see it: operands, sizes, and how elements are read.
import { type Node, numel, rmsNorm, type Value } from "@cambium/ir";
import type { KernelIo } from "../../wgsl/kernel.js";

export interface Sizes {
  readonly rows: number;
  readonly hidden: number;
  /** Elements that are read together, 4 or 1, and how many such reads a row takes. */
  readonly width: 4 | 1;
  readonly columns: number;
}

export function sizesOf(node: Node): Sizes {
  const { shape } = (node.inputs[0] as Value).type;
  const hidden = shape.at(-1) as number;
  const width = hidden % 4 === 0 ? 4 : 1;
  return { rows: numel(shape) / hidden, hidden, width, columns: hidden / width };
}

/** A rmsNorm node: y = x · inverseRms · weight. */
export function forwardOf(node: Node) {
  const [x, weight] = node.inputs as [Value, Value];
  const [y, inverseRms] = node.outputs as [Value, Value];
  return { x, weight, y, inverseRms, sizes: sizesOf(node), eps: rmsNorm.attrsOf(node).eps };
}

/** A rmsNormGrad node; `grad` is the gradient of y. */
export function backwardOf(node: Node) {
  const [x, weight, inverseRms, grad] = node.inputs as [Value, Value, Value, Value];
  const [xGrad, weightGrad] = node.outputs as [Value, Value];
  return { x, weight, inverseRms, grad, xGrad, weightGrad, sizes: sizesOf(node) };
}

/** Loads, stores and sums of `width` elements. */
export function access(io: KernelIo, { width }: Sizes) {
  return width === 4
    ? { type: "vec4f", load: io.load4, store: io.store4, sum: (x: string) => `dot(${x}, vec4f(1f))` }
    : { type: "f32", load: io.load, store: io.store, sum: (x: string) => x };
}

/** 1 / the root of the mean square, of a row whose squares sum to `sum`. */
export function inverse(sum: string, { hidden }: Sizes, eps: number): string {
  return `inverseSqrt(${sum} / ${hidden}f + f32(${eps}))`;
}
