// What config.json says of a layer, or leaves to the model's code, after growth: by hand, from the classes' own rules.
import { type JsonObject, parsePythonJson } from "@cambium/files";
import { describe, expect, it } from "vitest";
import { growConfig } from "../src/node/config.js";
import { grown, interpolated, stack } from "./support/grown-config.js";

const S = "sliding_attention";
const F = "full_attention";
const L = "linear_attention";

describe("a list that config.json leaves to the class", () => {
  const cases: [string, JsonObject, string, unknown[]][] = [
    ["gpt_oss", { num_hidden_layers: 3 }, "layer_types", [S, S, F, F, S, S]],
    ["vaultgemma", { num_hidden_layers: 3 }, "layer_types", [S, S, F, F, S, S]],
    ["olmo3", { num_hidden_layers: 4 }, "layer_types", [S, S, S, S, S, S, F, F]],
    ["cohere2", { num_hidden_layers: 3, sliding_window_pattern: 3 }, "layer_types", [S, S, S, S, F, F]],
    ["exaone4", { num_hidden_layers: 2, sliding_window_pattern: 2 }, "layer_types", [S, S, F, F]],
    ["qwen3_next", { num_hidden_layers: 3, full_attention_interval: 3 }, "layer_types", [L, L, L, L, F, F]],
    ["smollm3", { num_hidden_layers: 4 }, "no_rope_layers", [1, 1, 1, 1, 1, 1, 0, 0]],
    ["glm4_moe_lite", { num_hidden_layers: 2 }, "mlp_layer_types", ["dense", "dense", "sparse", "sparse"]],
  ];
  it.each(cases)("%s: is written out where its rule would meet other layers", (model_type, fields, field, wanted) => {
    const { json, refused } = grown({ model_type, ...fields }, interpolated(fields.num_hidden_layers as number));
    expect(refused).toBe("");
    expect(json[field]).toEqual(wanted);
    expect(json.num_hidden_layers).toBe(wanted.length);
  });

  it("stays silent where the rule says the same of the copies", () => {
    expect(grown({ model_type: "gpt_oss", num_hidden_layers: 4 }, stack(4)).json).not.toHaveProperty("layer_types");
    expect(grown({ model_type: "llama", num_hidden_layers: 4 }, [3, 0, 0, 1]).json).toEqual({
      model_type: "llama",
      num_hidden_layers: 4,
    });
  });

  it("is refused by name where the class's way is not known, with what to do", () => {
    for (const model_type of ["olmo_hybrid", "flint", "lfm3", "deepseek_v4"]) {
      const { refused } = grown({ model_type, num_hidden_layers: 4 }, stack(4));
      expect(refused).toMatch(/config\.json: layer_types: is silent/);
      const mlp_layer_types = ["sparse", "sparse"];
      const stated = grown({ model_type, num_hidden_layers: 2, layer_types: [S, F], mlp_layer_types }, stack(2));
      expect([stated.refused, stated.json.layer_types]).toEqual(["", [S, F, S, F]]);
    }
  });

  it("is not what an older field says instead: that one moves along, or the growth is refused", () => {
    const three = { num_hidden_layers: 3 };
    const inkling = { model_type: "inkling_text", ...three, local_layer_ids: [0, 2], mlp_layer_types: ["a", "b", "b"] };
    const { json } = grown(inkling, stack(3));
    expect([json.local_layer_ids, json.layer_types]).toEqual([[0, 2, 3, 5], undefined]);
    const lfm = grown({ model_type: "lfm2", ...three, full_attn_idxs: [1] }, stack(3)).json;
    expect([lfm.full_attn_idxs, lfm.layer_types]).toEqual([[1, 4], undefined]);
    for (const model_type of ["glm_moe_dsa", "glm5_next_text", "mistral_large4_text"])
      expect(grown({ model_type, ...three, index_topk_freq: 2 }, stack(3)).refused).toContain(
        "what index_topk_freq says",
      );
  });

  it("a window from a layer on moves along, or becomes a list", () => {
    const qwen = { model_type: "qwen2", num_hidden_layers: 4, use_sliding_window: true, max_window_layers: 3 };
    expect(grown(qwen, interpolated(4)).json.max_window_layers).toBe(6);
    expect(grown(qwen, stack(4)).json.layer_types).toEqual([F, F, F, S, F, F, F, S]);
    expect(grown({ ...qwen, use_sliding_window: false }, stack(4)).json).not.toHaveProperty("layer_types");
  });

  it("rope by layer, its kinds and its experts (Llama 4): each goes with its layer", () => {
    const text = { model_type: "llama4_text", num_hidden_layers: 4, interleave_moe_layer_step: 2 };
    const { json } = grown({ model_type: "llama4", text_config: text }, interpolated(4));
    expect(json.text_config).toMatchObject({
      no_rope_layers: [1, 1, 1, 1, 1, 1, 0, 0],
      moe_layers: [2, 3, 6, 7],
      num_hidden_layers: 8,
    });
  });
});

describe("fields that name layers by number", () => {
  it("lists of numbers, from 0, from 1 and by default", () => {
    const bamba = { model_type: "bamba", num_hidden_layers: 3, attn_layer_indices: [1] };
    expect(grown(bamba, [0, 1, 1, 2, 0]).json.attn_layer_indices).toEqual([1, 2]);
    const linear_attn_config = { kda_layers: [1, 2], full_attn_layers: [3] };
    const kimi = { model_type: "kimi_linear", num_hidden_layers: 3, linear_attn_config };
    expect(grown(kimi, stack(3)).json.linear_attn_config).toEqual({
      kda_layers: [1, 2, 4, 5],
      full_attn_layers: [3, 6],
    });
    const mllama = { model_type: "mllama", text_config: { model_type: "mllama_text_model", num_hidden_layers: 6 } };
    expect(grown(mllama, stack(6)).json.text_config).toMatchObject({ cross_attention_layers: [3, 9] });
  });

  it("the first layers of a kind: moved, or refused", () => {
    for (const [model_type, field] of [
      ["deepseek_v3", "first_k_dense_replace"],
      ["afmoe", "num_dense_layers"],
      ["glm4_moe", "first_k_dense_replace"],
    ] as const) {
      const config = { model_type, num_hidden_layers: 4, [field]: 1, layer_types: [S, F, S, F] };
      expect(grown(config, interpolated(4)).json[field]).toBe(2);
      expect(grown(config, [0, 1, 2, 1, 2, 3]).json[field]).toBe(1);
      expect(grown(config, stack(4)).refused).toContain(field);
    }
    // The class's own default counts where config.json is silent.
    expect(grown({ model_type: "deepseek_v3", num_hidden_layers: 4 }, interpolated(4)).json).toMatchObject({
      first_k_dense_replace: 6,
    });
  });

  it("experts every so many layers, from one layer to another, by period and offset", () => {
    const qwen = { model_type: "qwen3_moe", num_hidden_layers: 4, decoder_sparse_step: 2, num_experts: 8 };
    expect(grown(qwen, stack(4)).json).toMatchObject({ decoder_sparse_step: 2 });
    expect(grown(qwen, interpolated(4)).json).toMatchObject({
      decoder_sparse_step: 1,
      mlp_only_layers: [0, 1, 4, 5],
    });
    const ernie = { model_type: "ernie4_5_moe", num_hidden_layers: 4, moe_layer_start_index: 2 };
    expect(grown(ernie, interpolated(4)).json.moe_layer_start_index).toBe(4);
    expect(grown(ernie, stack(4)).refused).toContain("moe_layer_start_index");
    const jamba = {
      ...{ model_type: "jamba", num_hidden_layers: 4, attn_layer_period: 4, attn_layer_offset: 1 },
      ...{ expert_layer_period: 2, expert_layer_offset: 1 },
    };
    expect(grown(jamba, stack(4)).json).toMatchObject({ attn_layer_period: 4, num_hidden_layers: 8 });
    expect(grown(jamba, [0, 2, 3, 1, 0, 2]).refused).toContain("expert_layer_period");
    expect(grown(jamba, [0, 1, 2]).json).toMatchObject({ attn_layer_period: 4, attn_layer_offset: 1 });
  });

  it("patterns of letters, repeated patterns, overrides by number", () => {
    const nemotron = { model_type: "nemotron_h", hybrid_override_pattern: "M-*" };
    expect(grown(nemotron, [0, 1, 2, 1, 2]).json.hybrid_override_pattern).toBe("M-*-*");
    const griffin = { model_type: "recurrent_gemma", num_hidden_layers: 3, block_types: ["r", "a"] };
    expect(grown(griffin, interpolated(3)).json.block_types).toEqual(["r", "r", "a", "a", "r", "r"]);
    const dots = {
      ...{
        model_type: "dots3_note_text",
        num_hidden_layers: 2,
        layer_types: [S, F],
        mlp_layer_types: ["dense", "sparse"],
      },
      per_layer_config: { "1": { kv_lora_rank: 4 } },
    };
    expect(grown(dots, stack(2)).json.per_layer_config).toEqual({ "1": { kv_lora_rank: 4 }, "3": { kv_lora_rank: 4 } });
  });
});

describe("what no field can state", () => {
  it.each([
    ["diffllama", {}, "lambda_init"],
    ["minimax", { layer_types: [L, F] }, "decay"],
    ["modernbert-decoder", { layer_types: [S, F] }, "first layer is built unlike"],
    ["gemma3n_text", { layer_types: [S, F], activation_sparsity_pattern: [0, 0] }, "as wide as the layers are many"],
    ["gemma4_text", { layer_types: [S, F], hidden_size_per_layer_input: 0, num_kv_shared_layers: 1 }, "share the keys"],
    ["gpt_neox_japanese", {}, "last layer is built unlike"],
  ] as [string, JsonObject, string][])("%s is refused, but for lists that keep it", (model_type, fields, because) => {
    const config = { model_type, num_hidden_layers: 2, ...fields };
    expect(grown(config, stack(2)).refused).toContain(because);
    expect(grown(config, [0, 1]).refused).toBe("");
  });

  it("a last layer that has full attention whatever its list says stays the last, or is none but that", () => {
    for (const model_type of ["gemma4_text", "gemma4_unified_text", "diffusion_gemma_text"]) {
      const config = { model_type, num_hidden_layers: 3, hidden_size_per_layer_input: 0, layer_types: [S, S, F] };
      expect(grown(config, stack(3)).json.layer_types).toEqual([S, S, F, S, S, F]);
      expect(grown({ ...config, layer_types: undefined } as never, interpolated(3)).refused).toBe("");
      expect(grown(config, [0, 1, 2, 1]).refused).toContain("its last layer has full_attention");
      // The class reads F at the end of the source's list too, which its copies would not get.
      expect(grown({ ...config, layer_types: [F, S, S] }, stack(3)).refused).toContain("its last layer has");
    }
  });

  it("weights that transformers divides by the root of the number of layers when it loads them", () => {
    for (const model_type of ["mamba", "mamba2", "falcon_mamba"]) {
      const config = { model_type, num_hidden_layers: 2 };
      expect(grown(config, stack(2)).refused).toBe("");
      expect(grown({ ...config, rescale_prenorm_residual: false }, stack(2)).refused).toBe("");
      expect(grown({ ...config, rescale_prenorm_residual: true }, stack(2)).refused).toContain(
        "divides what its layers",
      );
    }
  });

  it("features of images enter behind as many first layers as the image encoder's config names", () => {
    for (const [model_type, text] of [
      ["qwen3_vl", "qwen3_vl_text"],
      ["qwen3_vl_moe", "qwen3_vl_moe_text"],
      ["cohere_compass", "cohere_compass_text"],
    ] as const) {
      const text_config = { model_type: text, num_hidden_layers: 5 };
      const kept = (vision: JsonObject, layers: readonly number[]) =>
        grown({ model_type, text_config, vision_config: vision }, layers).refused === "";
      expect(kept({}, [0, 1, 2, 1, 3, 2, 4])).toBe(true);
      expect(kept({ deepstack_visual_indexes: [1, 3, 5, 7] }, [0, 1, 2, 1, 3, 2, 4])).toBe(false);
      expect(kept({ deepstack_visual_indexes: [1, 3, 5, 7] }, [0, 1, 2, 3, 3, 4])).toBe(true);
      expect(kept({ deepstack_visual_indexes: [4] }, [0, 2, 1, 3, 4, 4])).toBe(true);
      expect(kept({ deepstack_visual_indexes: [] }, interpolated(5))).toBe(true);
    }
  });

  it("layers that use other layers' keys and values are refused; where each uses its own, it does so after growth", () => {
    const kv = (kv_source_layers: number[], layers: readonly number[]) => {
      const text_config = { model_type: "mistral_large4_text", num_hidden_layers: 3, kv_source_layers };
      const { json, refused } = grown({ model_type: "mistral_large4", text_config }, layers);
      return refused || (json.text_config as JsonObject).kv_source_layers;
    };
    expect(kv([0, 1, 2], stack(3))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(kv([0, 1, 2], [0, 2])).toEqual([0, 1]);
    expect(kv([0, 0, 2], stack(3))).toContain("use what other layers compute");
    expect(kv([0, 1], stack(3))).toContain("kv_source_layers");
  });

  it("a residual divided by √layers keeps its scale to the last bit, or is refused", () => {
    const { json, refused } = grown({ model_type: "minicpm3", num_hidden_layers: 3, scale_depth: 1.4 }, stack(3, 4));
    if (refused === "") expect((json.scale_depth as number) / Math.sqrt(12)).toBe(1.4 / Math.sqrt(3));
    else expect(refused).toContain("scale_depth");
    const quadrupled = grown({ model_type: "minicpm3", num_hidden_layers: 4 }, stack(4, 4));
    expect(quadrupled.json.scale_depth).toBe(2.8);
  });
});

describe("spelling", () => {
  it("floats and what Python writes beyond JSON stay as they are, in lists that grow too", () => {
    const text = `{"model_type": "step3p5", "num_hidden_layers": 3, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
      "limit": [0.0, Infinity], "mlp_layer_types": ["dense", "dense", "dense"],
      "swiglu_limits": [7.0, 1e-05, NaN]}`;
    const config = parsePythonJson(text, "config.json") as JsonObject;
    const after = growConfig(text, config, [0, 2, 1, 2], []).text;
    expect(after).toContain('"rms_norm_eps": 1e-05, "rope_theta": 10000.0');
    expect(after).toContain('"swiglu_limits": [7.0, NaN, 1e-05, NaN]');
    expect(after).toContain("[0.0, Infinity]");
  });

  it("the root and text_config agree, and a disagreement is refused", () => {
    const text_config = { model_type: "qwen2_5_vl_text", num_hidden_layers: 2, layer_types: [F, S] };
    const both = { model_type: "qwen2_5_vl", num_hidden_layers: 2, layer_types: [F, S], text_config };
    const { json } = grown(both, stack(2));
    expect(json.layer_types).toEqual([F, S, F, S]);
    expect(json.text_config).toEqual({ ...text_config, num_hidden_layers: 4, layer_types: [F, S, F, S] });
    expect(grown({ ...both, num_hidden_layers: 3 }, stack(2)).refused).toContain("another number");
  });
});

describe("a model type that the table does not have", () => {
  it("is grown by the names that are known, and what may go by layers is named", () => {
    const config = {
      ...{ model_type: "homemade", num_hidden_layers: 4, layer_types: [S, F, S, F], mlp_only_layers: [1] },
      ...{ windows: [1, 2, 3, 4], global_every_n_layers: 2, eos_token_id: [1, 2] },
    };
    const { json, warnings } = grown(config, stack(4));
    expect(json).toMatchObject({
      layer_types: [S, F, S, F, S, F, S, F],
      mlp_only_layers: [1, 5],
      windows: [1, 2, 3, 4],
    });
    expect(warnings.join()).toMatch(/homemade.*left as they are: windows, global_every_n_layers$/);
    expect(grown({ ...config, decoder_sparse_step: 3 }, stack(4)).refused).toContain("decoder_sparse_step");
  });

  it("is refused where a rule that repeats would meet other layers, whatever it is a rule of", () => {
    const four = { model_type: "homemade", num_hidden_layers: 4 };
    for (const field of ["cross_layer_interval", "dense_attention_every_n_layers", "moe_layer_frequency"]) {
      expect(grown({ ...four, [field]: 2 }, interpolated(4)).refused).toContain(field);
      expect(grown({ ...four, [field]: 2 }, stack(4)).warnings.join()).toContain(field);
      expect(grown({ ...four, [field]: 1 }, interpolated(4)).refused).toBe("");
      // Code that came with the checkpoint may read what transformers' own code does not.
      expect(grown({ ...four, model_type: "llama", [field]: 2 }, interpolated(4)).refused).toContain(field);
    }
    expect(grown({ ...four, cla_share_factor: 2, use_cla: true }, interpolated(4)).refused).toContain("cla_share");
    expect(grown({ ...four, cla_share_factor: 2, use_cla: false }, interpolated(4)).refused).toBe("");
  });

  it("keeps the scale of a residual that is divided by the root of the number of layers", () => {
    const minicpm = { model_type: "minicpm", num_hidden_layers: 4, scale_depth: 1.4 };
    expect(grown(minicpm, stack(4, 4)).json.scale_depth).toBe(2.8);
    expect(grown(minicpm, [3, 2, 1, 0]).json.scale_depth).toBe(1.4);
  });

  it("names lists and tables by layer number that were left as they are", () => {
    const hymba = {
      ...{ model_type: "hymba", num_hidden_layers: 4, global_attn_idx: [0, 3], conv_dim: { "0": 8, "1": 8 } },
      id2label: { "0": "no", "1": "yes" },
    };
    expect(grown(hymba, stack(4)).warnings.join()).toMatch(/left as they are: global_attn_idx, conv_dim$/);
  });

  it("is no decoder but one of transformers' other models: its code was read all the same", () => {
    const reads: [string, string][] = [
      ["idefics", "cross_layer_interval"],
      ["evolla", "aligner_num_add_layers"],
      ["wavlm", "layer_idx"],
    ];
    for (const [model_type, what] of reads)
      expect(grown({ model_type, num_hidden_layers: 4 }, interpolated(4)).refused).toContain(what);
    for (const model_type of ["chameleon", "csm", "mistral4", "higgs_audio_v2"]) {
      const { refused, warnings } = grown({ model_type, num_hidden_layers: 4 }, interpolated(4));
      expect([refused, warnings]).toEqual(["", []]);
    }
  });

  it("lists of a known type are per layer only where they are known to be", () => {
    const config = { model_type: "llama", num_hidden_layers: 2, eos_token_id: [1, 2], windows: [3, 4] };
    expect(grown(config, stack(2)).json).toMatchObject({ eos_token_id: [1, 2], windows: [3, 4] });
  });
});
