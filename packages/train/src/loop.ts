// The training loop of one stage: steps, with held-out loss and snapshots at intervals. While the device computes a
// step, it already has the next one. The loop counts in tokens and does no file I/O: callbacks take metrics and
// snapshots.
import { CambiumError } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import type { StepResult } from "./compiled-step.js";
import { canFall } from "./loss-scale.js";
import type { MetricsRow } from "./metrics.js";
import type { Schedule } from "./schedule.js";
import type { Trainer } from "./trainer.js";

/** The progress of a stage; all counts start at 0 with the stage. */
export interface Progress {
  readonly step: number;
  readonly tokens: number;
  /** Matrix work so far, FLOPs. */
  readonly flops: number;
  /** Wall seconds of training so far, without evaluation and snapshots, over all sessions. */
  readonly seconds: number;
}

export const noProgress: Progress = { step: 0, tokens: 0, flops: 0, seconds: 0 };

export interface LoopOptions {
  readonly trainer: Pick<
    Trainer,
    "tokensPerStep" | "batchesPerStep" | "flopsPerStep" | "advance" | "step" | "evaluate" | "state"
  >;
  readonly schedule: Schedule;
  /** Tokens of this stage; the last step may read past them by less than a step. */
  readonly totalTokens: number;
  /** Called after each row with a held-out loss; true ends the stage there, before `totalTokens`. */
  readonly ends?: () => boolean;
  /** Where to start: at `noProgress` (default), or at a snapshot's progress. */
  readonly from?: Progress;
  /**
   * Returns the micro-batch that starts at token `position` of this stage. It must be a pure function, so that a
   * resumed run reads what an uninterrupted one would.
   */
  readonly batchAt: (position: number) => Int32Array;
  readonly heldOut?: {
    /** Tokens between measurements. The loss is also measured before the first step and after the last. */
    readonly everyTokens: number;
    readonly batches: () => Iterable<Int32Array>;
  };
  readonly snapshot?: {
    /** Wall seconds between snapshots, to a step or two; one is also taken when the loop is interrupted. */
    readonly everySeconds: number;
    readonly save: (state: TrainingState, progress: Progress) => Promise<void>;
    /** How many extra snapshots were requested so far. */
    readonly requests?: () => number;
  };
  readonly onMetrics?: (row: MetricsRow) => void | Promise<void>;
  /** Gets the held-out loss before the stage's first step: of random weights, or right after growth. */
  readonly onStart?: (heldOutLoss: number) => void | Promise<void>;
  /**
   * Called once, before the last step, while no step is running, e.g. to compile the next stage: a device does one
   * thing at a time. Its duration counts toward no step's time.
   */
  readonly beforeLastStep?: () => Promise<void>;
  /** Ends the loop, with a snapshot, after the steps that are running (two at most). */
  readonly signal?: AbortSignal;
  /** Resident bytes of the process, where the platform reports them. */
  readonly memoryBytes?: () => number;
}

export interface LoopResult {
  readonly reason: "done" | "interrupted";
  readonly progress: Progress;
}

/** A step that was handed to the trainer. */
interface Step {
  /** The stage's progress after it, except the time. */
  readonly after: Omit<Progress, "seconds">;
  readonly lr: number;
  /** When its preparation began, ms of `performance.now`. */
  readonly began: number;
  /** Its result, and when that arrived. */
  readonly done: Promise<StepResult & { readonly at: number }>;
}

/**
 * Runs the stage to its end, or until `signal`. The next step is handed over before the loop waits for this one's loss,
 * except where something needs the state between the two: held-out loss, a snapshot, `beforeLastStep`. No step is
 * running once the returned promise has settled.
 * @throws CambiumError `E_DIVERGED` when the loss, the gradient's norm or the held-out loss is not finite. The step
 * then has no metrics row and no snapshot. A skipped step does not count as diverged while the loss scale can still
 * fall.
 */
export async function trainLoop(options: LoopOptions): Promise<LoopResult> {
  const { trainer, totalTokens, heldOut, snapshot, signal } = options;
  let progress = options.from ?? noProgress;
  let [saved, last] = [performance.now(), Number.NEGATIVE_INFINITY];
  const requests = () => snapshot?.requests?.() ?? 0;
  let answered = requests();
  let current: Step | undefined;
  let next: Promise<Step> | undefined;

  const isLast = (tokens: number) => tokens + trainer.tokensPerStep >= totalTokens;
  const measures = ({ after: { tokens } }: Step) =>
    heldOut !== undefined &&
    (crosses(tokens - trainer.tokensPerStep, tokens, heldOut.everyTokens) || tokens >= totalTokens);
  const snapshotDue = () =>
    snapshot !== undefined && (performance.now() - saved > snapshot.everySeconds * 1000 || requests() > answered);
  const save = async () => {
    answered = requests();
    await snapshot?.save(await trainer.state(), progress);
    saved = performance.now();
  };
  /** Whether nothing but the next step needs the state after `step`. */
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
      // Measured from when the device became free: time spent waiting for the previous step belongs to that step.
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
        // Two results may arrive closer together than the clock resolves.
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
 * Hands over the stage's next step, and sets the masks to their values after it. A failure, here or in the step,
 * reaches the caller even if the caller awaits the previous step first.
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
  // Mask values depend on the tokens read: whatever follows the step uses the model with the masks it then has.
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
    hint: `lower the learning rate (it was ${lr.toPrecision(3)} here) or lengthen the warm-up, then run again${mixed ? "; f32 has a larger range than f16" : ""}`,
  });
}
