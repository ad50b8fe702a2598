// The cost of a stage's tokens: the matrix work of the steps of its phase.
import { graphCost } from "@cambium/ir";
import { plainPhase, submodel } from "@cambium/model";
import { tokenFlops } from "@cambium/scaling/flops";
import { defaultOptimizer, trainStepGraph } from "@cambium/train";
import type { Stage } from "./stage.js";

export type Costed = Pick<Stage, "model" | "phase" | "distill"> & { readonly context: number };

export interface Cost {
  /** FLOPs of the stage's first `tokens` tokens; with sub-models, the expected value. */
  flops(tokens: number): number;
  /** The number of tokens that `flops` pay for. */
  tokens(flops: number): number;
  /** FLOPs per token once the whole model trains. */
  readonly perToken: number;
}

export function costOf(stage: Costed): Cost {
  const { submodels, ...phase } = stage.phase;
  const perToken = flopsPerToken({ ...stage, phase });
  const { depths, tokens: first } = submodels ?? { depths: [], tokens: 0 };
  const parts = depths.map((depth) => flopsPerToken({ ...stage, ...submodel(stage.model, stage.phase, depth) }));
  const partly = parts.reduce((sum, flops) => sum + flops / parts.length, 0);
  return {
    perToken,
    flops: (tokens) => Math.min(tokens, first) * partly + Math.max(0, tokens - first) * perToken,
    tokens: (flops) => (flops < first * partly ? flops / partly : first + (flops - first * partly) / perToken),
  };
}

function flopsPerToken({ model, context, phase, distill }: Costed): number {
  if (phase.frozen.length === 0 && !distill) return tokenFlops(model, context);
  // Masks add no matrix work.
  const trained = { ...plainPhase, frozen: phase.frozen };
  const step = trainStepGraph(model, { batch: 1, context, optimizer: defaultOptimizer, phase: trained, distill });
  return graphCost(step).matrixFlops / context;
}
