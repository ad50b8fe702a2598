// Scatter-add, both families of kernels: no update is lost, and the order of additions is that of the updates.
import { f32, type HostTensor, i32, type Node, Random, scatterAdd as scatter, type Value } from "@cambium/ir";
import { describe, expect, test } from "vitest";
import { scatterAdd } from "../src/kernels/scatter-add.js";
import { expectWithinLimits, lowered } from "./shared/lowered.js";
import { nodesOf } from "./shared/nodes.js";
import { Prepared } from "./shared/prepared.js";
import { rawDevice } from "./shared/raw-device.js";
import { traitsOf } from "./shared/traits.js";

const device = rawDevice();

interface Case {
  readonly updates: number;
  readonly width: number;
  readonly rows: number;
  /** Which rows are hit: all alike, few often, or one only. */
  readonly spread: "even" | "skewed" | "one";
}

const cases: readonly Case[] = [
  { updates: 7, width: 5, rows: 3, spread: "even" },
  { updates: 1, width: 1, rows: 1, spread: "one" },
  { updates: 1024, width: 12, rows: 256, spread: "skewed" },
  { updates: 1500, width: 6, rows: 40, spread: "even" },
  { updates: 1500, width: 4, rows: 9, spread: "one" },
  { updates: 4096, width: 20, rows: 5000, spread: "skewed" },
];

describe.each(["gpu", "cpu"] as const)("kernels for a %s", (kind) => {
  test.each(cases.map((one) => [`${one.updates}×${one.width} to ${one.rows}, ${one.spread}`, one] as const))(
    "%s",
    { timeout: 120_000 },
    async (_, one) => {
      const { node, inputs } = nodeOf(one);
      const prepared = await Prepared.of(device(), lowered(scatterAdd, node, traitsOf(kind)), node, inputs);
      for (let run = 0; run < 3; run++) {
        await prepared.run();
        const got = await prepared.read(node.outputs[0] as Value);
        // Exactly: float32 additions in the order of the updates.
        expect(got).toEqual(inOrder(one, inputs));
      }
      prepared.destroy();
    },
  );
});

test.each(["gpu", "cpu"] as const)("a %s's kernels keep to its limits, and are few", (kind) => {
  const { node } = nodeOf({ updates: 2, width: 4096, rows: 200_000, spread: "even" });
  const result = lowered(scatterAdd, node, traitsOf(kind));
  expect(result.kernels.length).toBeLessThanOrEqual(3);
  expectWithinLimits(result, traitsOf(kind));
});

function inOrder({ updates, width, rows }: Case, [values, indices]: readonly HostTensor[]): Float32Array {
  const out = new Float32Array(rows * width);
  for (let i = 0; i < updates; i++) {
    for (let j = 0; j < width; j++) {
      const at = (indices?.data[i] as number) * width + j;
      out[at] = (out[at] as number) + (values?.data[i * width + j] as number);
    }
  }
  return out;
}

function nodeOf({ updates, width, rows, spread }: Case): { node: Node; inputs: HostTensor[] } {
  const [node] = nodesOf((builder) => {
    scatter(builder.input("updates", f32(updates, width)), builder.input("indices", i32(updates)), { rows });
  });
  const random = new Random(`scatter ${updates} ${width} ${rows}`);
  const drawn = (i: number) => random.uniform(i) ** (spread === "skewed" ? 3 : 1);
  const inputs: HostTensor[] = [
    { ...f32(updates, width), data: Float32Array.from({ length: updates * width }, (_, i) => random.normal(i)) },
    {
      ...i32(updates),
      data: Int32Array.from({ length: updates }, (_, i) =>
        spread === "one" ? rows - 1 : Math.floor(rows * drawn(1_000_000 + i)),
      ),
    },
  ];
  return { node: node as Node, inputs };
}
