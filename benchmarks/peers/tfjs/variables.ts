// The weights of the hand-written model as variables of tfjs, from the same initial parameters as Cambium's.
import type { HostTensor } from "@cambium/ir";
import type { DecoderConfig } from "@cambium/model";
import * as tf from "@tensorflow/tfjs";
import { weightShapes } from "../tfjs-model.js";

/** The parameters that each weight joins along its first axis. */
const parts: Readonly<Record<string, readonly string[]>> = {
  norm1: ["input_layernorm"],
  qkv: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
  o: ["self_attn.o_proj"],
  norm2: ["post_attention_layernorm"],
  gate: ["mlp.gate_proj"],
  up: ["mlp.up_proj"],
  down: ["mlp.down_proj"],
};
const outside: Readonly<Record<string, string>> = {
  embedding: "model.embed_tokens",
  norm: "model.norm",
  head: "lm_head",
};

export function variables(
  model: DecoderConfig,
  parameters: Readonly<Record<string, HostTensor>>,
): Record<string, tf.Variable> {
  const data = (name: string) => Array.from((parameters[`${name}.weight`] as HostTensor<"f32">).data);
  const values = (name: string): number[] => {
    const alone = outside[name];
    if (alone !== undefined) return data(alone);
    const [layer, part] = name.split(".") as [string, string];
    return (parts[part] as readonly string[]).flatMap((one) => data(`model.layers.${layer}.${one}`));
  };
  return Object.fromEntries(
    weightShapes(model).map(([name, shape]) => {
      const initial = tf.tensor(Float32Array.from(values(name)), shape);
      const variable = tf.variable(initial, true);
      initial.dispose();
      return [name, variable];
    }),
  );
}
