// How much of its depth a model uses: its prediction after each layer (the logit lens), and its loss without each
// layer.
import type { Device, DeviceTensor, Executable } from "@cambium/backend";
import { CambiumError, hostTensor } from "@cambium/ir";
import { deepenedModel, logitsGraph, type ModelSpec, modelJson, modelSizes, parameterTable } from "@cambium/model";
import { deviceWeights, type Weights } from "./weights.js";

export interface DepthProfile {
  /** Predicted tokens that all figures are means over. */
  readonly tokens: number;
  /** Mean cross entropy of the whole model, nats. */
  readonly loss: number;
  /**
   * KL(whole model ‖ its first i layers, then final norm and head), nats, for i from 0 to all layers: the logit lens
   * (nostalgebraist 2020). The last is 0.
   */
  readonly lens: readonly number[];
  /**
   * Effective depth, Σᵢ lens[i] / lens[0] for i below the number of layers: the mean layer at which the prediction
   * forms. It equals the number of layers if everything happens in the last one.
   */
  readonly effective: number;
  /** Loss without layer i minus the whole model's loss, nats. */
  readonly ablation: readonly number[];
}

/** The text to measure on. */
export interface DepthText {
  /** At least one sequence of `context` + 1 tokens; an incomplete last one is left out. */
  readonly tokens: Int32Array;
  /** Tokens per sequence, at most the model's context. */
  readonly context: number;
}

/**
 * @throws CambiumError `E_PARAMETERS`; `E_OPTION` for too few tokens; `E_UNSUPPORTED` from a family whose layers differ
 *   in kind, so that one cannot be left out
 */
export async function depthProfile(
  device: Device,
  model: ModelSpec,
  parameters: Weights,
  { tokens, context }: DepthText,
): Promise<DepthProfile> {
  const batch = Math.floor(tokens.length / (context + 1));
  if (batch === 0)
    throw new CambiumError("E_OPTION", "too few tokens to measure a model's depth", {
      expected: `at least ${context + 1}`,
      got: `${tokens.length}`,
    });
  const { weights, uploaded } = await deviceWeights(device, model, parameters);
  const compiled = new Map<string, Executable>();
  try {
    const { layers } = modelSizes(model);
    const all = Array.from({ length: layers }, (_, i) => i);
    const run = (kept: readonly number[]) =>
      logProbabilities({ device, compiled }, model, weights, kept, { tokens, batch, context });
    const whole = await run(all);
    const lens: number[] = [];
    for (const i of all) lens.push(whole.divergence(await run(all.slice(0, i))));
    lens.push(0);
    const ablation: number[] = [];
    for (const i of all) ablation.push((await run(all.filter((one) => one !== i))).loss - whole.loss);
    const [first = 0] = lens;
    const effective = first > 0 ? lens.reduce((sum, one) => sum + one / first, 0) : 0;
    return { tokens: batch * context, loss: whole.loss, lens, effective, ablation };
  } finally {
    for (const one of [...compiled.values(), ...uploaded]) one.dispose();
  }
}

interface Text {
  readonly tokens: Int32Array;
  readonly batch: number;
  readonly context: number;
}

/** The predictions of the model reduced to the layers `kept`. */
async function logProbabilities(
  { device, compiled }: { readonly device: Device; readonly compiled: Map<string, Executable> },
  model: ModelSpec,
  weights: Readonly<Record<string, DeviceTensor>>,
  kept: readonly number[],
  { tokens, batch, context }: Text,
): Promise<Predictions> {
  const shallow = kept.length === modelSizes(model).layers ? model : deepenedModel(model, kept);
  const names = new Map(parameterTable(model).map(({ name, layer, part }) => [`${layer} ${part ?? name}`, name]));
  const inputs: Record<string, DeviceTensor | ReturnType<typeof hostTensor>> = {};
  for (const { name, layer, part } of parameterTable(shallow)) {
    const source = names.get(`${layer === undefined ? layer : kept[layer]} ${part ?? name}`);
    inputs[name] = weights[source ?? name] as DeviceTensor;
  }
  const read = new Int32Array(batch * context);
  const next = new Int32Array(batch * context);
  for (let row = 0; row < batch; row++) {
    const from = row * (context + 1);
    read.set(tokens.subarray(from, from + context), row * context);
    next.set(tokens.subarray(from + 1, from + 1 + context), row * context);
  }
  inputs.tokens = hostTensor("i32", [batch, context], read);
  // Models without one layer mostly share a graph and differ only in their weights.
  const key = JSON.stringify(modelJson(shallow));
  const executable = compiled.get(key) ?? (await device.compile(logitsGraph(shallow, { batch, context })));
  compiled.set(key, executable);
  const { fetched } = await executable.run(inputs, { fetch: ["logits"] });
  const logits = (await fetched)["logits"]?.data as Float32Array;
  return new Predictions(logits, next);
}

/** Log probabilities of the next token at every position. */
class Predictions {
  readonly #vocab: number;
  /** Mean cross entropy. */
  readonly loss: number;

  constructor(
    private readonly logs: Float32Array,
    next: Int32Array,
  ) {
    this.#vocab = logs.length / next.length;
    let sum = 0;
    for (let place = 0; place < next.length; place++) {
      const row = logs.subarray(place * this.#vocab, (place + 1) * this.#vocab);
      let most = Number.NEGATIVE_INFINITY;
      for (const logit of row) if (logit > most) most = logit;
      let total = 0;
      for (const logit of row) total += Math.exp(logit - most);
      const off = most + Math.log(total);
      for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) - off;
      sum -= row[next[place] as number] as number;
    }
    this.loss = sum / next.length;
  }

  /** Mean KL(this ‖ others), nats. */
  divergence(others: Predictions): number {
    let sum = 0;
    for (const [i, log] of this.logs.entries()) sum += Math.exp(log) * (log - (others.logs[i] as number));
    return (sum * this.#vocab) / this.logs.length;
  }
}
