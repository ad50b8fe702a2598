// Learning-rate schedules, as functions of training tokens. A stage has its own, so growth re-warms by starting anew.
import { CambiumError, type Reason } from "@cambium/ir";

export interface ScheduleOptions {
  /** `wsd`: warm-up, stable, decay (Hu et al. 2024, "MiniCPM"). */
  readonly kind: "constant" | "cosine" | "wsd";
  /** Learning rate after warm-up. */
  readonly peak: number;
  /** Learning rate at the end of `cosine` and `wsd`. Default peak / 10. */
  readonly floor?: number;
  /** Tokens of linear warm-up from 0. Default 0. */
  readonly warmupTokens?: number;
  /** Tokens at which `cosine` and `wsd` reach the floor. */
  readonly totalTokens: number;
  /** Tokens of linear decay at the end of `wsd`. Default a fifth of `totalTokens`. */
  readonly decayTokens?: number;
}

/** The learning rate for the step that begins after `tokens` tokens of the stage and reads `stepTokens` more. */
export type Schedule = (tokens: number, stepTokens: number) => number;

/**
 * Warm-up counts the step's own tokens, so that its first step does not run at rate 0: with a warm-up of k steps the
 * i-th step (from 1) has rate peak·min(1, i/k). Decay counts tokens before the step.
 * @throws CambiumError `E_SCHEDULE` with every setting that does not make sense.
 */
export function schedule(options: ScheduleOptions): Schedule {
  const { kind, peak, totalTokens } = options;
  const floor = options.floor ?? peak / 10;
  const warmup = options.warmupTokens ?? 0;
  const decay = options.decayTokens ?? totalTokens / 5;
  const reasons: Reason[] = [];
  const require = (fits: boolean, where: string, expected: string, got: number) => {
    if (!fits) reasons.push({ where, message: "out of range", expected, got: String(got) });
  };
  require(peak > 0 && Number.isFinite(peak), "peak", "> 0", peak);
  require(floor >= 0 && floor <= peak, "floor", `in [0, ${peak}]`, floor);
  require(totalTokens > 0, "totalTokens", "> 0", totalTokens);
  require(warmup >= 0 && (kind === "constant" || warmup <= totalTokens), "warmupTokens", `in [0, ${totalTokens}]`, warmup);
  require(kind !== "wsd" || (decay >= 0 && decay + warmup <= totalTokens), "decayTokens", `in [0, ${totalTokens - warmup}]`, decay);
  if (reasons.length > 0) throw new CambiumError("E_SCHEDULE", "the learning-rate schedule does not make sense", { reasons });

  const after: Record<ScheduleOptions["kind"], (tokens: number) => number> = {
    constant: () => peak,
    cosine: (tokens) => {
      const t = Math.min(1, Math.max(0, tokens - warmup) / Math.max(1, totalTokens - warmup));
      return floor + ((peak - floor) * (1 + Math.cos(Math.PI * t))) / 2;
    },
    wsd: (tokens) => peak - (peak - floor) * Math.min(1, Math.max(0, tokens - (totalTokens - decay)) / Math.max(1, decay)),
  };
  return (tokens, stepTokens) =>
    tokens + stepTokens < warmup ? (peak * (tokens + stepTokens)) / warmup : after[kind](tokens);
}
