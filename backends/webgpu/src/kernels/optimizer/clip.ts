// The norm of all gradients together and the factor that clips it: one kernel sums squares by chunk, another adds them
// up.
import { f32, type Node, clipByGlobalNorm as op, type Value } from "@cambium/ir";
import type { KernelLowering, LowerContext } from "../../lower/lowering.js";
import type { Kernel } from "../../wgsl/kernel.js";
import { literal, spellable } from "../../wgsl/literal.js";
import { chunkCount, type ManyItem, type ManyKernel } from "../../wgsl/many.js";
import { groupTotal } from "../group-reduction.js";
import { chunkSizes } from "./sizes.js";

export const clipByGlobalNorm: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => {
    const items = node.inputs.map((grad) => ({ values: [grad], parameter: 0 }));
    const partial = context.temp(f32(chunkCount(items, chunkSizes(context.traits).chunk)));
    context.emitMany(squaresKernel(items, partial, context));
    context.emit(normKernel(node, partial, context));
  },
};

/** `partial` [chunks]: the sum of squares of each chunk. */
function squaresKernel(items: readonly ManyItem[], partial: Value, { traits }: LowerContext): ManyKernel {
  const { chunk, invocations } = chunkSizes(traits);
  const squares = groupTotal(invocations, traits);
  return {
    label: `squares of ${items.length} gradients`,
    items,
    writes: [false],
    chunk,
    invocations,
    sharedReads: [],
    sharedWrites: [partial],
    enables: squares.enables,
    body: (io) => ({
      declarations: squares.declarations,
      main: [
        "var total = 0f;",
        `for (var i = begin + lane; i < end; i += ${invocations}u) { let x = ${io.item(0, "i")}; total = fma(x, x, total); }`,
        ...squares.statements("total", "all"),
        io.store(partial, "chunkId", "all"),
        "}",
      ].join("\n"),
    }),
  };
}

function normKernel(node: Node, partial: Value, { traits }: LowerContext): Kernel {
  const [scale, norm] = node.outputs as readonly [Value, Value];
  const [chunks] = partial.type.shape;
  const width = Math.min(64, traits.maxInvocations);
  const sum = groupTotal(width, traits);
  const most = Math.fround(op.attrsOf(node).maxNorm);
  // WGSL has no literal for infinity, and an infinite norm clips nothing.
  const factor = spellable(most) ? `min(${literal(most, "f32")} / (length + 1e-6f), 1f)` : "1f";
  return {
    label: `norm of ${node.inputs.length} gradients`,
    reads: [partial],
    writes: [scale, norm],
    workgroup: [width, 1, 1],
    groups: [1, 1, 1],
    enables: sum.enables,
    body: (io) => ({
      declarations: sum.declarations,
      main: [
        "var total = 0f;",
        `for (var i = lane; i < ${chunks}u; i += ${width}u) { total += ${io.load(partial, "i")}; }`,
        ...sum.statements("total", "all"),
        "let length = sqrt(all);",
        io.store(norm, "0u", "length"),
        io.store(scale, "0u", factor),
        "}",
      ].join("\n"),
    }),
  };
}
