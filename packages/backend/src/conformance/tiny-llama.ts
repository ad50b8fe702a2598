// A miniature Llama with grouped heads and its train step, built from the IR's composites. It does not use the model
// package, so that testing a backend needs only the IR.
import {
  adamw,
  add,
  causalAttention,
  clipByGlobalNorm,
  differentiate,
  f32,
  type Graph,
  GraphBuilder,
  gather,
  gradientName,
  type HostTensor,
  hostTensor,
  i32,
  linearCrossEntropy,
  matmul,
  numel,
  Random,
  reshape,
  rmsNorm,
  rope,
  swiglu,
  type Tensor,
  type TensorType,
} from "@cambium/ir";

const [batch, context, hidden, heads, kvHeads, intermediate, vocab, layers] = [2, 8, 16, 4, 2, 24, 32, 2];
const headDim = hidden / heads;
const optimizer = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };

/** The parameters: name → shape. */
const parameters: Readonly<Record<string, readonly number[]>> = {
  embedding: [vocab, hidden],
  ...Object.assign({}, ...Array.from({ length: layers }, (_, i) => layerParameters(i))),
  finalNorm: [hidden],
  head: [vocab, hidden],
};

function layerParameters(i: number): Record<string, readonly number[]> {
  const kv = [kvHeads * headDim, hidden];
  const mlp = [intermediate, hidden];
  const shapes = {
    norm1: [hidden],
    q: [hidden, hidden],
    k: kv,
    v: kv,
    o: [hidden, hidden],
    norm2: [hidden],
    gate: mlp,
    up: mlp,
  };
  const named = Object.entries({ ...shapes, down: [hidden, intermediate] });
  return Object.fromEntries(named.map(([name, shape]) => [`layers.${i}.${name}`, shape]));
}

/** Names of the training state: each parameter and its two moments. */
export const stateNames: readonly string[] = Object.keys(parameters).flatMap((name) => [
  name,
  `m.${name}`,
  `v.${name}`,
]);

/** State before the first step: weights normal with standard deviation 0.1 (norms 1), moments zero. */
export function initialState(): Record<string, HostTensor> {
  const filled = Object.entries(parameters).map(([name, shape]): [string, HostTensor] => {
    const random = new Random(name);
    const data = Float32Array.from({ length: numel(shape) }, (_, i) =>
      /norm/i.test(name) ? 1 : 0.1 * random.normal(i),
    );
    return [name, hostTensor("f32", shape, data)];
  });
  const moments = Object.entries(parameters).flatMap(([name, shape]) =>
    [`m.${name}`, `v.${name}`].map((key) => [key, hostTensor("f32", shape)]),
  );
  return Object.fromEntries([...filled, ...moments]);
}

/** Inputs of step `step` (from 1) besides the state: its own batch, rotary tables, learning rate and step number. */
export function stepInputs(step: number): Record<string, HostTensor> {
  const random = new Random(`step ${step}`);
  const tokens = (from: number) =>
    Int32Array.from({ length: batch * context }, (_, i) => Math.floor(vocab * random.uniform(from + i)));
  return {
    tokens: hostTensor("i32", [batch, context], tokens(0)),
    targets: hostTensor("i32", [batch * context], tokens(1)),
    ...ropeTables(),
    lr: hostTensor("f32", [], [0.01]),
    step: hostTensor("i32", [], [step]),
  };
}

/**
 * The train step: forward, backward, clip at 1, AdamW. Outputs `loss`, `gradNorm`, and the state under its own names.
 */
export function tinyTrainStep(): Graph {
  const names = Object.keys(parameters);
  const backward = differentiate(lossGraph(), { of: "loss", by: names });
  const builder = new GraphBuilder();
  const { inputs, outputs: results } = builder.append(backward);
  const input = (name: string, type: TensorType) => builder.input(name, type);
  const [lr, step] = [input("lr", f32()), input("step", i32())];
  const gradient = (name: string) => results[gradientName(name)] as Tensor;
  const [scale, norm] = clipByGlobalNorm(names.map(gradient), { maxNorm: 1 });
  builder.output("loss", results["loss"] as Tensor);
  builder.output("gradNorm", norm);
  for (const name of names) {
    const parameter = inputs[name] as Tensor;
    const moments = [`m.${name}`, `v.${name}`].map((key) => input(key, parameter.type)) as [Tensor, Tensor];
    const next = adamw(parameter, gradient(name), ...moments, scale, lr, step, optimizer);
    [name, `m.${name}`, `v.${name}`].forEach((key, i) => builder.output(key, next[i] as Tensor, { replaces: key }));
  }
  return builder.finish();
}

function lossGraph(): Graph {
  const builder = new GraphBuilder();
  const weights = Object.fromEntries(
    Object.entries(parameters).map(([name, shape]) => [name, builder.input(name, f32(...shape))]),
  );
  const weight = (name: string) => weights[name] as Tensor;
  const tokens = builder.input("tokens", i32(batch, context));
  const targets = builder.input("targets", i32(batch * context));
  const tables = ["cos", "sin"].map((name) => builder.input(name, f32(context, headDim / 2))) as [Tensor, Tensor];
  const norm = (x: Tensor, name: string) => rmsNorm(x, weight(name), { eps: 1e-5 })[0];
  const linear = (x: Tensor, name: string) => matmul(x, weight(name), { transB: true });
  let x = gather(weight("embedding"), tokens);
  for (let i = 0; i < layers; i++) {
    x = builder.scope(`layers.${i}`, () => {
      const at = (name: string) => `layers.${i}.${name}`;
      const y = norm(x, at("norm1"));
      const q = rope(linear(y, at("q")), ...tables, { heads });
      const k = rope(linear(y, at("k")), ...tables, { heads: kvHeads });
      const [attended] = causalAttention(q, k, linear(y, at("v")), { heads, kvHeads });
      const middle = add(x, linear(attended, at("o")));
      const z = norm(middle, at("norm2"));
      return add(middle, linear(swiglu(linear(z, at("gate")), linear(z, at("up"))), at("down")));
    });
  }
  const rows = reshape(norm(x, "finalNorm"), { shape: [batch * context, hidden] });
  builder.output("loss", linearCrossEntropy(rows, weight("head"), targets)[0]);
  return builder.finish();
}

function ropeTables(): Record<"cos" | "sin", HostTensor> {
  const half = headDim / 2;
  const angles = Array.from({ length: context * half }, (_, i) => Math.floor(i / half) / 10_000 ** ((i % half) / half));
  return {
    cos: hostTensor("f32", [context, half], angles.map(Math.cos)),
    sin: hostTensor("f32", [context, half], angles.map(Math.sin)),
  };
}
