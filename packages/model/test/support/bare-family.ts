// A third party's family, in a package outside this repository.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

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

/** Writes the package `cambium-family-bare` into `folder`. @returns the path of its module */
export function writeBareFamily(folder: string): string {
  const scope = join(folder, "node_modules", "@cambium");
  mkdirSync(scope, { recursive: true });
  for (const name of ["ir", "model"]) symlinkSync(resolve(import.meta.dirname, "../../..", name), join(scope, name));
  const manifest = { name: "cambium-family-bare", version: "1.0.0", type: "module", exports: "./index.js" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "index.js"), source);
  return join(folder, "index.js");
}
