// The parameter table and the initial values.
import { numel } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countParameters,
  grownModel,
  initParameters,
  llama,
  modelSizes,
  modelSpec,
  parameterTable,
} from "../src/index.js";
import { configs } from "./support/arbitrary.js";

const config = modelSpec(llama, {
  ...{ vocab: 300, hidden: 96, intermediate: 200, layers: 3, heads: 6, kvHeads: 2, contextLength: 64 },
});

describe("parameterTable", () => {
  it("has one axis per dimension, whose size times unit is the dimension", () => {
    fc.assert(
      fc.property(configs, (any) => {
        for (const { shape, axes } of parameterTable(any)) {
          expect(shape).toEqual(axes.map(({ axis, unit }) => (modelSizes(any)[axis] ?? 0) * unit));
        }
      }),
    );
  });

  it("names the axes that each tensor produces and consumes", () => {
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
      part: "self_attn.o_proj.weight",
      module: "self_attn.o_proj",
      kind: "linear",
      writes: "stream",
    });
    expect(table.get("model.embed_tokens.weight")?.axes.map(({ axis, role }) => [axis, role])).toEqual([
      ["vocab", "in"],
      ["hidden", "out"],
    ]);
    expect(table.get("lm_head.weight")?.kind).toBe("head");
    expect(
      parameterTable(modelSpec(llama, { ...config.config, tied: true })).some(({ name }) => name === "lm_head.weight"),
    ).toBe(false);
  });

  // Published sizes: Llama-2-7B, TinyLlama-1.1B and Llama-3.2-1B (tied) as their checkpoints count them.
  it.each([
    [{ vocab: 32000, hidden: 4096, intermediate: 11008, layers: 32, heads: 32 }, 6_738_415_616],
    [{ vocab: 32000, hidden: 2048, intermediate: 5632, layers: 22, heads: 32, kvHeads: 4 }, 1_100_048_384],
    [
      {
        vocab: 128256,
        hidden: 2048,
        intermediate: 8192,
        layers: 16,
        heads: 32,
        kvHeads: 8,
        tied: true,
      },
      1_235_814_400,
    ],
  ])("counts %j as published", (sizes, published) => {
    const counted = modelSpec(llama, { ...sizes, contextLength: 2048 });
    const tables = counted.config.vocab * counted.config.hidden * (counted.config.tied ? 1 : 2);
    expect(countParameters(counted)).toEqual({ total: published, nonEmbedding: published - tables });
  });
});

describe("initParameters", () => {
  it.each(["hf", "paper"] as const)("has the mean and spread of the scheme %s", (scheme) => {
    const parameters = initParameters(config, { seed: "s", scheme });
    for (const spec of parameterTable(config)) {
      const { data, shape } = parameters[spec.name] as NonNullable<(typeof parameters)[string]>;
      if (spec.kind === "norm") {
        expect(data.every((x) => x === 1)).toBe(true);
        continue;
      }
      const std = llama.std(config.config, spec, scheme);
      const n = numel(shape);
      const mean = data.reduce((sum, x) => sum + x, 0) / n;
      const spread = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
      // Five standard errors of a mean and of a standard deviation over n ≥ 3072 normal numbers.
      expect(Math.abs(mean)).toBeLessThan((5 * std) / Math.sqrt(n));
      expect(Math.abs(spread / std - 1)).toBeLessThan(5 / Math.sqrt(2 * n));
    }
  });

  it("derives the paper's spread from fan-in, and from depth for the MLP's output", () => {
    const std = (name: string) => {
      const spec = parameterTable(config).find((candidate) => candidate.name === name);
      return spec && llama.std(config.config, spec, "paper");
    };
    expect(std("model.embed_tokens.weight")).toBeCloseTo(Math.sqrt(2 / (5 * 96)), 12);
    expect(std("model.layers.0.mlp.gate_proj.weight")).toBeCloseTo(Math.sqrt(2 / (5 * 96)), 12);
    expect(std("model.layers.0.self_attn.o_proj.weight")).toBeCloseTo(Math.sqrt(2 / (5 * 96)), 12);
    expect(std("model.layers.2.mlp.down_proj.weight")).toBeCloseTo(1 / (Math.sqrt(200) * 3), 12);
  });

  it("depends only on the seed and the tensor's name", () => {
    const options = { seed: "a", scheme: "hf" } as const;
    const first = initParameters(config, options);
    expect(initParameters(config, options)).toEqual(first);
    const deeper = initParameters(grownModel(config, { layers: 4 }), options);
    for (const name of Object.keys(first)) expect(deeper[name], name).toEqual(first[name]);

    const matrices = Object.values({ ...first, ...initParameters(config, { ...options, seed: "b" }) });
    const starts = [...Object.values(first), ...matrices.filter((m) => !Object.values(first).includes(m))]
      .filter(({ shape }) => shape.length === 2)
      .map(({ data }) => data.slice(0, 4).join());
    expect(new Set(starts).size).toBe(starts.length);
  });
});
