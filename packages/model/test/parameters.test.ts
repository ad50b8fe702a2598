// The parameter table and the initial values.
import { numel } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { axisSize, countParameters, initialStd, initParameters, llamaConfig, parameterTable } from "../src/index.js";
import { configs } from "./support/arbitrary.js";

const config = llamaConfig({
  ...{ vocabSize: 300, hiddenSize: 96, intermediateSize: 200, layers: 3, heads: 6, kvHeads: 2, contextLength: 64 },
});

describe("parameterTable", () => {
  it("has one axis per dimension, whose size times unit is the dimension", () => {
    fc.assert(
      fc.property(configs, (any) => {
        for (const { shape, axes } of parameterTable(any)) {
          expect(shape).toEqual(axes.map(({ axis, unit }) => axisSize(any, axis) * unit));
        }
      }),
    );
  });

  it("names what each tensor produces and consumes", () => {
    const heads = { axis: "heads", unit: 16 };
    const table = new Map(parameterTable(config).map((spec) => [spec.name, spec]));
    expect(table.get("model.layers.1.self_attn.o_proj.weight")).toEqual({
      name: "model.layers.1.self_attn.o_proj.weight",
      shape: [96, 96],
      axes: [
        { axis: "hidden", unit: 1, role: "out" },
        { ...heads, role: "in" },
      ],
      layer: 1,
      kind: "linear",
    });
    expect(table.get("model.embed_tokens.weight")?.axes.map(({ axis, role }) => [axis, role])).toEqual([
      ["vocab", "in"],
      ["hidden", "out"],
    ]);
    expect(table.get("lm_head.weight")?.kind).toBe("head");
    expect(parameterTable({ ...config, tieEmbeddings: true }).some(({ name }) => name === "lm_head.weight")).toBe(
      false,
    );
  });

  // Published sizes: Llama-2-7B, TinyLlama-1.1B and Llama-3.2-1B (tied) as their checkpoints count them.
  it.each([
    [{ vocabSize: 32000, hiddenSize: 4096, intermediateSize: 11008, layers: 32, heads: 32 }, 6_738_415_616],
    [{ vocabSize: 32000, hiddenSize: 2048, intermediateSize: 5632, layers: 22, heads: 32, kvHeads: 4 }, 1_100_048_384],
    [
      {
        vocabSize: 128256,
        hiddenSize: 2048,
        intermediateSize: 8192,
        layers: 16,
        heads: 32,
        kvHeads: 8,
        tieEmbeddings: true,
      },
      1_235_814_400,
    ],
  ])("counts %j as published", (sizes, published) => {
    const counted = llamaConfig({ ...sizes, contextLength: 2048 });
    const tables = counted.vocabSize * counted.hiddenSize * (counted.tieEmbeddings ? 1 : 2);
    expect(countParameters(counted)).toEqual({ total: published, nonEmbedding: published - tables });
  });
});

describe("initParameters", () => {
  it.each(["hf", "paper"] as const)("has the mean and spread of the scheme %s", (scheme) => {
    const parameters = initParameters(config, { seed: "s", scheme });
    for (const spec of parameterTable(config)) {
      const { data, shape } = parameters[spec.name] as NonNullable<(typeof parameters)[string]>;
      const std = initialStd(config, spec, scheme);
      if (std === null) {
        expect(data.every((x) => x === 1)).toBe(true);
        continue;
      }
      const n = numel(shape);
      const mean = data.reduce((sum, x) => sum + x, 0) / n;
      const spread = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
      // Five standard errors of a mean and of a standard deviation over n ≥ 3072 normal numbers.
      expect(Math.abs(mean)).toBeLessThan((5 * std) / Math.sqrt(n));
      expect(Math.abs(spread / std - 1)).toBeLessThan(5 / Math.sqrt(2 * n));
    }
  });

  it("takes the paper's spread from fan-in, and depth for the MLP's output", () => {
    const std = (name: string) => {
      const spec = parameterTable(config).find((candidate) => candidate.name === name);
      return spec && initialStd(config, spec, "paper");
    };
    expect(std("model.embed_tokens.weight")).toBeCloseTo(Math.sqrt(2 / (5 * 96)), 12);
    expect(std("model.layers.0.mlp.gate_proj.weight")).toBeCloseTo(Math.sqrt(2 / (5 * 96)), 12);
    expect(std("model.layers.0.self_attn.o_proj.weight")).toBeCloseTo(Math.sqrt(2 / (5 * 96)), 12);
    expect(std("model.layers.2.mlp.down_proj.weight")).toBeCloseTo(1 / (Math.sqrt(200) * 3), 12);
    expect(std("model.norm.weight")).toBeNull();
  });

  it("depends on the seed and the tensor's name, and on nothing else", () => {
    const options = { seed: "a", scheme: "hf" } as const;
    const first = initParameters(config, options);
    expect(initParameters(config, options)).toEqual(first);
    const deeper = initParameters({ ...config, layers: 4 }, options);
    for (const name of Object.keys(first)) expect(deeper[name], name).toEqual(first[name]);

    const matrices = Object.values({ ...first, ...initParameters(config, { ...options, seed: "b" }) });
    const starts = [...Object.values(first), ...matrices.filter((m) => !Object.values(first).includes(m))]
      .filter(({ shape }) => shape.length === 2)
      .map(({ data }) => data.slice(0, 4).join());
    expect(new Set(starts).size).toBe(starts.length);
  });
});
