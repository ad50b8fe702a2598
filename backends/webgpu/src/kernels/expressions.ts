// Expressions: a kernel that computes elementwise work and moves of elements into memory, with one invocation per
// element.
import { formatType, numel, type Value } from "@cambium/ir";
import type { DeviceTraits } from "../lower/traits.js";
import { toMemory } from "../wgsl/code.js";
import { Index } from "../wgsl/index-map.js";
import { type Kernel, spread } from "../wgsl/kernel.js";

/**
 * @param roots values of one size that the kernel computes and stores
 * @param leaves the values in memory that they are made from
 */
export function expressionKernel(roots: readonly Value[], leaves: readonly Value[], traits: DeviceTraits): Kernel {
  const count = numel((roots[0] as Value).type.shape);
  const invocations = Math.min(traits.kind === "gpu" ? 256 : 64, traits.maxInvocations);
  const { groups, linear } = spread(Math.ceil(count / invocations));
  return {
    label: `elementwise ${roots.map(({ type }) => formatType(type)).join(" ")}`,
    reads: [...new Set(leaves)],
    writes: roots,
    workgroup: [invocations, 1, 1],
    groups,
    body: (io) => {
      const code = io.code();
      const results = roots.map((root) =>
        toMemory(root.type.dtype, code.compute(root, Index.flat(root.type.shape, "i"))),
      );
      for (const [i, root] of roots.entries()) code.line(io.store(root, "i", results[i] as string));
      return { main: `let i = ${linear} * ${invocations}u + lane;\nif (i >= ${count}u) { return; }\n${code}` };
    },
  };
}
