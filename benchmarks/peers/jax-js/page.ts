// jax-js as a contestant: the whole train step under one jit.
import { type HostTensor, Random } from "@cambium/ir";
import { type DecoderConfig, inverseFrequencies, ropeTables } from "@cambium/model";
import { defaultDevice, init, jit, numpy as np, tree } from "@jax-js/jax";
import { contestant, type PagePeer } from "../../src/browser-page.js";
import { type Parameters, trainStep } from "./model.js";

async function open(): Promise<PagePeer> {
  if (!(await init("webgpu")).includes("webgpu")) throw new Error("jax-js finds no WebGPU");
  defaultDevice("webgpu");
  let state: { parameters: Parameters; m: Parameters; v: Parameters };
  let step: ReturnType<typeof jit<ReturnType<typeof trainStep>>>;
  let [batch, context, updates] = [0, 0, 0];
  return {
    async setup(model, size, parameters) {
      [batch, context, updates] = [size.batch, size.context, 0];
      const nested = nest(model.config, parameters);
      const zeros = () => tree.map((x: np.Array) => np.zeros(x.shape), nested) as Parameters;
      state = { parameters: nested, m: zeros(), v: zeros() };
      const { cos, sin } = ropeTables(inverseFrequencies(model.config), context);
      step = jit(trainStep(model.config, size, { cos: cos.data, sin: sin.data }));
    },
    async step(tokens, lr) {
      const ids = np.array(tokens, { shape: [batch, context + 1], dtype: np.int32 });
      updates += 1;
      const [loss, parameters, m, v] = step(state.parameters, state.m, state.v, ids, lr, updates);
      state = { parameters, m, v };
      return (await loss.data())[0] as number;
    },
    async matmul(size) {
      const random = new Random("matmul");
      const filled = () =>
        np.array(
          new Float32Array(size * size).map((_, i) => random.normal(i)),
          { shape: [size, size] },
        );
      const [a, b] = [filled(), filled()];
      const product = jit((x: np.Array, y: np.Array) => np.matmul(x, y));
      return async () => {
        const c = product(a.ref, b.ref);
        await c.blockUntilReady();
        c.dispose();
      };
    },
  };
}

function nest(model: DecoderConfig, flat: Readonly<Record<string, HostTensor>>): Parameters {
  const up = (name: string) => {
    const { data, shape } = flat[`${name}.weight`] as HostTensor;
    return np.array(data as Float32Array, { shape: [...shape] });
  };
  const layer = (i: number) => {
    const at = (name: string) => up(`model.layers.${i}.${name}`);
    return {
      norm1: at("input_layernorm"),
      qkv: np.concatenate([at("self_attn.q_proj"), at("self_attn.k_proj"), at("self_attn.v_proj")], 0),
      o: at("self_attn.o_proj"),
      norm2: at("post_attention_layernorm"),
      gateUp: np.concatenate([at("mlp.gate_proj"), at("mlp.up_proj")], 0),
      down: at("mlp.down_proj"),
    };
  };
  return {
    embedding: up("model.embed_tokens"),
    layers: Array.from({ length: model.layers }, (_, i) => layer(i)),
    norm: up("model.norm"),
    head: up("lm_head"),
  };
}

export const { setup, steps, matmul, counts } = contestant(open);
