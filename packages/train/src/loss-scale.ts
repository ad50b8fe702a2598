// Dynamic loss scaling on the device: scaling keeps gradients within f16's range, and a step whose gradients overflow
// is skipped without asking the host. Micikevicius et al. 2018, "Mixed Precision Training", section 3.2; the constants
// are those of PyTorch's GradScaler.
import {
  add,
  cast,
  clipByGlobalNorm,
  div,
  f32,
  type Graph,
  GraphBuilder,
  type HostTensor,
  hostTensor,
  i32,
  less,
  maximum,
  minimum,
  mul,
  select,
  type Tensor,
} from "@cambium/ir";
import type { LossScale } from "@cambium/model";

export const initialLossScale: LossScale = { scale: 2 ** 16, finiteSteps: 0 };

/** The scale doubles after this many steps without a skip, and halves at each skipped step, down to `leastScale`. */
const growthInterval = 2000;
const leastScale = 1;

/** A norm of scaled gradients this large counts as an overflow: close to f32's largest number, but finite. */
const largestNorm = Math.fround(3e38);

/** Whether a step with this gradient norm (unscaled) and scale was skipped. */
export function wasSkipped(gradNorm: number, scale: number): boolean {
  return !(gradNorm * scale < largestNorm);
}

/** Whether a step skipped at this scale lowers the scale, so that the next step may succeed. */
export function canFall(scale: number): boolean {
  return scale > leastScale;
}

/** Names in step graphs of the state that loss scaling adds. */
export const scalingNames = { scale: "lossScale", finiteSteps: "finiteSteps", updates: "updates" };

/** The scale's state as tensors by their names in step graphs; `updates` are those of the optimizer so far. */
export function scalingTensors({ scale, finiteSteps }: LossScale, updates: number): Record<string, HostTensor> {
  return {
    [scalingNames.scale]: hostTensor("f32", [], [scale]),
    [scalingNames.finiteSteps]: hostTensor("i32", [], [finiteSteps]),
    [scalingNames.updates]: hostTensor("i32", [], [updates]),
  };
}

/** Splits a step's state into the part that every run has and the part that `scalingTensors` adds. */
export function splitScaling(tensors: Readonly<Record<string, HostTensor>>): {
  readonly model: Readonly<Record<string, HostTensor>>;
  readonly scaling?: { readonly lossScale: LossScale; readonly updates: number };
} {
  const { [scalingNames.scale]: scale, [scalingNames.finiteSteps]: finite, [scalingNames.updates]: updates } = tensors;
  if (!scale || !finite || !updates) return { model: tensors };
  const added = Object.values(scalingNames);
  const model = Object.fromEntries(Object.entries(tensors).filter(([name]) => !added.includes(name)));
  const number = ({ data }: HostTensor) => data[0] as number;
  const lossScale = { scale: number(scale), finiteSteps: number(finite) };
  return { model, scaling: { lossScale, updates: number(updates) } };
}

/**
 * The graph `loss` with one more input, `lossScale`, and one more output, `scaledLoss`: its product with output `of`.
 */
export function withScaledLoss(loss: Graph, of: string): Graph {
  const builder = new GraphBuilder();
  const { outputs } = builder.append(loss);
  for (const [name, tensor] of Object.entries(outputs)) builder.output(name, tensor);
  builder.output("scaledLoss", mul(outputs[of] as Tensor, builder.input(scalingNames.scale, f32())));
  return builder.finish();
}

/** The limit that `clipByGlobalNorm` takes: infinite where gradients are not clipped. */
export function maxNormOf(clip: number | null): number {
  return clip ?? Number.POSITIVE_INFINITY;
}

/** The inputs of an update besides gradients: their factor, and the number of the step for bias correction. */
export interface UpdateScalars {
  /** 0 if the step is skipped. */
  readonly gradScale: Tensor;
  readonly step: Tensor;
}

/**
 * Appends the clipping of gradients that carry the factor `scale` (unscaling takes no pass of its own over them), and
 * the update of the scale. Graph outputs: `gradNorm`, unscaled (not finite if the step is skipped); `stepScale`, this
 * step's scale; and the state of `scalingNames`.
 * @param clip the joint norm to which gradients are clipped; null for no clipping
 * @param scale the graph's input `lossScale`
 */
export function scaledClip(
  builder: GraphBuilder,
  gradients: readonly Tensor[],
  clip: number | null,
  scale: Tensor,
): UpdateScalars {
  const finiteSteps = builder.input(scalingNames.finiteSteps, i32());
  const updates = builder.input(scalingNames.updates, i32());
  const [, scaledNorm] = clipByGlobalNorm(gradients, { maxNorm: maxNormOf(clip) });
  const norm = div(scaledNorm, scale);
  // The same as clipByGlobalNorm computes, from the unscaled norm.
  const factor = clip === null ? builder.scalar(1) : minimum(div(builder.scalar(clip), add(norm, 1e-6)), 1);
  // The norm of a gradient that overflowed is infinite or NaN.
  const finite = less(scaledNorm, largestNorm);
  const counted = add(finiteSteps, 1);
  const grows = less(growthInterval - 1, counted);
  const risen = select(grows, mul(scale, 2), scale);
  const fallen = maximum(mul(scale, 0.5), leastScale);
  builder.output("gradNorm", norm);
  builder.output("stepScale", scale);
  const next = {
    [scalingNames.scale]: select(finite, risen, fallen),
    [scalingNames.finiteSteps]: select(finite, select(grows, builder.scalar(0, "i32"), counted), 0),
    [scalingNames.updates]: add(updates, cast(finite, { to: "i32" })),
  };
  for (const [name, tensor] of Object.entries(next)) builder.output(name, tensor, { replaces: name });
  return { gradScale: select(finite, div(factor, scale), 0), step: add(updates, 1) };
}
