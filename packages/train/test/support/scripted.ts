// A trainer that computes nothing: it returns given losses and records its calls.
import { freshState, type LoopOptions, type StepResult } from "../../src/index.js";

export interface Script {
  readonly tokensPerStep: number;
  readonly batchesPerStep?: number;
  /** Result of step `n`, 1 at the first. */
  readonly result?: (n: number) => Partial<StepResult>;
  /** Held-out loss after `n` steps. */
  readonly heldOut?: (n: number) => number;
  /** Called within step `n`. */
  readonly during?: (n: number) => void;
  /** Resolves when the result of step `n` arrives; default: at once. */
  readonly arrives?: (n: number) => Promise<void>;
  /** Called when the state is read. */
  readonly saving?: () => void;
  /** Called within an evaluation. */
  readonly evaluating?: () => void;
}

export function scripted(script: Script) {
  const { tokensPerStep, batchesPerStep = 1, result = () => ({}), heldOut = () => 2 } = script;
  const { during, arrives, saving, evaluating } = script;
  const seen = {
    batches: [] as Int32Array[],
    rates: [] as number[],
    evaluatedAfter: [] as number[],
    advanced: [] as number[],
    saved: 0,
  };
  const trainer: LoopOptions["trainer"] = {
    tokensPerStep,
    batchesPerStep,
    flopsPerStep: 1000,
    advance: async (tokens) => void seen.advanced.push(tokens),
    step: async (batches, lr) => {
      seen.batches.push(...batches);
      seen.rates.push(lr);
      const n = seen.rates.length;
      during?.(n);
      await arrives?.(n);
      return { loss: 3, gradNorm: 1, ...result(n) };
    },
    evaluate: async () => {
      seen.evaluatedAfter.push(seen.rates.length);
      evaluating?.();
      return heldOut(seen.rates.length);
    },
    state: async () => {
      saving?.();
      return { ...freshState({}), updates: seen.rates.length };
    },
  };
  return { trainer, seen };
}
