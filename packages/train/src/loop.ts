// The training loop of one stage: batch up, step, loss down; held-out loss and snapshots now and then. It counts in
// tokens and knows no files: what to do with metrics and snapshots is given to it.
import { CambiumError } from "@cambium/ir";
import type { MetricsRow } from "./metrics.js";
import type { Schedule } from "./schedule.js";
import type { TrainingState } from "./state.js";
import type { Trainer } from "./trainer.js";

/** How far a stage has come; all counts are the stage's own. */
export interface Progress {
  readonly step: number;
  readonly tokens: number;
  /** Matrix work so far. */
  readonly flops: number;
  /** Wall seconds of training so far, without evaluation and snapshots, over all sittings. */
  readonly seconds: number;
}

export const noProgress: Progress = { step: 0, tokens: 0, flops: 0, seconds: 0 };

export interface LoopOptions {
  readonly trainer: Pick<
    Trainer,
    "tokensPerStep" | "batchesPerStep" | "flopsPerStep" | "advance" | "step" | "evaluate" | "state"
  >;
  readonly schedule: Schedule;
  /** Tokens of this stage; the last step may read past it by less than a step. */
  readonly totalTokens: number;
  /** Where the stage stands: `noProgress`, or a snapshot's. */
  readonly from?: Progress;
  /**
   * The micro-batch whose first token is number `position` of this stage: a pure function, so that a continued run
   * reads what an uninterrupted one would.
   */
  readonly batchAt: (position: number) => Int32Array;
  readonly heldOut?: {
    /** Measure after every so many tokens; also before the first step and after the last. */
    readonly everyTokens: number;
    readonly batches: () => Iterable<Int32Array>;
  };
  readonly snapshot?: {
    /** Wall seconds between snapshots; one is also taken on abort. */
    readonly everySeconds: number;
    readonly save: (state: TrainingState, progress: Progress) => Promise<void>;
  };
  readonly onMetrics?: (row: MetricsRow) => void | Promise<void>;
  /** Held-out loss before the stage's first step: of random weights, or right after growth. */
  readonly onStart?: (heldOutLoss: number) => void | Promise<void>;
  /**
   * Called once, before the last step, while the state stays where it is: the time to compile what comes next, since a
   * device does one thing at a time. No step's time counts it.
   */
  readonly beforeLastStep?: () => Promise<void>;
  /** Ends the loop after the step at hand, with a snapshot. */
  readonly signal?: AbortSignal;
  /** Resident bytes of the process, where the platform tells. */
  readonly memoryBytes?: () => number;
}

export interface LoopResult {
  readonly reason: "done" | "aborted";
  readonly progress: Progress;
}

/**
 * Runs the stage to its end, or until `signal`.
 * @throws CambiumError `E_DIVERGED` when the loss, the gradient's norm or the held-out loss is not finite; the step is
 * then in no metrics row and no snapshot.
 */
export async function trainLoop(options: LoopOptions): Promise<LoopResult> {
  const { trainer, schedule, totalTokens, heldOut, snapshot, signal } = options;
  const { tokensPerStep, batchesPerStep } = trainer;
  const batchTokens = tokensPerStep / batchesPerStep;
  let progress = options.from ?? noProgress;
  let saved = performance.now();

  await trainer.advance(progress.tokens);
  if (progress.step === 0 && heldOut) await options.onStart?.(await trainer.evaluate(heldOut.batches()));
  while (progress.tokens < totalTokens) {
    if (signal?.aborted) {
      await snapshot?.save(await trainer.state(), progress);
      return { reason: "aborted", progress };
    }
    if (progress.tokens + tokensPerStep >= totalTokens) await options.beforeLastStep?.();
    const began = performance.now();
    const { step, tokens } = progress;
    const lr = schedule(tokens, tokensPerStep);
    const batches = Array.from({ length: batchesPerStep }, (_, i) => options.batchAt(tokens + i * batchTokens));
    const { loss, gradNorm } = await trainer.step(batches, lr);
    const seconds = (performance.now() - began) / 1000;
    progress = {
      step: step + 1,
      tokens: tokens + tokensPerStep,
      flops: progress.flops + trainer.flopsPerStep,
      seconds: progress.seconds + seconds,
    };
    const mustBeFinite = (what: string, value: number) => {
      if (!Number.isFinite(value)) throw diverged(what, value, progress.step, lr);
    };
    mustBeFinite("loss", loss);
    mustBeFinite("gradient's norm", gradNorm);
    // The mask's value belongs to the tokens read: what is measured and saved from here on is the model as it now is.
    await trainer.advance(progress.tokens);
    const due = crosses(tokens, progress.tokens, heldOut?.everyTokens) || progress.tokens >= totalTokens;
    const heldOutLoss = heldOut && due ? await trainer.evaluate(heldOut.batches()) : undefined;
    if (heldOutLoss !== undefined) mustBeFinite("held-out loss", heldOutLoss);
    await options.onMetrics?.({
      ...progress,
      loss,
      ...(heldOutLoss !== undefined && { heldOutLoss }),
      lr,
      gradNorm,
      tokensPerSecond: tokensPerStep / seconds,
      ...(options.memoryBytes && { memoryBytes: options.memoryBytes() }),
    });
    if (snapshot && performance.now() - saved > snapshot.everySeconds * 1000) {
      await snapshot.save(await trainer.state(), progress);
      saved = performance.now();
    }
  }
  return { reason: "done", progress };
}

function crosses(before: number, after: number, every = Number.POSITIVE_INFINITY): boolean {
  return Math.floor(before / every) < Math.floor(after / every);
}

function diverged(what: string, value: number, step: number, lr: number): CambiumError {
  return new CambiumError("E_DIVERGED", `the ${what} is ${value} after step ${step}`, {
    expected: "a finite number",
    got: String(value),
    hint: `lower the learning rate (it was ${lr.toPrecision(3)} here) or lengthen the warm-up, then run again`,
  });
}
