// The layers that grow are the decoder's, not those of an encoder of images or sound that happen to be as many.
import type { JsonObject } from "@cambium/files";
import { ReasonList } from "@cambium/files";
import { describe, expect, it } from "vitest";
import { findStack } from "../src/node/stack.js";

const layers = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}.mlp.fc1.weight`);

function found(config: JsonObject, names: readonly string[]): string {
  const reasons = new ReasonList();
  const stack = findStack(names.values(), config, reasons);
  return (
    stack?.prefix ??
    reasons
      .list()
      .map(({ where, message }) => `${where} ${message}`)
      .join("\n")
  );
}

describe("the stack that grows", () => {
  const text = { model_type: "llama", num_hidden_layers: 4 };

  it.each([
    ["blip", "vision_config", "vision_model.encoder.layers.", "text_decoder.bert.encoder.layer."],
    ["qwen2_audio", "audio_config", "audio_tower.layers.", "language_model.h."],
    ["granite_speech", "encoder_config", "encoder.layers.", "language_model.transformer.blocks."],
    ["llava", "vision_config", "model.visual.layers.", "gpt.h."],
  ])("is not the tower of %s, though it has as many layers", (model_type, key, tower, decoder) => {
    const config = { model_type, text_config: text, [key]: { num_hidden_layers: 4 } };
    expect(found(config, [...layers(tower, 4), ...layers(decoder, 4)])).toContain("no such stack of layers");
    // Beside it, the decoder is found.
    expect(found(config, [...layers(tower, 4), ...layers("language_model.model.layers.", 4)])).toBe(
      "language_model.model.layers.",
    );
  });

  it("is a tower's if that is the whole model", () => {
    const config = { model_type: "siglip_vision_model", num_hidden_layers: 4 };
    expect(found(config, layers("vision_model.encoder.layers.", 4))).toBe("vision_model.encoder.layers.");
  });

  it("is not chosen if another part of config.json counts as many and no tensor is named after it", () => {
    const names = layers("model.layers.", 4);
    expect(found({ num_hidden_layers: 4, llm_config: text }, names)).toContain("llm_config.num_hidden_layers counts");
    expect(found({ num_hidden_layers: 4, depth_decoder_config: text }, [...names, "depth_decoder.x"])).toBe(
      "model.layers.",
    );
    expect(found({ num_hidden_layers: 4, llm_config: { num_hidden_layers: 3 } }, names)).toBe("model.layers.");
  });

  it("is not chosen by the root's number if text_config, from which the class builds the decoder, has none", () => {
    for (const model_type of ["llava", "gemma3", "paligemma", "homemade"]) {
      const names = layers("language_model.model.layers.", 32);
      const config = { model_type, num_hidden_layers: 32, text_config: { model_type: "llama" } };
      expect(found(config, names)).toContain("text_config does not count its layers");
    }
  });
});
