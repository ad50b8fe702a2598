// The learning rates of an arm's stages. A growth restarts the schedule, or the schedule spans the growth.
import { CambiumError } from "@cambium/ir";
import { type ScheduleOptions, schedules } from "@cambium/train";
import type { GrowthStep, Recipe } from "../schema.js";

/** The part of a stage that schedules depend on. */
export interface TimedStage {
  readonly tokens: number;
  /** Its end, and so its tokens, is decided while it runs. */
  readonly open: boolean;
}

/** The schedule of stage `index` of an arm; growth `i` stands between stages `i` and `i + 1`. */
export function scheduleOf(recipe: Recipe, stages: readonly TimedStage[], index: number): ScheduleOptions {
  const { growth, train } = recipe;
  const first = spanStart(growth, index);
  const after = spanEnd(growth, index);
  const span = stages.slice(first, after);
  const start = growth[first - 1];
  const here = growth[index - 1];
  // The last growth of the span that sets one: a rate holds until another growth changes it or the schedule restarts.
  const peak = growth.slice(Math.max(0, first - 1), index).findLast(({ lr }) => lr !== undefined)?.lr ?? train.lr;
  // Where a schedule is entered in its middle, its own warm-up is over, and the growth's is a new one.
  const entered = start?.rewind ?? 0;
  const warmup = (entered > 0 ? undefined : start?.warmup) ?? train.warmup;
  const position = span.slice(0, index - first).reduce((sum, { tokens }) => sum + tokens, entered);
  const { name, ...options } = train.schedule;
  const rewarm = here?.warmup ?? train.warmup;
  const rewarms = here?.schedule === "rewarm" || here?.schedule === "rewind";
  return {
    name,
    ...(Object.keys(options).length > 0 && { options }),
    peak,
    ...(warmup > 0 && { warmup }),
    ...(schedules[name].ends && {
      floor: Math.min(peak, train.minLr ?? peak / 10),
      total: Math.max(totalOf(recipe, stages, first, after), warmup),
    }),
    ...(position > 0 && { position }),
    ...(rewarms && rewarm > 0 && { rewarm }),
  };
}

/**
 * Where the schedule of the stages from `first` to before `after` ends. One that stops short of the arm's end is
 * planned as for a full run, so that the learning rate has not decayed fully before the growth.
 */
function totalOf({ growth, train }: Recipe, stages: readonly TimedStage[], first: number, after: number): number {
  if (after < stages.length || stages.length === 1) return train.tokens;
  const span = stages.slice(first, after);
  if (span.slice(0, -1).some(({ open }) => open)) {
    throw new CambiumError("E_SCHEDULE", "a schedule that spans a growth has to know when the arm ends", {
      where: `growth.${after - 2}.schedule`,
      got: `schedule: ${train.schedule.name}, and a growth that is decided while training`,
      hint: "schedule: constant, restart at the growth, or a growth at a number or share",
    });
  }
  return span.reduce((sum, { tokens }) => sum + tokens, growth[first - 1]?.rewind ?? 0);
}

function begins(step: GrowthStep | undefined): boolean {
  return step?.schedule === "restart" || step?.schedule === "rewind";
}

/** The stage in which the schedule of stage `index` began. */
function spanStart(growth: readonly GrowthStep[], index: number): number {
  let first = index;
  while (first > 0 && !begins(growth[first - 1])) first--;
  return first;
}

/** The first stage after `index` that has another schedule. */
function spanEnd(growth: readonly GrowthStep[], index: number): number {
  let after = index + 1;
  while (after <= growth.length && !begins(growth[after - 1])) after++;
  return after;
}
