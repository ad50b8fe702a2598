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
  /** Tokens of linear decay at the end of `wsd`. Default a fifth of `totalTokens`, or what the warm-up leaves of it. */
  readonly decayTokens?: number;
}

/** The learning rate for the step that begins after `tokens` tokens of the stage and reads `stepTokens` more. */
export type Schedule = (tokens: number, stepTokens: number) => number;

/**
 * Warm-up counts the step's own tokens, so that its first step does not run at rate 0: with a warm-up of k steps the
 * i-th step (from 1) has rate peak·min(1, i/k). Decay counts tokens before the step; past `totalTokens` the rate stays.
 * @throws CambiumError `E_SCHEDULE` with every setting that does not make sense.
 */
export function schedule(options: ScheduleOptions): Schedule {
  const { kind, peak, totalTokens } = options;
  const floor = options.floor ?? peak / 10;
  const warmup = options.warmupTokens ?? 0;
  const decay = options.decayTokens ?? Math.min(totalTokens / 5, totalTokens - warmup);
  checkSchedule({ kind, peak, floor, warmupTokens: warmup, totalTokens, decayTokens: decay });

  /** How far from `start` to `totalTokens`, in [0, 1]. */
  const along = (tokens: number, start: number) =>
    tokens <= start ? 0 : Math.min(1, (tokens - start) / (totalTokens - start));
  /** How far from the peak to the floor, in [0, 1]; both ends are met exactly. */
  const fallen: Record<ScheduleOptions["kind"], (tokens: number) => number> = {
    constant: () => 0,
    cosine: (tokens) => (1 - Math.cos(Math.PI * along(tokens, warmup))) / 2,
    wsd: (tokens) => along(tokens, totalTokens - decay),
  };
  return (tokens, stepTokens) => {
    const reach = tokens + stepTokens;
    if (reach < warmup) return (peak * reach) / warmup;
    const share = fallen[kind](tokens);
    return peak * (1 - share) + floor * share;
  };
}

function checkSchedule(options: Required<ScheduleOptions>): void {
  const { kind, peak, floor, warmupTokens, totalTokens, decayTokens } = options;
  const finite = Number.MAX_VALUE;
  const reasons: Reason[] = [];
  const check = (where: keyof ScheduleOptions, fits: boolean, expected: string) => {
    if (!fits) reasons.push({ where, message: "out of range", expected, got: String(options[where]) });
  };
  check("peak", peak > 0 && peak <= finite, "> 0");
  check("floor", !(peak > 0) || (floor >= 0 && floor <= peak), `in [0, peak], which is ${peak}`);
  check("totalTokens", totalTokens > 0 && totalTokens <= finite, "> 0");
  const room = kind === "constant" || !(totalTokens > 0) ? finite : totalTokens;
  check(
    "warmupTokens",
    warmupTokens >= 0 && warmupTokens <= room,
    room === finite ? "≥ 0" : `in [0, totalTokens], which is ${room}`,
  );
  const left = totalTokens - warmupTokens;
  const decays = kind !== "wsd" || !(left >= 0) || (decayTokens >= 0 && decayTokens <= left);
  check("decayTokens", decays, `in [0, totalTokens - warmupTokens], which is ${left}`);
  if (reasons.length > 0)
    throw new CambiumError("E_SCHEDULE", "the learning-rate schedule does not make sense", { reasons });
}
