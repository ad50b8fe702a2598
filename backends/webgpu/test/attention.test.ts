// Causal attention and its gradient, both families of kernels: odd sizes, grouped heads, head dimensions up to 256.
import {
  applyReference,
  causalAttention as attend,
  causalAttentionGrad as attendGrad,
  f32,
  type HostTensor,
  type Node,
  type RefTensor,
  refTensor,
  toHost,
} from "@cambium/ir";
import { describe, expect, test } from "vitest";
import { causalAttention, causalAttentionGrad } from "../src/kernels/attention/index.js";
import type { DeviceTraits } from "../src/lower/traits.js";
import { expectAgreement, largest, unit } from "./shared/compare.js";
import { expectWithinLimits, lowered } from "./shared/lowered.js";
import { drawnInputs, nodesOf } from "./shared/nodes.js";
import { rawDevice } from "./shared/raw-device.js";
import { traitsOf } from "./shared/traits.js";

const device = rawDevice();

interface Case {
  readonly batch: number;
  readonly context: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

const small = { maxInvocations: 128, maxWorkgroupBytes: 16_384 };
const cases: readonly [DeviceTraits["kind"], Partial<DeviceTraits>, Case][] = [
  ["cpu", {}, { batch: 2, context: 13, heads: 4, kvHeads: 2, headDim: 5 }],
  ["cpu", {}, { batch: 1, context: 70, heads: 3, kvHeads: 1, headDim: 32 }],
  ["cpu", {}, { batch: 1, context: 9, heads: 1, kvHeads: 1, headDim: 256 }],
  ["cpu", {}, { batch: 1, context: 1, heads: 2, kvHeads: 2, headDim: 1 }],
  ["cpu", { subgroups: false }, { batch: 1, context: 67, heads: 2, kvHeads: 1, headDim: 18 }],
  ["gpu", small, { batch: 2, context: 37, heads: 4, kvHeads: 2, headDim: 6 }],
  ["gpu", {}, { batch: 1, context: 70, heads: 3, kvHeads: 1, headDim: 64 }],
  ["gpu", {}, { batch: 1, context: 33, heads: 1, kvHeads: 1, headDim: 256 }],
  ["gpu", { subgroupSize: 4 }, { batch: 1, context: 70, heads: 2, kvHeads: 1, headDim: 12 }],
];

describe.each(cases.map(([kind, changes, one]) => [titleOf(kind, changes, one), kind, changes, one] as const))(
  "%s",
  (_, kind, changes, one) => {
    const traits = traitsOf(kind, changes);

    test("forward", { timeout: 300_000 }, () => {
      const { node, inputs } = forward(one);
      // Scores are sums of headDim products, outputs sums of `context`; each probability is off by what its score is.
      const within = (one.headDim + one.context + 64) * unit;
      return expectAgreement(device(), causalAttention, node, inputs, traits, (_, exact) => within * largest(exact));
    });

    test("backward", { timeout: 300_000 }, () => {
      const { node, inputs } = backward(one);
      // A score's gradient is the difference of two sums of headDim products; each result sums up to group · time of them.
      const terms = one.headDim + (one.context * one.heads) / one.kvHeads;
      const within = (2 * terms + 128) * unit;
      return expectAgreement(
        device(),
        causalAttentionGrad,
        node,
        inputs,
        traits,
        (_, exact) => within * largest(exact),
      );
    });
  },
);

test.each(["gpu", "cpu"] as const)(
  "a %s's kernels keep to its limits, and hold nothing of context × context",
  (kind) => {
    const node = nodes({ batch: 1024, context: 4096, heads: 16, kvHeads: 4, headDim: 256 });
    for (const traits of [traitsOf(kind), traitsOf(kind, small)]) {
      for (const [lowering, one, most] of [
        [causalAttention, node.forward, 1],
        [causalAttentionGrad, node.backward, 2],
      ] as const) {
        const result = lowered(lowering, one, traits);
        expect(result.kernels.length).toBeLessThanOrEqual(most);
        expectWithinLimits(result, traits);
        for (const { type } of result.temps) expect(type.shape).toEqual([1024, 16, 4096]);
      }
    }
  },
);

function titleOf(kind: string, changes: Partial<DeviceTraits>, one: Case): string {
  const { subgroups, subgroupSize, maxWorkgroupBytes } = changes;
  const { batch, context, heads, kvHeads, headDim } = one;
  const how = `${subgroups === false ? " without subgroups" : ""}${subgroupSize ? ` with subgroups of ${subgroupSize}` : ""}${maxWorkgroupBytes ? " of small limits" : ""}`;
  return `${kind}${how}: ${batch}×${context}, ${heads}/${kvHeads} heads × ${headDim}`;
}

function nodes({ batch, context, heads, kvHeads, headDim }: Case): { forward: Node; backward: Node } {
  const [one, other] = nodesOf((builder) => {
    const q = builder.input("q", f32(batch, context, heads * headDim));
    const k = builder.input("k", f32(batch, context, kvHeads * headDim));
    const v = builder.input("v", f32(batch, context, kvHeads * headDim));
    const [out, logSumExp] = attend(q, k, v, { heads, kvHeads });
    attendGrad(q, k, v, out, logSumExp, builder.input("grad", q.type), { heads, kvHeads });
  }) as readonly [Node, Node];
  return { forward: one, backward: other };
}

function forward(one: Case): { node: Node; inputs: HostTensor[] } {
  const node = nodes(one).forward;
  return { node, inputs: drawnInputs(node, "attention") };
}

function backward(one: Case): { node: Node; inputs: HostTensor[] } {
  const { node, inputs } = forward(one);
  const results = applyReference(node, inputs.map(refTensor), "f64") as RefTensor[];
  const grad = drawnInputs({ inputs: node.inputs.slice(0, 1) }, "cotangent");
  return { node: nodes(one).backward, inputs: [...inputs, ...results.map(toHost), ...grad] };
}
