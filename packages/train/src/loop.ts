// The training loop of one stage: batch up, step, loss down; held-out loss and snapshots now and then. While the device
// computes a step it has the next one already. The loop counts in tokens and knows no files: what to do with metrics and
// snapshots is given to it.
import { CambiumError } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import type { StepResult } from "./compiled-step.js";
import { canFall } from "./loss-scale.js";
import type { MetricsRow } from "./metrics.js";
import type { Schedule } from "./schedule.js";
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
  /** Asked after each row with a held-out loss: whether the stage ends with it, before its tokens are read. */
  readonly ends?: () => boolean;
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
    /** Wall seconds between snapshots, to a step or two; one is also taken when the loop is interrupted. */
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
  /** Ends the loop after the steps under way, two at most, with a snapshot. */
  readonly signal?: AbortSignal;
  /** Resident bytes of the process, where the platform tells. */
  readonly memoryBytes?: () => number;
}

export interface LoopResult {
  readonly reason: "done" | "interrupted";
  readonly progress: Progress;
}

/** A step handed over to the trainer. */
interface Step {
  /** Where the stage stands after it, but for the time. */
  readonly after: Omit<Progress, "seconds">;
  readonly lr: number;
  /** When its preparation began, ms of `performance.now`. */
  readonly began: number;
  /** What it came to, and when that arrived. */
  readonly done: Promise<StepResult & { readonly at: number }>;
}

/**
 * Runs the stage to its end, or until `signal`. The next step is handed over before this one's loss is waited for, except
 * where something needs the state between the two: held-out loss, a snapshot, `beforeLastStep`.
 * @throws CambiumError `E_DIVERGED` when the loss, the gradient's norm or the held-out loss is not finite; the step is
 * then in no metrics row and no snapshot. A step that was skipped is none such while the loss's scale can still fall. No
 * step is under way when the loop has ended.
 */
export async function trainLoop(options: LoopOptions): Promise<LoopResult> {
  const { trainer, totalTokens, heldOut, snapshot, signal } = options;
  let progress = options.from ?? noProgress;
  let [saved, last] = [performance.now(), Number.NEGATIVE_INFINITY];
  let current: Step | undefined;
  let next: Promise<Step> | undefined;

  const isLast = (tokens: number) => tokens + trainer.tokensPerStep >= totalTokens;
  const measures = ({ after: { tokens } }: Step) =>
    heldOut !== undefined &&
    (crosses(tokens - trainer.tokensPerStep, tokens, heldOut.everyTokens) || tokens >= totalTokens);
  const snapshotDue = () => snapshot !== undefined && performance.now() - saved > snapshot.everySeconds * 1000;
  const save = async () => {
    await snapshot?.save(await trainer.state(), progress);
    saved = performance.now();
  };
  /** Whether the state after `step` is needed by nothing but the step after it. */
  const goesOn = (step: Step) =>
    !measures(step) &&
    !snapshotDue() &&
    signal?.aborted !== true &&
    step.after.tokens < totalTokens &&
    !(options.beforeLastStep && isLast(step.after.tokens));

  await trainer.advance(progress.tokens);
  if (progress.step === 0 && heldOut) await options.onStart?.(await trainer.evaluate(heldOut.batches()));
  try {
    while (progress.tokens < totalTokens) {
      if (!current) {
        if (signal?.aborted) {
          await save();
          return { reason: "interrupted", progress };
        }
        if (isLast(progress.tokens)) await options.beforeLastStep?.();
        current = await handOver(options, progress);
      }
      if (goesOn(current)) next = handOver(options, current.after);
      const { loss, gradNorm, lossScale, skipped = false, at } = await current.done;
      const { after, lr, began } = current;
      // From when the device had nothing else to do: waiting for the step before is that one's time.
      const seconds = (at - Math.max(began, last)) / 1000;
      last = at;
      progress = { ...after, seconds: progress.seconds + seconds };
      mustBeFinite("loss", loss, current, lossScale !== undefined);
      if (!skipped || lossScale === undefined || !canFall(lossScale))
        mustBeFinite("gradient's norm", gradNorm, current, lossScale !== undefined);
      const heldOutLoss = heldOut && measures(current) ? await trainer.evaluate(heldOut.batches()) : undefined;
      if (heldOutLoss !== undefined) mustBeFinite("held-out loss", heldOutLoss, current);
      await options.onMetrics?.({
        ...progress,
        loss,
        ...(heldOutLoss !== undefined && { heldOutLoss }),
        lr,
        gradNorm,
        ...(lossScale !== undefined && { lossScale }),
        ...(skipped && { skipped }),
        // Two results may arrive within what the clock can tell apart.
        tokensPerSecond: trainer.tokensPerStep / Math.max(seconds, 1e-6),
        ...(options.memoryBytes && { memoryBytes: options.memoryBytes() }),
      });
      if (heldOutLoss !== undefined && options.ends?.() === true) break;
      if (!next && snapshotDue()) await save();
      [current, next] = [await next, undefined];
    }
    return { reason: "done", progress };
  } finally {
    await Promise.allSettled([current?.done, next?.then(({ done }) => done)]);
  }
}

/**
 * Takes the next step from where the stage stands, and opens the masks as far as they are after it. Neither a failure
 * here nor one of the step is lost on who looks at the step before first.
 */
function handOver(options: LoopOptions, from: Step["after"]): Promise<Step> {
  const handedOver = begin(options, from);
  handedOver.catch(() => {});
  return handedOver;
}

async function begin(
  { trainer, schedule, batchAt }: LoopOptions,
  { step, tokens, flops }: Step["after"],
): Promise<Step> {
  const { tokensPerStep, batchesPerStep, flopsPerStep } = trainer;
  const began = performance.now();
  const lr = schedule(tokens, tokensPerStep);
  const batches = Array.from({ length: batchesPerStep }, (_, i) =>
    batchAt(tokens + (i * tokensPerStep) / batchesPerStep),
  );
  const done = trainer.step(batches, lr).then((result) => ({ ...result, at: performance.now() }));
  done.catch(() => {});
  const after = { step: step + 1, tokens: tokens + tokensPerStep, flops: flops + flopsPerStep };
  // The mask's value belongs to the tokens read: what follows the step sees the model as it then is.
  await trainer.advance(after.tokens);
  return { after, lr, began, done };
}

function crosses(before: number, after: number, every = Number.POSITIVE_INFINITY): boolean {
  return Math.floor(before / every) < Math.floor(after / every);
}

function mustBeFinite(what: string, value: number, { lr, after: { step } }: Step, mixed = false): void {
  if (Number.isFinite(value)) return;
  throw new CambiumError("E_DIVERGED", `the ${what} is ${value} after step ${step}`, {
    expected: "a finite number",
    got: String(value),
    hint: `lower the learning rate (it was ${lr.toPrecision(3)} here) or lengthen the warm-up, then run again${mixed ? "; in f32 values may grow larger" : ""}`,
  });
}
