// The train step as one graph: forward, backward, clip and AdamW, with its state marked for update in place.
import {
  adamw,
  add,
  autocast,
  broadcast,
  clipByGlobalNorm,
  differentiate,
  f32,
  type Graph,
  GraphBuilder,
  gradientName,
  guardedAdamw,
  i32,
  mul,
  sortedKeys,
  type Tensor,
} from "@cambium/ir";
import {
  type Distillation,
  distillationGraph,
  distilledLossName,
  lossGraph,
  type ModelSpec,
  type Phase,
  parameterTable,
  plainPhase,
  stateNames,
} from "@cambium/model";
import { maxNormOf, scaledClip, scalingNames, type UpdateScalars, withScaledLoss } from "./loss-scale.js";
import type { OptimizerOptions } from "./optimizer.js";
import { type Precision, storedIn } from "./precision.js";
import { groupsByParameter, type RateInput, rateInputs } from "./rates.js";

export interface StepGraphOptions {
  /** Sequences in one (micro-)batch. */
  readonly batch: number;
  /** Tokens in one sequence. */
  readonly context: number;
  readonly optimizer: OptimizerOptions;
  /** Default: everything trains, at one rate, behind no masks. The masks' values are the input `masks`. */
  readonly phase?: Phase;
  /**
   * `mixed`: products of f16 and a scaled loss. `bf16`: products of bf16. Held-out loss is evaluated in f32. Default
   * `f32`.
   */
  readonly precision?: Precision;
  /** Distillation from a teacher (`Trainer.teach`). Default: none. */
  readonly distill?: Distillation | undefined;
}

/** Their names: tsc asks for each. */
const stepFields: Readonly<Record<keyof StepGraphOptions, true>> = {
  ...{ batch: true, context: true, optimizer: true, phase: true, precision: true, distill: true },
};

/** Everything that a step depends on besides its model, as a cache key. Further fields and their order do not matter. */
export function stepKey(options: StepGraphOptions): string {
  const names = Object.keys(stepFields) as (keyof StepGraphOptions)[];
  return JSON.stringify(names.map((name) => sortedKeys(options[name])));
}

/** Name of a parameter's accumulated gradient in step graphs. */
export function accumulatedName(parameter: string): string {
  return `accumulated:${parameter}`;
}

/**
 * One whole optimizer step. Inputs: parameters and their `m:`, `v:` (replaced), `tokens` i32 [batch, context + 1], `lr`
 * f32 [] (and `lr:…` for parameter groups with a rate of their own), `step` i32 [] (1 at the first), with masks `masks`
 * f32 [number of masks], with distillation the teacher's parameters (`teacherName`). Outputs besides the state: `loss`
 * f32 [], the cross entropy, and `gradNorm` f32 [] before clipping. In mixed precision the state also has the loss
 * scale and the count of updates (`scalingNames`), which replaces `step`, and `stepScale` f32 [] is one more output.
 */
export function trainStepGraph(model: ModelSpec, options: StepGraphOptions): Graph {
  const builder = new GraphBuilder();
  const { inputs, outputs } = lossAndGradients(builder, model, options);
  builder.output("loss", outputs["loss"] as Tensor);
  const gradients = trainable(model, options).map((name) => outputs[gradientName(name)] as Tensor);
  update(builder, model, options, inputs, gradients);
  return withPrecision(builder.finish(), options);
}

/**
 * A step over `accumulation` micro-batches as two graphs. `accumulate` adds its micro-batch's share of the gradient
 * to `accumulated:` (replaced) and returns the micro-batch's `loss`; `apply` updates as `trainStepGraph` does and
 * sets `accumulated:` to zero.
 */
export function accumulatedStepGraphs(
  model: ModelSpec,
  options: StepGraphOptions & { readonly accumulation: number },
): { accumulate: Graph; apply: Graph } {
  const names = trainable(model, options);
  const shapes = shapesOf(model);

  const first = new GraphBuilder();
  const { outputs } = lossAndGradients(first, model, options);
  first.output("loss", outputs["loss"] as Tensor);
  for (const name of names) {
    const sum = first.input(accumulatedName(name), f32(...(shapes[name] as readonly number[])));
    const share = mul(outputs[gradientName(name)] as Tensor, 1 / options.accumulation);
    first.output(accumulatedName(name), add(sum, share), { replaces: accumulatedName(name) });
  }

  const second = new GraphBuilder();
  const inputs = Object.fromEntries(
    names.map((name) => [name, second.input(name, f32(...(shapes[name] as readonly number[])))]),
  );
  const sums = names.map((name) => second.input(accumulatedName(name), f32(...(shapes[name] as readonly number[]))));
  update(second, model, options, inputs, sums);
  names.forEach((name) => {
    const zeros = broadcast(second.scalar(0), { shape: shapes[name] as readonly number[] });
    second.output(accumulatedName(name), zeros, { replaces: accumulatedName(name) });
  });
  return { accumulate: withPrecision(first.finish(), options), apply: second.finish() };
}

/** The parameters that train, in table order. */
export function trainable(model: ModelSpec, { phase }: Pick<StepGraphOptions, "phase">): string[] {
  const frozen = new Set(phase?.frozen);
  return parameterTable(model).flatMap(({ name }) => (frozen.has(name) ? [] : [name]));
}

function shapesOf(model: ModelSpec): Record<string, readonly number[]> {
  return Object.fromEntries(parameterTable(model).map(({ name, shape }) => [name, shape]));
}

function withPrecision(graph: Graph, { precision = "f32" }: StepGraphOptions): Graph {
  const to = storedIn(precision);
  return to === undefined ? graph : autocast(graph, { to });
}

function lossAndGradients(builder: GraphBuilder, model: ModelSpec, options: StepGraphOptions) {
  const mixed = options.precision === "mixed";
  const { batch, context, phase = plainPhase, distill } = options;
  const size = { batch, context, masks: phase.masks };
  const plain = distill ? distillationGraph(model, size, distill) : lossGraph(model, size);
  const trained = distill ? distilledLossName : "loss";
  const loss = mixed ? withScaledLoss(plain, trained) : plain;
  return builder.append(differentiate(loss, { of: mixed ? "scaledLoss" : trained, by: trainable(model, options) }));
}

function update(
  builder: GraphBuilder,
  model: ModelSpec,
  options: StepGraphOptions,
  inputs: Readonly<Record<string, Tensor>>,
  gradients: readonly Tensor[],
): void {
  const { optimizer, phase = plainPhase } = options;
  const { beta1, beta2, eps, weightDecay } = optimizer;
  const mixed = options.precision === "mixed";
  const names = trainable(model, options);
  const rates = rateInputs(names, phase);
  const lrs = new Map([...new Set(rates)].map(({ name }) => [name, builder.input(name, f32())]));
  const groupOf = groupsByParameter(phase);
  builder.scope("optimizer", () => {
    const { gradScale, step } = mixed
      ? scaledClip(
          builder,
          gradients,
          optimizer.clip,
          inputs[scalingNames.scale] ?? builder.input(scalingNames.scale, f32()),
        )
      : plainClip(builder, gradients, optimizer.clip);
    const updated = mixed ? guardedAdamw : adamw;
    names.forEach((name, i) => {
      const lr = lrs.get((rates[i] as RateInput).name) as Tensor;
      const decayed = groupOf.get(name)?.decay ?? true;
      const parameter = inputs[name] as Tensor;
      const m = builder.input(stateNames.m(name), parameter.type);
      const v = builder.input(stateNames.v(name), parameter.type);
      const lrMultiplier = phase.lrMultipliers[name] ?? 1;
      const attrs = { beta1, beta2, eps, weightDecay: decayed ? weightDecay : 0, lrMultiplier };
      const [nextParameter, nextM, nextV] = updated(
        parameter,
        gradients[i] as Tensor,
        m,
        v,
        gradScale,
        lr,
        step,
        attrs,
      );
      builder.output(name, nextParameter, { replaces: name });
      builder.output(stateNames.m(name), nextM, { replaces: stateNames.m(name) });
      builder.output(stateNames.v(name), nextV, { replaces: stateNames.v(name) });
    });
  });
}

function plainClip(builder: GraphBuilder, gradients: readonly Tensor[], clip: number | null): UpdateScalars {
  const step = builder.input("step", i32());
  const [gradScale, norm] = clipByGlobalNorm(gradients, { maxNorm: maxNormOf(clip) });
  builder.output("gradNorm", norm);
  return { gradScale, step };
}
