// TensorFlow.js on WebGPU as a contestant.
import { type HostTensor, Random } from "@cambium/ir";
import { type DecoderConfig, inverseFrequencies, ropeTables } from "@cambium/model";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
// A tree-shaken build has only the gradients that are registered.
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import { contestant, type PagePeer } from "../../src/browser-page.js";
import { lossOf, productSums, weightShapes } from "../tfjs-model.js";
import { adamW, type State } from "./optimizer.js";

async function open(): Promise<PagePeer> {
  if (!(await tf.setBackend("webgpu"))) throw new Error("tfjs finds no WebGPU");
  let state: State;
  let train: (tokens: tf.Tensor2D, lr: number) => { loss: tf.Scalar; next: State };
  let [batch, context, updates] = [0, 0, 0];
  return {
    async setup(model, size, parameters) {
      [batch, context, updates] = [size.batch, size.context, 0];
      const flat = flatten(model.config, parameters);
      state = { parameters: tf.tensor1d(flat), m: tf.zeros([flat.length]), v: tf.zeros([flat.length]) };
      const { cos, sin } = ropeTables(inverseFrequencies(model.config), context);
      const loss = lossOf(model.config, size, { cos: cos.data, sin: sin.data }, productSums);
      const shapes = weightShapes(model.config);
      const sizes = shapes.map(([, shape]) => shape.reduce((a, b) => a * b));
      train = (tokens, lr) => {
        const vectors = tf.split(state.parameters, sizes);
        const inputs = vectors.map((one, i) => tf.reshape(one, (shapes[i] as [string, number[]])[1]));
        const named = (values: tf.Tensor[]) =>
          Object.fromEntries(shapes.map(([name], i) => [name, values[i] as tf.Tensor]));
        const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => loss(named(values), tokens))(inputs);
        const gradient = tf.concat1d(grads.map((one) => tf.reshape(one, [one.size]) as tf.Tensor1D));
        updates += 1;
        return { loss: value as tf.Scalar, next: adamW(state, gradient, lr, updates) };
      };
    },
    async step(tokens, lr) {
      const { loss, next } = tf.tidy(() => {
        const result = train(tf.tensor2d(tokens, [batch, context + 1], "int32"), lr);
        return { loss: result.loss, next: { ...result.next } };
      });
      tf.dispose({ ...state });
      state = next;
      const [value] = await loss.data();
      loss.dispose();
      return value as number;
    },
    async matmul(size) {
      const random = new Random("matmul");
      const filled = () =>
        tf.tensor2d(
          new Float32Array(size * size).map((_, i) => random.normal(i)),
          [size, size],
        );
      const [a, b] = [filled(), filled()];
      return async () => {
        const c = tf.matMul(a, b);
        // Reading one element makes the backend submit its queued work.
        const first = tf.slice(c, [0, 0], [1, 1]);
        await first.data();
        tf.dispose([c, first]);
      };
    },
  };
}

function flatten(model: DecoderConfig, parameters: Readonly<Record<string, HostTensor>>): Float32Array {
  const of = (name: string) => Array.from((parameters[`${name}.weight`] as HostTensor<"f32">).data);
  const layer = (i: number) => {
    const at = (name: string) => of(`model.layers.${i}.${name}`);
    const names = ["input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"];
    const mlp = ["post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"];
    return [...names, ...mlp].flatMap(at);
  };
  const layers = Array.from({ length: model.layers }, (_, i) => layer(i)).flat();
  return Float32Array.from([...of("model.embed_tokens"), ...layers, ...of("model.norm"), ...of("lm_head")]);
}

export const { setup, steps, matmul, counts } = contestant(open);
