// The peer `tfjs-hand`: the same Llama and AdamW written by hand in TensorFlow.js with `tf.variableGrads`, on the engine
// named by the first argument. It answers one JSON command a line, as `peers/torch/README.md` says.
import { createInterface } from "node:readline";
import backend from "@cambium/backend-tfjs";
import { batchAt, modelOf, type StepConfig } from "@cambium/bench";
import { initParameters, inverseFrequencies, ropeTables } from "@cambium/model";
import { defaultOptimizer } from "@cambium/train";
// Whole tfjs: what Node loads of tfjs-core alone has no gradients.
import * as tf from "@tensorflow/tfjs";
import { lossOf, productSums, type RowSums } from "../tfjs-model.js";
import { watchPeak } from "./peak.js";
import { variables } from "./variables.js";

interface Command {
  readonly cmd: "setup" | "steps" | "gemm" | "memory" | "exit";
  readonly config?: StepConfig;
  readonly count?: number;
  readonly m?: number;
  readonly n?: number;
  readonly k?: number;
}

/** One parameter with its moments. */
interface Trained {
  readonly value: tf.Variable;
  readonly m: tf.Variable;
  readonly v: tf.Variable;
}

const learningRate = 1e-4;
/** By the engine's own kernel, where it has one. */
const rowSums: RowSums = (dy, ids, vocab) =>
  tf.getKernel("UnsortedSegmentSum", tf.getBackend())
    ? tf.unsortedSegmentSum(dy, ids, vocab)
    : productSums(dy, ids, vocab);
// Opening the device loads the engine and makes it the active one of tfjs; nothing else of Cambium computes here.
const device = await backend.open({ engine: process.argv[2] ?? "node" });
const peak = watchPeak();
let trained: readonly Trained[] = [];
let lossOfBatch: () => tf.Scalar = () => tf.scalar(Number.NaN);
let tokens: tf.Tensor2D | undefined;
let nextTokens: () => tf.Tensor2D;
let updates = 0;

function setup(config: StepConfig): void {
  const { batch, time } = config;
  const model = modelOf(config);
  const weights = variables(model.config, initParameters(model, { seed: "bench", scheme: "hf" }));
  const zeros = (one: tf.Variable) => tf.tidy(() => tf.variable(tf.zeros(one.shape), false));
  trained = Object.values(weights).map((value) => ({ value, m: zeros(value), v: zeros(value) }));
  const { cos, sin } = ropeTables(inverseFrequencies(model.config), time);
  const loss = lossOf(model.config, { batch, time }, { cos: cos.data, sin: sin.data }, rowSums);
  lossOfBatch = () => loss(weights, tokens as tf.Tensor2D);
  nextTokens = () => {
    const data = batchAt(config, updates);
    return tf.tensor2d(data, [batch, time + 1], "int32");
  };
  updates = 0;
}

/** Forward, backward, clip, AdamW. */
function step(): number {
  tokens = nextTokens();
  updates += 1;
  const { value, grads } = tf.variableGrads(
    lossOfBatch,
    trained.map((one) => one.value),
  );
  const scale = tf.tidy(() => {
    const squares = Object.values(grads).map((grad) => tf.sum(tf.square(grad)));
    const norm = tf.sqrt(tf.addN(squares));
    return tf.minimum(tf.div(defaultOptimizer.clip ?? Number.POSITIVE_INFINITY, tf.add(norm, 1e-6)), 1) as tf.Scalar;
  });
  for (const one of trained) {
    const grad = grads[one.value.name] as tf.Tensor;
    tf.tidy(() => adamW(one, grad, scale));
    grad.dispose();
  }
  const loss = value.dataSync()[0] as number;
  tf.dispose([value, scale, tokens]);
  return loss;
}

/** Both bias corrections in two scalars: m̂ / (√v̂ + ε) = a · m / (√v + b). */
function adamW({ value, m, v }: Trained, grad: tf.Tensor, scale: tf.Scalar): void {
  const { beta1, beta2, eps, weightDecay } = defaultOptimizer;
  const g = tf.mul(grad, scale);
  m.assign(tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1)));
  v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2)));
  const spread = Math.sqrt(1 - beta2 ** updates);
  const size = (learningRate * spread) / (1 - beta1 ** updates);
  const move = tf.div(tf.mul(m, size), tf.add(tf.sqrt(v), eps * spread));
  value.assign(tf.sub(tf.mul(value, 1 - learningRate * weightDecay), move));
}

function gemm(m: number, n: number, k: number): number {
  const [a, b] = [tf.randomNormal([m, k]) as tf.Tensor2D, tf.randomNormal([k, n]) as tf.Tensor2D];
  const seconds = Array.from({ length: 8 }, () => {
    const began = performance.now();
    tf.matMul(a, b).dispose();
    return (performance.now() - began) / 1000;
  });
  tf.dispose([a, b]);
  return (2 * m * n * k) / Math.min(...seconds) / 1e9;
}

async function answer(command: Command): Promise<object> {
  switch (command.cmd) {
    case "setup":
      setup(command.config as StepConfig);
      return {};
    case "steps": {
      const seconds: number[] = [];
      const loss: number[] = [];
      for (let i = 0; i < (command.count ?? 0); i++) {
        const began = performance.now();
        loss.push(step());
        seconds.push((performance.now() - began) / 1000);
      }
      return { seconds, loss };
    }
    case "gemm":
      return { gflops: gemm(command.m ?? 0, command.n ?? 0, command.k ?? 0) };
    case "memory":
      return { peakBytes: peak() };
    case "exit":
      await device.close();
      return {};
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  const reply = await answer(command).catch((error: unknown) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
  // Standard input stays open, and would keep the process.
  if (command.cmd === "exit") process.exit(0);
}
