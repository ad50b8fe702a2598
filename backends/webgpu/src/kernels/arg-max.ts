// argMax: one invocation per output; the first of equal elements wins.
import { normalizeAxis, numel, argMax as op, type Value } from "@cambium/ir";
import type { KernelLowering } from "../lower/lowering.js";
import { Index } from "../wgsl/index-map.js";
import { spread } from "../wgsl/kernel.js";

export const argMax: KernelLowering = {
  kind: "kernels",
  expressions: true,
  lower: (node, { emit, traits }) => {
    const [x] = node.inputs as readonly [Value];
    const [y] = node.outputs as readonly [Value];
    const { shape } = x.type;
    const axis = normalizeAxis(op.attrsOf(node).axis, shape.length);
    const size = shape[axis] as number;
    const step = numel(shape.slice(axis + 1));
    const count = numel(y.type.shape);
    const invocations = Math.min(count, 64, traits.maxInvocations);
    const { groups, linear } = spread(Math.ceil(count / invocations));
    emit({
      label: `argMax ${count}×${size}`,
      reads: [x],
      writes: [y],
      workgroup: [invocations, 1, 1],
      groups,
      body: (io) => {
        const inner = io.code();
        const at = inner.define(`base + k * ${step}u`);
        const element = inner.eval(x, Index.flat(shape, at));
        inner.line(`if (k == 0u || ${element} > best) { best = ${element}; place = k; }`);
        const main = [
          `let o = ${linear} * ${invocations}u + lane;`,
          `if (o >= ${count}u) { return; }`,
          `let base = (o / ${step}u) * ${size * step}u + o % ${step}u;`,
          "var best = 0f;",
          "var place = 0u;",
          `for (var k = 0u; k < ${size}u; k++) {\n${inner}\n}`,
          io.store(y, "o", "i32(place)"),
        ];
        return { main: main.join("\n") };
      },
    });
  },
};
