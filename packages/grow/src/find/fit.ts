// Fitting: AdamW lowers the loss of the grown model, as a function of what is to be found, through the plan's graph.
import type { DeviceTensor } from "@cambium/backend";
import {
  compilePlanStarts,
  type Fit,
  type Given,
  type GrowthPlan,
  givenName,
  type Leaves,
  planGraph,
} from "@cambium/growth";
import {
  adamw,
  clipByGlobalNorm,
  differentiate,
  f32,
  GraphBuilder,
  gradientName,
  type HostTensor,
  highest,
  hostTensor,
  i32,
  type Tensor,
} from "@cambium/ir";
import { lossGraph, maskValue, maskValuesName, stateNames } from "@cambium/model";
import type { Lab, Reading } from "./lab.js";
import { pick } from "./measure.js";

export type Fitted = Given & { readonly by: Fit };

/** As Du et al. 2024 train, but without decay, because what is fitted is not a weight. */
const settings = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0 };
const largestNorm = 1;

export interface Fitting extends Reading {
  readonly of: readonly Fitted[];
  readonly leaves: Leaves;
}

/**
 * The loss of the grown model as a graph over the base's parameters and what is found: `planGraph` and `lossGraph` in
 * one. Inputs: base parameters, `given:NAME`, random leaves, `tokens`, with masks their values. Output: `loss`.
 */
export function grownLoss(plan: GrowthPlan, { batch, context }: Pick<Lab, "batch" | "context">) {
  const { graph: grown, leaves } = planGraph(plan);
  const loss = lossGraph(plan.target, { batch, context, masks: plan.phase.masks });
  const builder = new GraphBuilder();
  const { outputs } = builder.append(loss, builder.append(grown).outputs);
  builder.output("loss", outputs["loss"] as Tensor);
  return { graph: builder.finish(), leaves };
}

/** The step that lowers `grownLoss` by everything in `of` at once; the tensors and their moments are its state. */
export function fitting(plan: GrowthPlan, of: readonly Fitted[], sizes: Pick<Lab, "batch" | "context">): Fitting {
  const names = of.map(({ name }) => givenName(name));
  const { graph: loss, leaves } = grownLoss(plan, sizes);
  const backward = differentiate(loss, { of: "loss", by: names });
  const builder = new GraphBuilder();
  const { inputs, outputs } = builder.append(backward);
  builder.output("loss", outputs["loss"] as Tensor);
  const [lr, step] = [builder.input("lr", f32()), builder.input("step", i32())];
  const gradients = names.map((name) => outputs[gradientName(name)] as Tensor);
  const [gradScale] = clipByGlobalNorm(gradients, { maxNorm: largestNorm });
  const fastest = fastestRate(of);
  names.forEach((name, i) => {
    const tensor = inputs[name] as Tensor;
    const [m, v] = [stateNames.m(name), stateNames.v(name)];
    const moments = [builder.input(m, tensor.type), builder.input(v, tensor.type)] as const;
    const attrs = { ...settings, lrMultiplier: (of[i] as Fitted).by.lr / fastest };
    const next = adamw(tensor, gradients[i] as Tensor, ...moments, gradScale, lr, step, attrs);
    [name, m, v].forEach((replaces, k) => builder.output(replaces, next[k] as Tensor, { replaces }));
  });
  return { of, leaves, graph: builder.finish(), batches: highest(of.map(({ by }) => by.steps)) };
}

/** Fits, reading from batch `first` on. @param found what was measured before */
export async function runFitting(
  plan: GrowthPlan,
  { graph, batches, of, leaves }: Fitting,
  found: Readonly<Record<string, HostTensor>>,
  first: number,
  lab: Lab,
): Promise<Record<string, HostTensor>> {
  const { device, parameters, batch, context } = lab;
  using executable = await device.compile(graph);
  const base = { get: async (name: string) => parameters[name] && (await device.download(parameters[name])) };
  const starts = compilePlanStarts(plan, base, { get: (name) => found[name] });
  let state: Record<string, DeviceTensor> = {};
  const fixed: Record<string, DeviceTensor> = {};
  try {
    for (const { name, shape } of of) {
      const key = givenName(name);
      state[key] = await device.upload(await starts(name));
      for (const moment of [stateNames.m(key), stateNames.v(key)])
        state[moment] = await device.upload(hostTensor("f32", shape));
    }
    for (const [name, make] of leaves) fixed[name] = await device.upload(make());
    for (const [name, tensor] of Object.entries(found)) fixed[givenName(name)] = await device.upload(tensor);
    const { masks } = plan.phase;
    if (masks.length > 0) {
      const shut = masks.map((mask) => maskValue(mask, 0));
      fixed[maskValuesName] = await device.upload(hostTensor("f32", [masks.length], shut));
    }
    const lr = hostTensor("f32", [], [fastestRate(of)]);
    for (let i = 0; i < batches; i++) {
      const tokens = hostTensor("i32", [batch, context + 1], lab.batchAt(first + i));
      const now = { tokens, lr, step: hostTensor("i32", [], [i + 1]) };
      const { outputs, fetched } = await executable.run(
        { ...pick(parameters, graph), ...pick(fixed, graph), ...state, ...now },
        { fetch: ["loss"] },
      );
      state = { ...outputs };
      await fetched;
    }
    const fitted: Record<string, HostTensor> = {};
    for (const { name } of of) fitted[name] = await device.download(state[givenName(name)] as DeviceTensor);
    return fitted;
  } finally {
    for (const tensor of [...Object.values(state), ...Object.values(fixed)]) tensor.dispose();
  }
}

function fastestRate(of: readonly Fitted[]): number {
  return highest(of.map(({ by }) => by.lr));
}
