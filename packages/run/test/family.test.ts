// A family of somebody else's, in a package of its own: it trains, grows in depth and in width, writes text, and goes to
// disk and back, with nothing said of it in Cambium.
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Family } from "@cambium/model";
import { parameterTable, readHfModel } from "@cambium/model";
import type { PluginImporter } from "@cambium/plugin";
import { expect, test } from "vitest";
import { readParameters, runRecipe } from "../src/index.js";
import { importer, minimal, project, stages } from "./support.js";

/** Llama without the norm before the MLP. */
const source = `
import { add, gather } from "@cambium/ir";
import { defineFamily, gatedMlp, inverseFrequencies, llama, mixedLayer, selfAttention, streamNorm } from "@cambium/model";
const absent = /post_attention_layernorm/;
export default defineFamily({
  ...llama,
  name: "bare",
  version: "1.0.0",
  summary: "Llama with one norm less",
  hf: {
    modelTypes: ["bare"],
    architectures: ["BareForCausalLM"],
    parse: (json) => llama.hf.parse({ ...json, model_type: "llama", architectures: ["LlamaForCausalLM"] }),
    write: (config, options) => ({
      ...llama.hf.write(config, options), model_type: "bare", architectures: ["BareForCausalLM"],
    }),
  },
  parameters: (config) => llama.parameters(config).filter(({ name }) => !absent.test(name)),
  forward: (config, pass) => {
    const { weights, ids } = pass;
    const { heads, kvHeads, rmsNormEps: eps } = config;
    const rotary = pass.rotary(inverseFrequencies(config));
    let stream = gather(weights.parameter("model.embed_tokens.weight"), ids);
    for (let layer = 0; layer < config.layers; layer++) {
      const [input, name] = [stream, "model.layers." + layer];
      const x = streamNorm(weights, input, name + ".input_layernorm.weight", eps);
      const block = { name: name + ".self_attn", biases: false, headNormEps: null, layer, heads, kvHeads, rotary };
      const attended = add(input, selfAttention(pass, x, block));
      stream = mixedLayer(weights, layer, input, add(attended, gatedMlp(weights, x, name + ".mlp")));
    }
    const hidden = streamNorm(weights, stream, "model.norm.weight", eps);
    return { hidden, projection: weights.parameter(config.tied ? "model.embed_tokens.weight" : "lm_head.weight") };
  },
});
`;

function installed(): { readonly importer: PluginImporter; readonly load: () => Promise<Family> } {
  const folder = mkdtempSync(join(tmpdir(), "cambium-family-"));
  mkdirSync(join(folder, "node_modules", "@cambium"), { recursive: true });
  for (const name of ["ir", "model"])
    symlinkSync(resolve(import.meta.dirname, "../..", name), join(folder, "node_modules", "@cambium", name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "cambium-family-bare", type: "module" }));
  const file = join(folder, "index.js");
  writeFileSync(file, source);
  const address = pathToFileURL(file).href;
  const load = async () => (await import(/* @vite-ignore */ file)) as { default: Family };
  return {
    importer: {
      resolve: (specifier) => (specifier === "cambium-family-bare" ? address : importer.resolve(specifier)),
      import: async (wanted) => (wanted === address ? load() : importer.import(wanted)),
    },
    load: async () => (await load()).default,
  };
}

test.each([
  { operator: "stack", factor: 2 },
  { operator: "direct-width", options: { factor: 2 } },
])("a family from a package trains, is grown by $operator, samples, and comes back from disk", async (step) => {
  const family = installed();
  const recipe = { ...minimal, model: { ...minimal.model, family: "bare" }, growth: [{ ...step, at: 96 }] };
  const { recipe: path, out } = project(recipe);
  const outcome = await runRecipe(path, { out, importer: family.importer });
  expect(outcome.state).toBe("done");
  const target = stages(out).find(({ manifest }) => manifest.name === "target");
  const json = JSON.parse(readFileSync(join(target?.path ?? "", "model", "config.json"), "utf8")) as object;
  expect(json).toMatchObject({ model_type: "bare" });
  const model = readHfModel(json, [await family.load()]);
  const parameters = await readParameters(join(target?.path ?? "", "model"), model);
  expect(Object.keys(parameters)).toEqual(parameterTable(model).map(({ name }) => name));
  expect(Object.keys(parameters).join()).not.toContain("post_attention_layernorm");
});
