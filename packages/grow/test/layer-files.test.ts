// Files beside the weights that say which modules are quantised: their layers' numbers move with the layers.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { growDirectory } from "@cambium/grow/node";
import { describe, expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, stacked, writeModel } from "./support/grow-models.js";

const request = { operator: stacked, options: { factor: 2 } };

/** A model of two layers with that file beside it, grown to four: the file's text then. */
async function beside(name: string, content: string): Promise<string> {
  const dir = await tempDir();
  const from = writeModel(join(dir, "base"), llamaJson(2, 32, 48), llamaShards(2, 32, 48));
  writeFileSync(join(from, name), content);
  await growDirectory(from, join(dir, "grown"), request);
  // What is there is this growth, whatever stands in the file.
  expect((await growDirectory(from, join(dir, "grown"), request)).state).toBe("cached");
  return readFileSync(join(dir, "grown", name), "utf8");
}

describe("a file beside the weights that names layers", () => {
  it("ModelOpt's, with a shell's patterns; all else keeps its spelling", async () => {
    const text =
      '{ "producer": {"name": "modelopt"},\n  "quantization": {"exclude_modules": ["model.layers.1*"]}, "x": 1e-05 }';
    expect(await beside("hf_quant_config.json", text)).toBe(
      text.replace('["model.layers.1*"]', '["model.layers.1*", "model.layers.3*"]'),
    );
  });

  it("GPTQ's and AutoRound's, with expressions and names as keys", async () => {
    const gptq = JSON.stringify({ bits: 4, dynamic: { "-:model\\.layers\\.0\\..*": {} } });
    expect(JSON.parse(await beside("quantize_config.json", gptq))).toEqual({
      bits: 4,
      dynamic: { "-:model\\.layers\\.0\\..*": {}, "-:model\\.layers\\.2\\..*": {} },
    });
    const round = JSON.stringify({ extra_config: { "model.layers.1.mlp.up_proj": { bits: 16 } } });
    expect(JSON.parse(await beside("quantization_config.json", round)).extra_config).toHaveProperty([
      "model.layers.3.mlp.up_proj",
    ]);
  });

  it("is refused where nothing says the same of copies, and copied where it names no layer", async () => {
    const odd = JSON.stringify({ ignore: ["re:.*layers.(?<!x)1.*"] });
    expect((await refusal(() => beside("quant_config.json", odd))).code).toBe("E_GROWTH_REFUSED");
    const plain = '{"w_bit":  4}';
    expect(await beside("quant_config.json", plain)).toBe(plain);
  });
});
