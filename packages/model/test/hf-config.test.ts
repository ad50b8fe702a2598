// config.json of transformers 4 and 5: how it is read, what is refused, and what is written back.
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  contextLength,
  grownModel,
  type HfFlavour,
  hfDType,
  hfFlavour,
  llama,
  lossGraph,
  modelSpec,
  readHfModel,
  writeHfModel,
} from "../src/index.js";
import { configs } from "./support/arbitrary.js";
import { fixtureNames, readJson } from "./support/golden.js";

const familyError = expect.objectContaining({ code: "E_FAMILY" });

const flavours = fc.constantFrom<HfFlavour>(4, 5);

function reasonsOf(json: unknown): string[] {
  try {
    readHfModel(json);
  } catch (error) {
    expect(error).toBeInstanceOf(CambiumError);
    expect(["E_CONFIG", "E_FAMILY"]).toContain((error as CambiumError).code);
    const { message, details } = error as CambiumError;
    return details.reasons?.map(({ where }) => where as string) ?? [message];
  }
  return [];
}

describe.each(fixtureNames)("%s", (fixture) => {
  const v5 = readJson(fixture, "config.json");
  const v4 = readJson(fixture, "config.v4.json");

  it("means the same in both spellings", () => {
    expect(readHfModel(v4)).toEqual(readHfModel(v5));
    expect([hfFlavour(v4), hfDType(v4)]).toEqual([4, "f32"]);
    expect([hfFlavour(v5), hfDType(v5)]).toEqual([5, "f32"]);
  });

  it("is written back as it was", () => {
    const { head_dim = 8, num_key_value_heads } = v5;
    expect(writeHfModel(readHfModel(v5), { source: v5 })).toEqual({ ...v5, head_dim });
    expect(writeHfModel(readHfModel(v4), { source: v4 })).toEqual({ ...v4, head_dim, num_key_value_heads });
  });

  it("is rewritten in the other spelling on request", () => {
    const spelling = ["dtype", "torch_dtype", "rope_parameters", "rope_theta", "rope_scaling"];
    const rewritten = writeHfModel(readHfModel(v4), { source: v4, flavour: 5 });
    for (const key of spelling) expect(rewritten[key], key).toEqual(v5[key]);
    const old = writeHfModel(readHfModel(v5), { source: v5, flavour: 4 });
    expect(spelling.filter((key) => key in old)).toEqual(["torch_dtype", "rope_theta", "rope_scaling"]);
    expect(readHfModel(old)).toEqual(readHfModel(v5));
  });
});

it("comes back unchanged through either spelling", () => {
  fc.assert(
    fc.property(
      configs,
      flavours,
      fc.constantFrom("f32" as const, "f16" as const, "bf16" as const),
      (config, flavour, dtype) => {
        const json = JSON.parse(JSON.stringify(writeHfModel(config, { flavour, dtype })));
        expect([readHfModel(json), hfFlavour(json), hfDType(json)]).toEqual([config, flavour, dtype]);
      },
    ),
  );
});

it("has the new sizes and keeps unknown keys when a model has grown", () => {
  const source = {
    ...readJson("gqa-tied", "config.v4.json"),
    use_cache: false,
    house: { style: [1] },
    torch_dtype: "bfloat16",
  };
  const config = readHfModel(source);
  const grown = writeHfModel(grownModel(config, { layers: 8, headDim: 10 }), { source });
  expect(grown).toMatchObject({
    num_hidden_layers: 8,
    head_dim: 10,
    use_cache: false,
    house: { style: [1] },
    torch_dtype: "bfloat16",
  });
  expect(writeHfModel(config, { source, dtype: "f32" })).toMatchObject({ torch_dtype: "float32" });
});

describe("readHfModel", () => {
  // The published Llama-2-7B file, without keys that do not affect the numbers.
  const llama2 = {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    vocab_size: 32000,
  };

  it("fills in Hugging Face's defaults", () => {
    expect(hfFlavour(llama2)).toBe(4);
    expect(readHfModel(llama2)).toEqual({
      family: llama,
      config: {
        ...{
          vocab: 32000,
          hidden: 4096,
          intermediate: 11008,
          layers: 32,
          heads: 32,
          kvHeads: 32,
          headDim: 128,
        },
        ...{ contextLength: 2048, ropeTheta: 10000, ropeScaling: null, rmsNormEps: 1e-6, tied: false },
        ...{ initializerRange: 0.02, bosTokenId: 1, eosTokenId: 2 },
      },
    });
    const { config: ends } = readHfModel({ ...llama2, bos_token_id: null, eos_token_id: [2, 7] });
    expect("bosTokenId" in ends).toBe(false);
    expect(ends).toMatchObject({ eosTokenId: [2, 7] });
  });

  it("reads the llama3 scaling of a file in either place, its original length defaulting to the context", () => {
    const rope = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    const scaling = { type: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContextLength: 4096 };
    const base = { ...llama2, max_position_embeddings: 4096 };
    const theta = { rope_theta: 500000 };
    for (const json of [
      { ...base, ...theta, rope_scaling: rope },
      { ...base, rope_parameters: { ...rope, ...theta } },
    ]) {
      expect(readHfModel(json).config).toMatchObject({ ropeTheta: 500000, ropeScaling: scaling });
    }
  });

  it.each([
    [{ architectures: ["LlamaForSequenceClassification"] }, ["architectures"]],
    [{ attention_bias: true, mlp_bias: true, hidden_act: "gelu" }, ["hidden_act", "attention_bias", "mlp_bias"]],
    [{ quantization_config: { bits: 4 } }, ["quantization_config"]],
    [{ rope_scaling: { type: "dynamic", factor: 2 } }, ["rope_scaling.rope_type"]],
    [{ rope_parameters: { rope_type: "yarn", factor: 2, rope_theta: 1e4 } }, ["rope_parameters.rope_type"]],
    [{ rope_parameters: { rope_type: "default", rope_theta: 0 } }, ["rope_parameters.rope_theta"]],
    [{ rope_parameters: { full_attention: { rope_theta: 1e4 } } }, ["rope_parameters.full_attention"]],
    [{ rope_parameters: { rope_theta: 5e5 }, rope_theta: 1e4 }, ["rope_theta"]],
    [{ rope_scaling: { type: "linear" } }, ["rope_scaling"]],
    [{ rope_scaling: [1] }, ["rope_scaling"]],
    [{ partial_rotary_factor: 0.5 }, ["partial_rotary_factor"]],
    [{ hidden_size: undefined, num_hidden_layers: -1 }, ["hidden_size", "num_hidden_layers"]],
    [{ num_key_value_heads: 5 }, ["num_key_value_heads"]],
    [{ head_dim: 5 }, ["head_dim"]],
    [
      { tie_word_embeddings: "no", eos_token_id: -1, mlp_bias: true },
      ["mlp_bias", "tie_word_embeddings", "eos_token_id"],
    ],
  ])("refuses %j by the file's own keys", (change, reasons) =>
    expect(reasonsOf({ ...llama2, ...change })).toEqual(reasons),
  );

  it.each([{ model_type: "gemma" }, { model_type: undefined, architectures: undefined }])(
    "names the families there are if %j names none of them",
    (change) => expect(() => readHfModel({ ...llama2, ...change })).toThrow(familyError),
  );

  it("turns any JSON into a configuration or a CambiumError", () => {
    const keys = [...Object.keys(readJson("rope-llama3", "config.json")), "rope_scaling", "rope_theta", "torch_dtype"];
    const change = fc.tuple(fc.constantFrom(...keys), fc.jsonValue());
    const changed = fc.array(change).map((changes) => ({ ...llama2, ...Object.fromEntries(changes) }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), changed), (json) => {
        if (reasonsOf(json).length > 0) return;
        const model = readHfModel(json);
        expect(modelSpec(model.family, model.config)).toEqual(model);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a sliding window", () => {
  const mistral = readJson("mistral", "config.json");
  const qwen = readJson("qwen3", "config.json");

  it("is computed up to its length, where attention reads everything anyway, and refused beyond", () => {
    const model = readHfModel({ ...mistral, sliding_window: 24 });
    expect(contextLength(model)).toBe(24);
    expect(() => lossGraph(model, { batch: 1, context: 24 })).not.toThrow();
    expect(() => lossGraph(model, { batch: 1, context: 25 })).toThrow(expect.objectContaining({ code: "E_CONTEXT" }));
    expect(contextLength(readHfModel({ ...mistral, sliding_window: null }))).toBe(128);
  });

  it("counts only where Qwen switches it on", () => {
    expect(contextLength(readHfModel({ ...qwen, sliding_window: 16 }))).toBe(128);
    expect(contextLength(readHfModel({ ...qwen, use_sliding_window: true, sliding_window: 16 }))).toBe(16);
  });

  it("leaves layers their types when a model grows in width", () => {
    const kinds = ["sliding_attention", "full_attention", "sliding_attention"];
    const layer_types = Array.from({ length: qwen.num_hidden_layers as number }, (_, i) => kinds[i % 3]);
    for (const fields of [{}, { max_window_layers: 1 }, { use_sliding_window: true, sliding_window: 16 }]) {
      const source = { ...qwen, ...fields, layer_types };
      const wide = writeHfModel(grownModel(readHfModel(source), { intermediate: 200 }), { source });
      expect(wide).toMatchObject({ intermediate_size: 200, layer_types });
    }
  });

  it("has its list of layer types rewritten when a model has grown", () => {
    const grown = grownModel(readHfModel(qwen), { layers: 5 });
    expect(writeHfModel(grown, { source: qwen })).toMatchObject({ layer_types: Array(5).fill("full_attention") });
  });
});
