// The cross entropy of an output projection and its gradient: both families of kernels, one chunk of the vocabulary and
// several.
import {
  applyReference,
  drawn,
  f32,
  i32,
  linearCrossEntropy,
  linearCrossEntropyGrad,
  materialize,
  type Node,
  numel,
  type RefTensor,
  refTensor,
  toHost,
} from "@cambium/ir";
import { describe, expect, test } from "vitest";
import { lowerGradient, lowerLoss } from "../src/kernels/cross-entropy.js";
import type { KernelLowering } from "../src/lower/lowering.js";
import { expectAgreement, unit } from "./shared/compare.js";
import { lowered } from "./shared/lowered.js";
import { nodesOf } from "./shared/nodes.js";
import { rawDevice } from "./shared/raw-device.js";
import { reducers, traitsOf } from "./shared/traits.js";

const device = rawDevice();

interface Case {
  readonly rows: number;
  readonly width: number;
  readonly vocab: number;
  /** Bytes of a chunk's logits; columns come in 64s. */
  readonly chunkBytes: number;
}

const cases: readonly Case[] = [
  { rows: 6, width: 8, vocab: 20, chunkBytes: 1 << 24 },
  { rows: 9, width: 7, vocab: 131, chunkBytes: 1 },
  { rows: 16, width: 12, vocab: 256, chunkBytes: 16 * 128 * 4 },
];

describe.each(reducers)("kernels for a %s, subgroups of %i", (kind, subgroupSize) => {
  const traits = traitsOf(kind, { subgroupSize });
  test.each(cases)("$rows rows, width $width, vocabulary $vocab", { timeout: 240_000 }, async (one) => {
    const { rows, width, vocab, chunkBytes } = one;
    const { loss, gradient } = lossNodes(one);
    const [hidden, weight, targets, grad] = materialize(
      {
        inputs: [
          drawn("f32", [rows, width], [-2, 2]),
          drawn("f32", [vocab, width], [-2, 2]),
          drawn("i32", [rows], [0, vocab]),
          drawn("f32", []),
        ],
      },
      `cross entropy ${vocab}`,
    ) as [never, never, never, never];
    const [, exact] = applyReference(loss, [hidden, weight, targets].map(refTensor), "f64") as [RefTensor, RefTensor];
    const logSumExp = toHost(exact) as never;
    // A logit is a sum of `width` products of at most 4 each; exp, sums and log add a few roundings of values below 2⁵ each.
    const logit = (width + 2) * unit * 4 * width;
    const within = logit + 64 * unit * 2 ** 5;
    const forward: KernelLowering = { kind: "kernels", lower: (...given) => lowerLoss(...given, chunkBytes) };
    await expectAgreement(device(), forward, loss, [hidden, weight, targets], traits, () => within);
    // A logit's gradient is an exponential below grad / rows and errs relatively as much as the logit absolutely; it is
    // summed over a row or a column, times what is at most 2, as is grad.
    const each = (logit + 16 * unit) / rows;
    const backward: KernelLowering = { kind: "kernels", lower: (...given) => lowerGradient(...given, chunkBytes) };
    const inputs = [hidden, weight, targets, logSumExp, grad];
    const bound = (output: number) => 4 * each * (output === 0 ? vocab : rows);
    await expectAgreement(device(), backward, gradient, inputs, traits, bound);
  });
});

test("temporary memory is bounded by the chunk, and a small vocabulary takes three dispatches", () => {
  const { loss, gradient } = lossNodes({ rows: 2048, width: 64, vocab: 50_000, chunkBytes: 0 });
  for (const kind of ["gpu", "cpu"] as const) {
    for (const [node, lower] of [
      [loss, lowerLoss],
      [gradient, lowerGradient],
    ] as const) {
      const { temps } = lowered({ kind: "kernels", lower }, node, traitsOf(kind));
      for (const { type } of temps) expect(4 * numel(type.shape)).toBeLessThanOrEqual(1 << 24);
    }
  }
  const small = lossNodes({ rows: 512, width: 128, vocab: 256, chunkBytes: 0 });
  for (const [node, lower] of [
    [small.loss, lowerLoss],
    [small.gradient, lowerGradient],
  ] as const)
    expect(lowered({ kind: "kernels", lower }, node, traitsOf("cpu")).kernels).toHaveLength(3);
});

function lossNodes({ rows, width, vocab }: Case): { loss: Node; gradient: Node } {
  const [loss, gradient] = nodesOf((builder) => {
    const hidden = builder.input("hidden", f32(rows, width));
    const weight = builder.input("weight", f32(vocab, width));
    const targets = builder.input("targets", i32(rows));
    const logSumExp = builder.input("logSumExp", f32(rows));
    linearCrossEntropy(hidden, weight, targets);
    linearCrossEntropyGrad(hidden, weight, targets, logSumExp, builder.input("grad", f32()));
  }) as [Node, Node];
  return { loss, gradient };
}
