// The learning rate of a stage as a function of its training tokens: warm-up, decay, and a second warm-up after a
// growth in mid-schedule.
import { CambiumError, type Reason } from "@cambium/ir";
import { type ScheduleName, schedules } from "./schedules/index.js";

export const scheduleNames = Object.keys(schedules) as ScheduleName[];

/** All counts are tokens. */
export interface ScheduleOptions {
  readonly name: ScheduleName;
  /** The schedule's own, e.g. `decay` of `wsd`. Default: none. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Learning rate after warm-up. */
  readonly peak: number;
  /** Linear warm-up from 0. Default 0. */
  readonly warmup?: number;
  /** Final rate and length of a schedule that ends; one that does not end takes neither. Default floor: peak / 10. */
  readonly floor?: number;
  readonly total?: number;
  /** How far into the schedule the stage begins. Default 0: the schedule begins with the stage. */
  readonly position?: number;
  /** Tokens at the stage's beginning over which a factor on the rate rises to 1. Default 0: none. */
  readonly rewarm?: number;
}

/** The learning rate for the step that begins after `tokens` tokens of the stage and reads `stepTokens` more. */
export type Schedule = (tokens: number, stepTokens: number) => number;

/**
 * Warm-ups count the step's own tokens, so that the first step does not run at rate 0: with a warm-up of k steps the
 * i-th step (from 1) has rate peak · min(1, i/k). Decay counts the tokens before the step; past `total` the rate stays.
 * @throws CambiumError `E_SCHEDULE` with every setting that does not make sense.
 */
export function schedule(given: ScheduleOptions): Schedule {
  const { name, options = {}, peak, warmup = 0, position = 0, rewarm = 0 } = given;
  const kind = schedules[name];
  const floor = given.floor ?? peak / 10;
  const span = { warmup, total: given.total ?? Number.POSITIVE_INFINITY };
  const reasons = reasonsAgainst({ ...given, warmup, position, rewarm, floor });
  if (reasons.length > 0)
    throw new CambiumError("E_SCHEDULE", "the learning-rate schedule does not make sense", { reasons });

  const fallen = kind.fallen(span, options);
  return (tokens, stepTokens) => {
    const at = position + tokens;
    const share = fallen(at);
    const planned = at + stepTokens < warmup ? (peak * (at + stepTokens)) / warmup : peak * (1 - share) + floor * share;
    const since = tokens + stepTokens;
    return since < rewarm ? (planned * since) / rewarm : planned;
  };
}

function reasonsAgainst(given: ScheduleOptions & { readonly warmup: number; readonly floor: number }): Reason[] {
  const { name, options = {}, peak, floor, warmup, position = 0, rewarm = 0 } = given;
  const kind = schedules[name];
  const { total = Number.POSITIVE_INFINITY } = given;
  const finite = Number.MAX_VALUE;
  const reasons: Reason[] = [];
  const check = (where: keyof ScheduleOptions, fits: boolean, expected: string) => {
    if (!fits) reasons.push({ where, message: "out of range", expected, got: String(given[where]) });
  };
  check("peak", peak > 0 && peak <= finite, "> 0");
  check("floor", !(peak > 0) || (floor >= 0 && floor <= peak), `in [0, peak], which is ${peak}`);
  if (kind.ends) check("total", total > 0 && total <= finite, "> 0");
  const room = !kind.ends || !(total > 0) ? finite : Math.min(total, finite);
  check(
    "warmup",
    warmup >= 0 && warmup <= room,
    room === finite ? "a finite number ≥ 0" : `in [0, total], which is ${room}`,
  );
  check("position", position >= 0 && position <= finite, "a finite number ≥ 0");
  check("rewarm", rewarm >= 0 && rewarm <= finite, "a finite number ≥ 0");
  return [...reasons, ...kind.reasons({ warmup, total }, options)];
}
