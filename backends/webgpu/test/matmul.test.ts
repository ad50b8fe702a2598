// Products: every family of kernels equals a float64 sum, for all transposes, odd sizes and broadcast batches.
import { applyReference, f32, matmul, type Node, type RefTensor, refTensor, type Value } from "@cambium/ir";
import { describe, expect, test } from "vitest";
import { emitVariant, matmul as matmulLowering } from "../src/kernels/matmul/index.js";
import { productOf } from "../src/kernels/matmul/product.js";
import { into } from "../src/kernels/matmul/target.js";
import { type Variant, variantName, variants } from "../src/kernels/matmul/variants.js";
import type { DeviceTraits } from "../src/lower/traits.js";
import { expectWithinLimits, lowered } from "./shared/lowered.js";
import { drawnInputs, nodesOf } from "./shared/nodes.js";
import { Prepared } from "./shared/prepared.js";
import { rawDevice } from "./shared/raw-device.js";
import { traitsOf } from "./shared/traits.js";

const device = rawDevice();

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Batch axes of either side. */
  readonly batch?: readonly [readonly number[], readonly number[]];
}

/** Sizes that fours divide and that nothing divides, by all transposes. */
const cases: readonly Case[] = [
  ...[false, true].flatMap((transA) =>
    [false, true].flatMap((transB) => [
      { m: 24, n: 20, k: 28, transA, transB },
      { m: 19, n: 23, k: 13, transA, transB },
    ]),
  ),
  { m: 1, n: 1, k: 1 },
  { m: 5, n: 8, k: 6, batch: [[2, 1], [3]] },
  { m: 8, n: 6, k: 4, transA: true, transB: true, batch: [[], [2, 3]] },
];

describe.each(["gpu", "cpu"] as const)("kernels for a %s", (kind) => {
  test.each(cases.map((one) => [titleOf(one), one] as const))("%s", { timeout: 120_000 }, async (_, one) => {
    const node = nodeOf(one);
    await check(node, variants(productOf(node), traitsOf(kind))[0] as Variant, kind);
  });
});

const special: readonly [string, DeviceTraits["kind"], Case, Partial<DeviceTraits>][] = [
  ["three rows, b along k", "gpu", { m: 3, n: 21, k: 72, transB: true }, {}],
  ["three rows, b along n", "gpu", { m: 3, n: 68, k: 72 }, {}],
  ["a long k in parts", "gpu", { m: 12, n: 20, k: 700, transA: true }, {}],
  ["three rows", "cpu", { m: 3, n: 21, k: 10, transB: true }, {}],
  ["no subgroups", "cpu", { m: 18, n: 20, k: 9 }, { subgroups: false }],
];
test.each(special)("%s on a %s", { timeout: 120_000 }, async (_, kind, one, changes) => {
  const node = nodeOf(one);
  await check(node, variants(productOf(node), traitsOf(kind, changes))[0] as Variant, kind);
});

test("every other variant", { timeout: 600_000 }, async () => {
  const node = nodeOf({ m: 40, n: 36, k: 20, transB: true });
  const seen = [];
  for (const kind of ["gpu", "cpu"] as const) {
    for (const variant of variants(productOf(node), traitsOf(kind)).slice(1)) {
      await check(node, variant, kind);
      seen.push(variantName(variant));
    }
  }
  expect(new Set(seen).size).toBe(seen.length);
});

test("a kernel keeps to the device's limits", () => {
  const product = productOf(nodeOf({ m: 512, n: 512, k: 512 }));
  const small = traitsOf("gpu", { maxInvocations: 64, maxWorkgroupBytes: 8192 });
  for (const variant of variants(product, small)) {
    expectWithinLimits(lowered(loweringOf(variant), nodeOf({ m: 512, n: 512, k: 512 }), small), small);
  }
  const wide = nodeOf({ m: 1 << 20, n: 32, k: 16 });
  for (const kind of ["gpu", "cpu"] as const)
    expectWithinLimits(lowered(matmulLowering, wide, traitsOf(kind)), traitsOf(kind));
});

function titleOf({ m, n, k, transA, transB, batch }: Case): string {
  return `${m}×${n}×${k}${transA ? " aᵀ" : ""}${transB ? " bᵀ" : ""}${batch ? ` batches [${batch[0]}] [${batch[1]}]` : ""}`;
}

function nodeOf({ m, n, k, transA = false, transB = false, batch = [[], []] }: Case): Node {
  const [node] = nodesOf((builder) => {
    const a = builder.input("a", f32(...batch[0], ...(transA ? [k, m] : [m, k])));
    const b = builder.input("b", f32(...batch[1], ...(transB ? [n, k] : [k, n])));
    builder.output("c", matmul(a, b, { transA, transB }));
  });
  return node as Node;
}

function loweringOf(variant: Variant) {
  return {
    kind: "kernels",
    lower: (node: Node, context: Parameters<typeof emitVariant>[3]) =>
      emitVariant(productOf(node), variant, into(node.outputs[0] as Value), context),
  } as const;
}

/** Runs the variant: each result is within the rounding of a float32 sum of k products, (k + 2) · 2⁻²⁴ · Σ|a·b|. */
async function check(node: Node, variant: Variant, kind: DeviceTraits["kind"]): Promise<void> {
  const inputs = drawnInputs(node, variantName(variant));
  const exact = inputs.map(refTensor);
  const magnitudes = exact.map(({ type, data }): RefTensor => ({ type, data: data.map(Math.abs) }));
  const [wanted] = applyReference(node, exact, "f64") as [RefTensor];
  const [bound] = applyReference(node, magnitudes, "f64") as [RefTensor];
  const prepared = await Prepared.of(device(), lowered(loweringOf(variant), node, traitsOf(kind)), node, inputs);
  await prepared.run();
  const got = await prepared.read(node.outputs[0] as Value);
  prepared.destroy();
  const { k } = productOf(node);
  const wrong = [...got].findIndex(
    (x, i) => !(Math.abs(x - (wanted.data[i] as number)) <= (k + 2) * 2 ** -24 * (bound.data[i] as number)),
  );
  if (wrong >= 0) expect.fail(`${variantName(variant)}: element ${wrong} is ${got[wrong]}, not ${wanted.data[wrong]}`);
}
