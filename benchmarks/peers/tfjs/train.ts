// The peer `tfjs`: the same Llama and AdamW written by hand in TensorFlow.js with `tf.variableGrads`, on the engine
// named by the first argument.
import { referenceBackend } from "@cambium/backend";
import backend from "@cambium/backend-tfjs";
import { batchAt, modelOf, type StepConfig } from "@cambium/bench";
import { graphCost } from "@cambium/ir";
import { initParameters, inverseFrequencies, ropeTables } from "@cambium/model";
import { defaultOptimizer, freshState, Trainer, trainStepGraph } from "@cambium/train";
// The whole of tfjs, because tfjs-core alone has no gradients in Node.
import * as tf from "@tensorflow/tfjs";
import { serve } from "../serve.js";
import { lossOf, productSums, type RowSums } from "../tfjs-model.js";
import { watchPeak } from "./peak.js";
import { variables } from "./variables.js";

/** One parameter with its moments. */
interface Trained {
  readonly value: tf.Variable;
  readonly m: tf.Variable;
  readonly v: tf.Variable;
}

const learningRate = 1e-4;
/** Losses that are compared with the reference. */
const compared = 3;
/** Uses the engine's own kernel if it has one. */
const rowSums: RowSums = (dy, ids, vocab) =>
  tf.getKernel("UnsortedSegmentSum", tf.getBackend())
    ? tf.unsortedSegmentSum(dy, ids, vocab)
    : productSums(dy, ids, vocab);
// Opening the device loads the engine and makes it tfjs's active one; Cambium computes nothing else here.
const device = await backend.open({ engine: process.argv[2] ?? "node" });
const peak = watchPeak();
let trained: readonly Trained[] = [];
let lossOfBatch: () => tf.Scalar = () => tf.scalar(Number.NaN);
let tokens: tf.Tensor2D | undefined;
let nextTokens: () => tf.Tensor2D;
let updates = 0;

function setup(config: StepConfig): void {
  const { batch, context } = config;
  const model = modelOf(config);
  const weights = variables(model.config, initParameters(model, { seed: "bench", scheme: "hf" }));
  const zeros = (one: tf.Variable) => tf.tidy(() => tf.variable(tf.zeros(one.shape), false));
  trained = Object.values(weights).map((value) => ({ value, m: zeros(value), v: zeros(value) }));
  const { cos, sin } = ropeTables(inverseFrequencies(model.config), context);
  const loss = lossOf(model.config, { batch, context }, { cos: cos.data, sin: sin.data }, rowSums);
  lossOfBatch = () => loss(weights, tokens as tf.Tensor2D);
  nextTokens = () => {
    const data = batchAt(config, updates);
    return tf.tensor2d(data, [batch, context + 1], "int32");
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

await serve(async (_, { size }) => {
  const config = size as unknown as StepConfig;
  const { batch, context } = config;
  setup(config);
  const graph = trainStepGraph(modelOf(config), { batch, context, optimizer: defaultOptimizer });
  return {
    ...{ device: `tfjs by hand, ${device.info.device}`, version: device.info.version },
    work: { tokens: batch * context, flops: graphCost(graph).matrixFlops },
    async turn(count) {
      const seconds: number[] = [];
      for (let i = 0; i < count; i++) {
        const began = performance.now();
        step();
        seconds.push((performance.now() - began) / 1000);
      }
      return seconds;
    },
    async parity() {
      const small = { ...config, layers: Math.min(config.layers, 2), batch: 1, context: 8 };
      setup(small);
      const got = Array.from({ length: compared }, step);
      const want = await expected(small);
      const error = Math.max(...got.map((loss, i) => Math.abs(loss / (want[i] as number) - 1)));
      return { agrees: error <= 1e-4, error, tolerance: 1e-4, against: `${compared} losses of the reference` };
    },
    deviceBytes: peak,
    close: () => device.close(),
  };
});

async function expected(config: StepConfig): Promise<readonly number[]> {
  await using reference = await referenceBackend.open();
  const model = modelOf(config);
  using trainer = await Trainer.open({ device: reference, model, batch: config.batch, context: config.context });
  await trainer.load(freshState(initParameters(model, { seed: "bench", scheme: "hf" })));
  const losses: number[] = [];
  for (let i = 0; i < compared; i++) losses.push((await trainer.step([batchAt(config, i)], learningRate)).loss);
  return losses;
}
