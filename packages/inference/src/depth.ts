// How much of its depth a model uses: what it would predict after each layer (the logit lens), and what its loss is without
// each layer.
import type { Device, DeviceTensor, Executable } from "@cambium/backend";
import { CambiumError, hostTensor } from "@cambium/ir";
import { deepenedModel, logitsGraph, type ModelSpec, modelJson, modelSizes, parameterTable } from "@cambium/model";
import { deviceWeights, type Weights } from "./weights.js";

export interface DepthProfile {
  /** Predictions that everything is the mean of. */
  readonly tokens: number;
  /** Mean cross entropy of the whole model, nats. */
  readonly loss: number;
  /**
   * KL(whole model ‖ its first i layers, then final norm and head), nats, for i from 0 to all layers: the logit lens
   * (nostalgebraist 2020). The last is 0.
   */
  readonly lens: readonly number[];
  /**
   * Σᵢ lens[i] / lens[0] over i below the number of layers: the mean layer at which the prediction comes about. As many
   * layers as the model has, if it all happens in the last one.
   */
  readonly effective: number;
  /** Loss without layer i less the loss with it, nats. */
  readonly ablation: readonly number[];
}

/** Sequences of so many tokens are read, no longer than the model's context. */
export interface DepthText {
  readonly tokens: Int32Array;
  readonly context: number;
}

/**
 * @param tokens at least one sequence of `context` + 1; what is over is left out
 * @throws CambiumError `E_PARAMETERS`; `E_OPTION` for fewer tokens; `E_UNSUPPORTED` from a family whose layers are not
 *   alike, so that one cannot be left out
 */
export async function depthProfile(
  device: Device,
  model: ModelSpec,
  parameters: Weights,
  { tokens, context }: DepthText,
): Promise<DepthProfile> {
  const batch = Math.floor(tokens.length / (context + 1));
  if (batch === 0)
    throw new CambiumError("E_OPTION", "too few tokens to look at a model's depth", {
      expected: `${context + 1} at least`,
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

/** What the model of the layers `kept` predicts at every place. */
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
  // Models without one layer are mostly alike in all but their weights.
  const key = JSON.stringify(modelJson(shallow));
  const executable = compiled.get(key) ?? (await device.compile(logitsGraph(shallow, { batch, context })));
  compiled.set(key, executable);
  const { fetched } = await executable.run(inputs, { fetch: ["logits"] });
  const logits = (await fetched)["logits"]?.data as Float32Array;
  return new Predictions(logits, next);
}

/** Log probabilities of the next token at every place. */
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

  /** Mean KL(these ‖ others), nats. */
  divergence(others: Predictions): number {
    let sum = 0;
    for (const [i, log] of this.logs.entries()) sum += Math.exp(log) * (log - (others.logs[i] as number));
    return (sum * this.#vocab) / this.logs.length;
  }
}
