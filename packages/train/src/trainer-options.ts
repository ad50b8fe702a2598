// The options of a trainer, and the checks on them.
import type { Device } from "@cambium/backend";
import { CambiumError, type Reason } from "@cambium/ir";
import {
  distillationReasons,
  type ModelSpec,
  type Phase,
  parameterTable,
  phaseReasons,
  plainPhase,
} from "@cambium/model";
import { type OptimizerOptions, optimizerOptions } from "./optimizer.js";
import { type Precision, requirePrecision } from "./precision.js";
import type { StepGraphOptions } from "./step-graph.js";

/** What the step is, and what surrounds it. Masks open as tokens are read (`Trainer.advance`). */
export interface TrainerOptions extends Omit<StepGraphOptions, "optimizer"> {
  readonly device: Device;
  readonly model: ModelSpec;
  /** Micro-batches in an optimizer step. Default 1. */
  readonly accumulation?: number;
  readonly optimizer?: Partial<OptimizerOptions>;
  /** Bound on the bytes of the process (`FittedStep.memory`): activations are recomputed until it fits. Default: none. */
  readonly memory?: number | undefined;
  /** Training tokens read since growth, which masks, parameter groups and sub-models follow. Default 0. */
  readonly tokens?: number;
  /** Decides which sub-model a step trains. Default 0. */
  readonly seed?: number;
}

/** `TrainerOptions` with its defaults filled in. */
export interface ResolvedTrainerOptions extends Omit<TrainerOptions, "optimizer"> {
  readonly accumulation: number;
  readonly optimizer: OptimizerOptions;
  readonly precision: Precision;
  readonly phase: Phase;
  readonly tokens: number;
  readonly seed: number;
}

/**
 * `given` with its defaults.
 * @throws CambiumError `E_TRAINER` with every setting that does not fit the model, `E_OPTIMIZER`; `E_UNSUPPORTED` for
 * a precision that the device does not compute.
 */
export function trainerOptions(given: TrainerOptions): ResolvedTrainerOptions {
  const { batch, context, accumulation = 1, precision = "f32", phase = plainPhase, tokens = 0, distill } = given;
  const table = parameterTable(given.model);
  const sizes = Object.entries({ batch, context, accumulation }).filter(([, n]) => !Number.isInteger(n) || n < 1);
  const reasons: Reason[] = [
    ...sizes.map(([where, n]) => ({ where, message: "out of range", expected: "an integer ≥ 1", got: String(n) })),
    ...phaseReasons(phase, table),
    ...(distill ? distillationReasons(distill, given.model, context) : []),
  ];
  const frozen = new Set(phase.frozen);
  if (table.every(({ name }) => frozen.has(name))) {
    reasons.push({ where: "frozen", message: "nothing is left to train" });
  }
  if (reasons.length > 0) throw new CambiumError("E_TRAINER", "this model cannot be trained this way", { reasons });
  requirePrecision(given.device.info, precision);
  const optimizer = optimizerOptions(given.optimizer);
  return { ...given, accumulation, precision, phase, tokens, seed: given.seed ?? 0, optimizer };
}
