// RMS norm and its gradient, both families of kernels, rows that fours divide and rows that nothing divides.
import { drawn, f32, materialize, type Node, rmsNorm as norm, rmsNormGrad as normGrad } from "@cambium/ir";
import { describe, expect, test } from "vitest";
import { rmsNorm, rmsNormGrad } from "../src/kernels/rms-norm/index.js";
import { expectAgreement, largest, unit } from "./shared/compare.js";
import { expectWithinLimits, lowered } from "./shared/lowered.js";
import { nodesOf } from "./shared/nodes.js";
import { rawDevice } from "./shared/raw-device.js";
import { reducers, traitsOf } from "./shared/traits.js";

const device = rawDevice();

const shapes: readonly (readonly number[])[] = [[1], [2, 3, 5], [7, 64], [300, 36], [3, 1031], [5, 2052]];

describe.each(reducers)("kernels for a %s, subgroups of %i", (kind, subgroupSize) => {
  const traits = traitsOf(kind, { subgroupSize });
  test.each(shapes.map((shape) => [`[${shape}]`, shape] as const))("%s", { timeout: 120_000 }, async (_, shape) => {
    const hidden = shape.at(-1) as number;
    const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const { forward, backward } = nodes(shape);
    const positive = drawn("f32", [...shape.slice(0, -1), 1], [0.5, 2]);
    const [x, weight, inverseRms, grad] = materialize(
      { inputs: [drawn("f32", shape), drawn("f32", [hidden]), positive, drawn("f32", shape)] },
      `rms norm ${shape}`,
    ) as [never, never, never, never];
    // A mean of `hidden` squares, and a handful of operations on each element.
    const within = (hidden + 8) * unit;
    await expectAgreement(device(), rmsNorm, forward, [x, weight], traits, (_, exact) => within * largest(exact));
    // Inputs are below 2: a product of four is below 16; the weight's gradient sums `rows` such.
    await expectAgreement(device(), rmsNormGrad, backward, [x, weight, inverseRms, grad], traits, (output) =>
      output === 0 ? 4 * (hidden + 8) * unit * 16 : (rows + 8) * unit * 8 * rows,
    );
  });
});

test.each(["gpu", "cpu"] as const)("a %s's kernels keep to its limits; the gradient is two dispatches", (kind) => {
  const { forward, backward } = nodes([70_000, 8192]);
  const traits = traitsOf(kind, { maxInvocations: 128 });
  expect(lowered(rmsNorm, forward, traits).kernels).toHaveLength(1);
  const gradient = lowered(rmsNormGrad, backward, traits);
  expect(gradient.kernels).toHaveLength(2);
  expectWithinLimits(gradient, traits);
});

function nodes(shape: readonly number[]): { forward: Node; backward: Node } {
  const [forward, backward] = nodesOf((builder) => {
    const x = builder.input("x", f32(...shape));
    const weight = builder.input("weight", f32(shape.at(-1) as number));
    const [y, inverseRms] = norm(x, weight, { eps: 1e-5 });
    normGrad(x, weight, inverseRms, y);
  }) as readonly [Node, Node];
  return { forward, backward };
}
