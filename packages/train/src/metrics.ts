// One line of metrics.jsonl: what the loop measures in an optimizer step.

/** Wall seconds of the switch to a grown model. */
export interface SwitchSeconds {
  /** Compiling the grown model's graphs. */
  readonly compile: number;
  /** Whether that was done before the last step of the model before it, so that the switch did not wait for it. */
  readonly compiledAhead: boolean;
  /** Getting the state to grow from to the device: nothing where it never left, in a later sitting reading its snapshot. */
  readonly download: number;
  /** Growing it on the device, moments included. */
  readonly plan: number;
  /** Giving it to the trainer. */
  readonly upload: number;
}

/** All of them together. */
export function switchTotal({ compile, download, plan, upload }: SwitchSeconds): number {
  return compile + download + plan + upload;
}

/**
 * Metrics of one optimizer step. Counters run within one stage and start at 0: `step`, `tokens`, `flops` and
 * `seconds` are totals since the stage's first step, so that arms add up over stages.
 */
export interface MetricsRow {
  /** Optimizer steps done, 1 after the first. */
  readonly step: number;
  /** Training tokens read in this stage. */
  readonly tokens: number;
  /** Mean cross entropy over the step's tokens, nats per token. */
  readonly loss: number;
  /** Mean cross entropy on the held-out split, nats per token; only on the rows where it was measured. */
  readonly heldOutLoss?: number;
  readonly lr: number;
  /** Global L2 norm of the gradient before clipping; not finite (in JSON null) for a step that was skipped. */
  readonly gradNorm: number;
  /** In mixed precision, the factor by which the step's loss was multiplied. */
  readonly lossScale?: number;
  /** The step's gradients overflowed f16: it updated nothing. Absent otherwise. */
  readonly skipped?: boolean;
  /** Training tokens per second over the step, held-out evaluation excluded. */
  readonly tokensPerSecond: number;
  /** FLOPs of training in this stage (exact count of the step graph's matrix work). */
  readonly flops: number;
  /** Wall seconds spent training in this stage, evaluation and snapshots excluded; continues over resumes. */
  readonly seconds: number;
  /** What the growth cost that the stage began with; on its first row. */
  readonly switch?: SwitchSeconds;
  /** Resident set size of the process, bytes; absent where the platform does not report it. */
  readonly memoryBytes?: number;
}
