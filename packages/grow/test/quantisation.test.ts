// Names of modules in a quantisation config after growth in depth: each says of copies what it said of the layer copied.
import type { JsonObject } from "@cambium/files";
import { describe, expect, it } from "vitest";
import { grown, stack } from "./support/grown-config.js";

describe("names of modules in a quantisation config", () => {
  const names = Array.from({ length: 12 }, (_, n) => `model.layers.${n}.mlp.down_proj.weight`);
  const llama = (quantization_config: JsonObject) => ({
    model_type: "llama",
    num_hidden_layers: 12,
    quantization_config,
  });
  const layers = [...stack(12, 1), 1, 3, 10];

  it("follow their layers as items and as keys", () => {
    const modules_to_not_convert = ["lm_head", "model.layers.3.mlp"];
    const dynamic = { "model.layers.10.mlp": { bits: 8 }, other: { scale: 1 } };
    const { json } = grown(llama({ modules_to_not_convert, dynamic }), layers, names);
    expect(json.quantization_config).toEqual({
      modules_to_not_convert: ["lm_head", "model.layers.3.mlp", "model.layers.13.mlp"],
      dynamic: { "model.layers.10.mlp": { bits: 8 }, "model.layers.14.mlp": { bits: 8 }, other: { scale: 1 } },
    });
  });

  it("patterns mean the copies of what they meant, and no other layer", () => {
    const pattern = (text: string) => {
      const { json, refused } = grown(llama({ ignore: [text] }), layers, names);
      expect(refused).toBe("");
      const { ignore } = json.quantization_config as { ignore: string[] };
      const tests = ignore.map((found) => new RegExp(`^(?:${found.replace(/^(re:|[-+]:)/, "")})`));
      const matches = (name: string) => tests.some((test) => test.test(name));
      return layers.flatMap((_, t) => (matches(`model.layers.${t}.mlp.down_proj`) ? [t] : []));
    };
    expect(pattern("re:.*layers\\.3\\.mlp.*")).toEqual([3, 13]);
    expect(pattern("-:model\\.layers\\.(1|10)\\..*")).toEqual([1, 10, 12, 14]);
    // Without a dot behind it the number begins 1, 10 and 11.
    expect(pattern("re:.*layers.1.*")).toEqual([1, 10, 11, 12, 14]);
    expect(pattern("re:.*layers\\.\\d+\\.mlp.*")).toEqual(layers.map((_, t) => t));
    const refused = grown(llama({ ignore: ["re:.*layers\\.1?[0-1]\\.mlp"] }), layers, names);
    expect(refused.refused).toContain("no pattern was found");
  });

  it("patterns that mean layers without the word are followed, or refused", () => {
    const ignored = (text: string) => {
      const { json, refused } = grown(llama({ ignore: [text] }), layers, names);
      return refused || ((json.quantization_config as JsonObject).ignore as string[]);
    };
    expect(ignored("re:.*\\.3\\.mlp.*")).toContain("no pattern was found");
    expect(ignored("re:.*(\\.1|\\.10)\\.mlp.*")).toContain("no pattern was found");
    expect(ignored("re:.*\\.\\d+\\.mlp\\.down.*")).toEqual(["re:.*\\.\\d+\\.mlp\\.down.*"]);
    expect(ignored("re:.*experts\\.[0-9]+\\.w1")).toEqual(["re:.*experts\\.[0-9]+\\.w1"]);
  });

  it("patterns that a search may not end with are refused", () => {
    const refused = (text: string, method: string) =>
      grown(llama({ quant_method: method, ignore: [text] }), layers, names).refused;
    expect(refused("re:.*layers\\.1\\.(([a-z_.0-9]+)+)+!", "gptq")).toContain("no pattern was found");
    expect(refused("(?:\\w|\\.){2,}layers.1!", "gemma")).toContain("no pattern was found");
    expect(refused(`layers${"*l".repeat(16)}*1`, "modelopt")).toContain("no pattern was found");
    expect(refused(".*.*.*[+*].*layers\\.1\\..*", "gemma")).toBe("");
  });

  it("a shell's patterns are written out for each copy, and stay a shell's", () => {
    const ignore = (list: string[], quant_method: string) =>
      grown(llama({ quant_method, ignore: list }), layers, names).json.quantization_config;
    const of = (ignored: string[], quant_method: string) => ({ quant_method, ignore: ignored });
    const [attention, whole] = ["model.layers.3.mlp*", "model.layers.1*"];
    expect(ignore([attention], "modelopt")).toEqual(of([attention, "model.layers.13.mlp*"], "modelopt"));
    expect(ignore(["*.layers.11.*", "lm_head*"], "quark")).toEqual(of(["*.layers.11.*", "lm_head*"], "quark"));
    expect(ignore(["*.layers.3.*"], "quark")).toEqual(of(["*.layers.3.*", "*.layers.13.*"], "quark"));
    // The star takes in 10 and 11.
    const all = [1, 10, 11, 12, 14].map((t) => `model.layers.${t}.*`);
    expect(ignore([whole], "modelopt_fp4")).toEqual(of(all, "modelopt_fp4"));
  });

  it("keys are found as the method finds them, wherever the table stands", () => {
    const four = names.slice(0, 4);
    const config = (fields: JsonObject) => ({ model_type: "llama", num_hidden_layers: 4, ...fields });
    const mlx = { bits: 4, "model.layers.2.mlp.down_proj": { bits: 8 } };
    expect(grown(config({ quantization: mlx }), [0, 1, 2, 2, 3], four).json.quantization).toEqual({
      ...mlx,
      "model.layers.3.mlp.down_proj": { bits: 8 },
    });
    const torchao = { "re:.*layers\\.1\\..*": null, _default: 1 };
    expect(grown(config({ quantization_config: { torchao } }), [0, 1, 1, 2, 3], four).json.quantization_config).toEqual(
      {
        torchao: { "re:.*layers\\.1\\..*": null, "re:.*layers\\.2\\..*": null, _default: 1 },
      },
    );
    // Found anywhere in a name: without an end, layers.1 would mean 10 too.
    const gemma = { quant_method: "gemma", module_quant_configs: { "layers.1": { num_bits: 8 } } };
    const { json } = grown(config({ quantization_config: gemma }), stack(4, 3), four);
    const [key] = Object.keys((json.quantization_config as JsonObject).module_quant_configs as JsonObject);
    const found = stack(4, 3).flatMap((_, t) => (new RegExp(key as string).test(`model.layers.${t}.mlp`) ? [t] : []));
    expect(found).toEqual([1, 5, 9]);
  });

  it("layers of a tower beside the decoder stay where they are", () => {
    const vision = Array.from({ length: 6 }, (_, n) => `vision_tower.encoder.layers.${n}.mlp.fc1.weight`);
    const text = names.slice(0, 4).map((name) => `language_model.${name}`);
    const config = (ignore: string[]) => ({
      ...{ model_type: "llava", text_config: { model_type: "llama", num_hidden_layers: 4 } },
      quantization_config: { ignore },
    });
    const after = (ignore: string[]) => {
      const { json, refused } = grown(config(ignore), [0, 1, 1, 3], [...vision, ...text]);
      return refused || (json.quantization_config as JsonObject).ignore;
    };
    const towers = vision.map((name) => name.replace(".weight", ""));
    expect(after(towers)).toEqual(towers);
    expect(after(["model.vision_tower.encoder.layers.2"])).toEqual(["model.vision_tower.encoder.layers.2"]);
    expect(after(["re:vision_tower.*layers.2.*"])).toEqual(["re:vision_tower.*layers.2.*"]);
    // As an older spelling of the decoder's names.
    expect(after(["model.language_model.layers.1.mlp", "model.language_model.layers.2.mlp"])).toEqual([
      "model.language_model.layers.1.mlp",
      "model.language_model.layers.2.mlp",
    ]);
    expect(after(["re:.*layers.2.*"])).toContain("no pattern was found");
  });
});
