// The function is preserved in float64 over maps, splits and shapes of attention; figures.test.ts has where it is not.
import { copy, take } from "@cambium/growth";
import { growExactly, randomWeights } from "@cambium/growth/conformance";
import { describe, expect, test } from "vitest";
import directWidth from "../src/index.js";
import { apart, config, grown } from "./support.js";

const splits = ["even", "scalar", "elem", "proj", "paired"];
const maps = ["tile", "interleave", "random"];
/** A smaller model for the grid; its sizes are even after × 1.5 and × 2.5 too. */
const small = { vocab: 31, hidden: 16, intermediate: 24, layers: 2, headDim: 4 };
const attention = { MHA: { kvHeads: 4 }, GQA: { kvHeads: 2 }, MQA: { kvHeads: 1 } };

async function expectKept(...[given, options]: Parameters<typeof grown>): Promise<void> {
  const plan = grown(given, options);
  expect(plan.claims.functionPreserving).not.toBe("no");
  const { error, size } = await apart(plan);
  expect(size).toBeGreaterThan(1);
  expect(error).toBeLessThanOrEqual(1e-12 * size);
}

describe.each(Object.entries(attention))("%s", (_, heads) => {
  describe.each([false, true])("tied: %s", (tied) => {
    const base = { ...small, ...heads, tied };
    test.each([1, 1.5, 2, 2.5, 3])("hidden × %d keeps the function with every split and map", async (factor) => {
      for (const split of splits) await expectKept(base, { hidden: 16 * factor, split });
      for (const map of maps) await expectKept(base, { hidden: 16 * factor, map });
    });

    test("all axes twice keep it with every split", async () => {
      for (const split of splits) await expectKept(base, { factor: 2, split });
    });
  });

  test("heads in any number keep it with every map", async () => {
    const { kvHeads } = heads;
    const base = { ...small, ...heads };
    for (const map of maps) {
      for (const more of [1, 2, 3]) {
        await expectKept(base, { heads: 4 * more, map });
        await expectKept(base, { heads: 4 * more, kvHeads: kvHeads * more, map });
      }
      await expectKept(base, { kvHeads: 4, map });
    }
  });

  test("intermediate 24 → 37 keeps it with every split and map", async () => {
    const base = { ...small, ...heads };
    for (const split of splits) await expectKept(base, { intermediate: 37, split });
    for (const map of maps) await expectKept(base, { intermediate: 37, map });
  });
});

test("uneven hidden maps with new channels keep it, tied and untied", async () => {
  const hidden = Array.from({ length: 80 }, (_, t) => (t < 64 ? t % 32 : -1));
  const options = { map: "explicit", maps: { hidden } };
  for (const tied of [false, true]) {
    for (const split of splits) await expectKept({ tied }, { ...options, split });
    // Numbers that f32 holds, since the graph does: eps is 2⁻¹⁷ after growth.
    await expectKept({ tied, rmsNormEps: 1.25 * 2 ** -17 }, { ...options, normMode: "sqrt-mu" });
  }
});

test("whole groups: query heads 4 → 6 over 2 → 3", async () => {
  const explicit = { map: "explicit", maps: { heads: [0, 1, 2, 3, 0, 1], kvHeads: [0, 1, 0] } };
  expect(grown({}, { heads: 6, kvHeads: 3 }).tensors).toEqual(grown({}, explicit).tensors);
  await expectKept({}, explicit);
});

test("query heads grow within their group, and key/value heads alone move no query head", () => {
  const q = "model.layers.0.self_attn.q_proj.weight";
  expect(grown({}, { heads: 8 }).tensors[q]).toEqual(take(copy(q), "heads", [0, 1, 0, 1, 2, 3, 2, 3]));
  const plan = grown({}, { kvHeads: 4 });
  expect(plan.tensors[q]).toEqual(copy(q));
  const k = q.replace("q_proj", "k_proj");
  expect(plan.tensors[k]).toEqual(take(copy(k), "kvHeads", [0, 0, 1, 1]));
});

test("norms copied over equal copies, untied, keep it", async () => {
  await expectKept({}, { hidden: 64, normMode: "copy" });
});

test("sqrt-mu scales eps by the share of channels that live", () => {
  const hidden = Array.from({ length: 80 }, (_, t) => (t < 64 ? t % 32 : -1));
  const plan = grown({}, { map: "explicit", maps: { hidden }, normMode: "sqrt-mu" });
  expect(plan.target.family.eps?.read(plan.target.config)).toBeCloseTo(0.8e-5, 18);
});

describe.each(splits)("split %s", (split) => {
  test("copies are told apart, unless it is even", async () => {
    const made = await growExactly(grown({}, { intermediate: 112, split }), randomWeights(config(), "w"));
    const row = made["model.layers.0.mlp.down_proj.weight"]?.data.subarray(0, 112) ?? new Float64Array();
    const alike = row.subarray(0, 56).every((x, i) => x === row[i + 56]);
    expect(alike).toBe(split === "even");
  });
});

test("another seed gives other weights, the same one the same", () => {
  const plan = (seed: string) => JSON.stringify(grown({}, { seed }).tensors);
  expect(plan("a")).toBe(plan("a"));
  expect(plan("a")).not.toBe(plan("b"));
});

test("rows: next: a new row is what the layer above has there, read by the same maps; the last layer's are its own", async () => {
  const base = config();
  const weights = randomWeights(base, "above");
  const made = async (rows: string) =>
    growExactly(
      directWidth.plan(base, { intermediate: 112, hidden: 48, heads: 8, kvHeads: 4, split: "even", rows }),
      weights,
    );
  const [own, next] = [await made("own"), await made("next")];
  /** Rows of the part in that layer, from `start` to `end`, as flat numbers. */
  const rowsOf = (from: typeof own, layer: number, part: string, [start, end]: readonly [number, number]) => {
    const { type, data } = from[`model.layers.${layer}.${part}.weight`] as (typeof own)[string];
    const width = type.shape[1] ?? 1;
    return data.slice(start * width, end * width);
  };
  // Old rows first: neurons 56 of 112, heads 4 of 8 with 8 rows each, channels 32 of 48.
  const parts = {
    "mlp.gate_proj": [56, 112],
    "self_attn.k_proj": [16, 32],
    "mlp.down_proj": [32, 48],
    input_layernorm: [32, 48],
  };
  for (const [part, [old = 0, all = 0]] of Object.entries(parts)) {
    for (const layer of [0, 1, 2]) {
      expect(rowsOf(next, layer, part, [0, old])).toEqual(rowsOf(own, layer, part, [0, old]));
      const above = Math.min(layer + 1, 2);
      expect(rowsOf(next, layer, part, [old, all])).toEqual(rowsOf(own, above, part, [old, all]));
    }
  }
  expect(next["model.embed_tokens.weight"]).toEqual(own["model.embed_tokens.weight"]);
});
