// Masks: when they open, and what a masked model computes, compared with models without masks.
import { differentiate, evaluate, gradientName, type HostTensor, hostTensor, type RefTensor } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  grownModel,
  initParameters,
  llama,
  logitsGraph,
  lossGraph,
  type Mask,
  type ModelSpec,
  maskValue,
  maskValuesName,
  modelSpec,
  opensAfter,
  parameterTable,
} from "../src/index.js";

const config = modelSpec(llama, {
  ...{ vocab: 11, hidden: 8, intermediate: 10, layers: 2, heads: 4, kvHeads: 2, contextLength: 8 },
});
const size = { batch: 2, context: 6 };
const shut = { kind: "const", value: 0 } as const;
const down = "model.layers.1.mlp.down_proj.weight";
const out = "model.layers.1.self_attn.o_proj.weight";
const norms = parameterTable(config).flatMap(({ name, kind }) => (kind === "norm" ? [name] : []));
const everything: Mask[] = [
  { tensors: [down], axis: "intermediate", range: [7, 10], schedule: shut },
  { tensors: [out], axis: "heads", range: [1, 3], schedule: shut },
  { tensors: norms, axis: "hidden", range: [5, 8], schedule: shut },
  { tensors: [], axis: "layers", range: [1, 2], schedule: shut },
  { tensors: ["model.embed_tokens.weight"], axis: "hidden", range: [0, 2], schedule: shut },
];

type Weights = Record<string, HostTensor<"f32">>;

/** Norm weights are drawn too: 1 would hide which of them is read. */
function weightsOf(model: ModelSpec): Weights {
  const weights = initParameters(model, { seed: "masks", scheme: "hf" }) as Weights;
  const loud = (name: string, { dtype, shape, data }: HostTensor<"f32">) =>
    name.includes("norm")
      ? { dtype, shape, data: data.map((_, i) => 0.5 + (i % 5) / 4) }
      : { dtype, shape, data: data.map((x) => 20 * x) };
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, loud(name, tensor)]));
}

const weights = weightsOf(config);
const ids = Int32Array.from({ length: size.batch * size.context }, (_, i) => (7 * i * i + 3) % config.config.vocab);

function logits(model: ModelSpec, of: Weights, masks: readonly Mask[] = [], values: number[] = []): number[] {
  const inputs = {
    ...of,
    tokens: hostTensor("i32", [size.batch, size.context], ids),
    ...(masks.length > 0 && { [maskValuesName]: hostTensor("f32", [masks.length], values) }),
  };
  return [
    ...(evaluate(logitsGraph(model, { ...size, masks }), inputs, { precision: "f64" })["logits"] as RefTensor).data,
  ];
}

/** `of` with the entries of tensor `name` multiplied by `factor` of their row and column. */
function times(of: Weights, name: string, factor: (row: number, column: number) => number): Weights {
  const tensor = of[name] as HostTensor<"f32">;
  const width = tensor.shape.length > 1 ? (tensor.shape[1] as number) : 1;
  return {
    ...of,
    [name]: { ...tensor, data: tensor.data.map((x, i) => x * factor(Math.floor(i / width), i % width)) },
  };
}

/** 0.25 · x is exact in f32, so only float64 sums in another order differ. */
const close = (actual: readonly number[], expected: readonly number[]) => {
  const apart = Math.max(...expected.map((x, i) => Math.abs(x - (actual[i] as number))));
  expect(apart).toBeLessThan(1e-12 * Math.max(1, ...expected.map(Math.abs)));
};

describe("a schedule", () => {
  it("never falls, is 0 until it starts and 1 from its end on", () => {
    const whole = fc.integer({ min: 0, max: 1e9 });
    const property = fc.property(whole, fc.integer({ min: 1, max: 1e9 }), whole, whole, (start, tokens, a, b) => {
      const mask = { schedule: { kind: "linear", start, tokens } } as const;
      const [early, late] = [Math.min(a, b), Math.max(a, b)].map((at) => maskValue(mask, at)) as [number, number];
      expect(early).toBeLessThanOrEqual(late);
      expect([maskValue(mask, 0), maskValue(mask, start), maskValue(mask, opensAfter(mask))]).toEqual([0, 0, 1]);
    });
    fc.assert(property);
  });

  it("constant, opens at once or never", () => {
    expect(maskValue({ schedule: { kind: "const", value: 0.3 } }, 1e12)).toBe(0.3);
    expect(opensAfter({ schedule: { kind: "const", value: 1 } })).toBe(0);
    expect(opensAfter({ schedule: { kind: "const", value: 0.3 } })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a mask", () => {
  const quarter = [0.25];

  it("on what a projection reads scales its columns: neurons, and whole heads", () => {
    const neurons = everything.slice(0, 1);
    close(
      logits(config, weights, neurons, quarter),
      logits(
        config,
        times(weights, down, (_, k) => (k < 7 ? 1 : 0.25)),
      ),
    );
    const heads = everything.slice(1, 2);
    const inHead = (k: number) => Math.floor(k / config.config.headDim);
    close(
      logits(config, weights, heads, quarter),
      logits(
        config,
        times(weights, out, (_, k) => (inHead(k) === 1 || inHead(k) === 2 ? 0.25 : 1)),
      ),
    );
  });

  it("on what a projection writes scales its rows; two on one tensor multiply", () => {
    const both: Mask[] = [
      { tensors: [down], axis: "hidden", range: [2, 5], schedule: shut },
      { tensors: [down], axis: "intermediate", range: [0, 1], schedule: shut },
    ];
    const factor = (row: number, column: number) => (row >= 2 && row < 5 ? 0.5 : 1) * (column === 0 ? 0.25 : 1);
    close(logits(config, weights, both, [0.5, 0.25]), logits(config, times(weights, down, factor)));
  });

  it("on norms takes the mean square over the open channels: shut, it is the narrower model", () => {
    const narrow = grownModel(config, { hidden: 5 });
    const cut = Object.fromEntries(
      parameterTable(narrow).map(({ name, shape }) => {
        const { shape: from, data } = weights[name] as HostTensor<"f32">;
        const [width, wide] = [shape.at(-1) as number, from.at(-1) as number];
        const length = shape.reduce((a, b) => a * b, 1);
        const kept = Float32Array.from(
          { length },
          (_, i) => data[Math.floor(i / width) * wide + (i % width)] as number,
        );
        return [name, hostTensor("f32", shape, kept)];
      }),
    );
    close(logits(config, weights, everything.slice(2, 3), [0]), logits(narrow, cut));
  });

  it("on norms, half open, is (x·c) / sqrt(Σ(x·c)² / Σc + eps) · weight · c", () => {
    const silent = [0, 1].flatMap((layer) => [
      `model.layers.${layer}.self_attn.o_proj.weight`,
      `model.layers.${layer}.mlp.down_proj.weight`,
    ]);
    const quiet = silent.reduce((of, name) => times(of, name, () => 0), weights);
    const c: number[] = Array.from({ length: 8 }, (_, i) => (i < 5 ? 1 : 0.25));
    const [embedding, norm, head] = ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"].map(
      (name) => (quiet[name] as HostTensor<"f32">).data,
    ) as [Float32Array, Float32Array, Float32Array];
    const expected = [...ids].flatMap((id) => {
      const x = c.map((factor, i) => factor * (embedding[8 * id + i] as number));
      const mean = x.reduce((sum, y) => sum + y * y, 0) / c.reduce((a, b) => a + b);
      const y = x.map(
        (value, i) =>
          (value / Math.sqrt(mean + Math.fround(config.config.rmsNormEps))) * (norm[i] as number) * (c[i] as number),
      );
      return Array.from({ length: 11 }, (_, v) =>
        y.reduce((sum, value, i) => sum + value * (head[8 * v + i] as number), 0),
      );
    });
    close(logits(config, quiet, everything.slice(2, 3), quarter), expected);
  });

  it("on a layer mixes it with the identity: shut, the layer is not there; half open, what it adds is scaled", () => {
    const [top] = everything.slice(3, 4) as [Mask];
    const without = grownModel(config, { layers: 1 });
    const kept = Object.fromEntries(
      parameterTable(without).map(({ name }) => [name, weights[name] as HostTensor<"f32">]),
    );
    close(logits(config, weights, [top], [0]), logits(without, kept));
    const [noMlp, noAttention] = [times(weights, down, () => 0), times(weights, out, () => 0)];
    close(
      logits(config, noMlp, [top], quarter),
      logits(
        config,
        times(noMlp, out, () => 0.25),
      ),
    );
    close(
      logits(config, noAttention, [top], quarter),
      logits(
        config,
        times(noAttention, down, () => 0.25),
      ),
    );
  });

  it("shut on every channel makes a norm 0, not NaN", () => {
    const all: Mask[] = [{ tensors: ["model.norm.weight"], axis: "hidden", range: [0, 8], schedule: shut }];
    expect(new Set(logits(config, weights, all, [0]))).toEqual(new Set([0]));
  });
});

describe("open masks", () => {
  const names = parameterTable(config).map(({ name }) => name);
  const tokens = hostTensor(
    "i32",
    [2, 7],
    Int32Array.from({ length: 14 }, (_, i) => (5 * i + 1) % 11),
  );
  const run = (masks: readonly Mask[]) => {
    const graph = differentiate(lossGraph(config, { ...size, masks }), { of: "loss", by: names });
    const maskValues = masks.length > 0 && {
      [maskValuesName]: hostTensor(
        "f32",
        [masks.length],
        masks.map(() => 1),
      ),
    };
    const outputs = evaluate(graph, { ...weights, tokens, ...maskValues }, { precision: "f32" });
    return ["loss", ...names.map(gradientName)].map((name) => [...(outputs[name] as RefTensor).data]);
  };

  it("change no bit of loss and gradients in float32", () => {
    expect(run(everything)).toEqual(run([]));
  });
});
