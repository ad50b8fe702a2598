// One line of metrics.jsonl: what the loop measures in an optimizer step.

/** Wall seconds of the switch to a grown model. */
export interface SwitchSeconds {
  /** Compiling the grown model's graphs. */
  readonly compile: number;
  /** Whether that was done before the previous model's last step, so that the switch did not wait for it. */
  readonly compiledAhead: boolean;
  /** Getting the state to grow from onto the device: 0 if it never left it; in a resumed run, reading its snapshot. */
  readonly download: number;
  /** Growing it on the device, moments included. */
  readonly plan: number;
  /** Handing it to the trainer. */
  readonly upload: number;
}

/** The sum of the parts. */
export function switchTotal({ compile, download, plan, upload }: SwitchSeconds): number {
  return compile + download + plan + upload;
}

/**
 * Metrics of one optimizer step. Counters run within one stage and start at 0: `step`, `tokens`, `flops` and
 * `seconds` are totals since the stage's first step, so an arm's totals are sums over its stages.
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
  /** True if the step's gradients overflowed f16, so that it updated nothing. Absent otherwise. */
  readonly skipped?: boolean;
  /** Training tokens per second over the step, held-out evaluation excluded. */
  readonly tokensPerSecond: number;
  /** FLOPs of training in this stage (exact count of the step graph's matrix work). */
  readonly flops: number;
  /** Wall seconds spent training in this stage, evaluation and snapshots excluded; continues over resumes. */
  readonly seconds: number;
  /** Cost of the growth that the stage began with; on its first row only. */
  readonly switch?: SwitchSeconds;
  /** Resident set size of the process, bytes; absent where the platform does not report it. */
  readonly memoryBytes?: number;
}
