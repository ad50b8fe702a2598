// The arms of a run with their stages laid end to end: every row has the cost since the arm's first step.
import type { GrowthRecord, StageDepth, StageEvaluation, StageManifest } from "@cambium/run-format";
import type { RunRecord } from "@cambium/run-format/node";
import type { CurvePoint } from "@cambium/scaling";
import type { MetricsRow } from "@cambium/train";

/** The costs that a curve can be drawn against. */
export const costs = ["flops", "tokens", "seconds"] as const;
export type Cost = (typeof costs)[number];

/** A metrics row whose `tokens`, `flops` and `seconds` count from the arm's start; `step` counts within the stage. */
export type ArmRow = MetricsRow;

export interface ArmStage {
  readonly manifest: StageManifest;
  /** A long stage is thinned, keeping the extremes. */
  readonly rows: readonly ArmRow[];
  /** How many rows the stage wrote, and how many of them skipped their step. */
  readonly counted: { readonly rows: number; readonly skipped: number };
  /** The final model's results on tasks. */
  readonly evaluation?: StageEvaluation;
  /** How much of its depth the final model uses. */
  readonly depth?: StageDepth;
  /** Spent before the stage's first step: earlier stages and, in seconds, the growth itself. */
  readonly before: Readonly<Record<Cost, number>>;
}

export interface Arm {
  readonly name: string;
  /** CSS class of the arm's colour and marker: `grown`, `scratch`, `other-1` … */
  readonly colour: string;
  /** Stages that have started; at least one. */
  readonly stages: readonly ArmStage[];
  /** The last started stage. */
  readonly target: StageManifest;
  /** The arm has grown or will grow. */
  readonly grows: boolean;
  /** The growths so far, each with the stage that it started. */
  readonly growths: readonly {
    readonly record: GrowthRecord;
    readonly base: StageManifest | undefined;
    readonly stage: ArmStage;
  }[];
  readonly spent: Readonly<Record<Cost, number>>;
  /** Every stage is done. */
  readonly done: boolean;
  /** The same arm with the run's further seeds, as far as they have started; empty for a run with one seed. */
  readonly otherSeeds: readonly Arm[];
}

/** The arms that have started, in the run's order. */
export function layOut(run: RunRecord): Arm[] {
  const taken: string[] = [];
  const others = (run.manifest.seeds ?? []).flatMap((seed) => {
    const other = run.others.get(seed);
    return other ? layOut(other) : [];
  });
  return run.manifest.arms.flatMap(({ name, stages: ids }): Arm[] => {
    const stages: ArmStage[] = [];
    let before: Record<Cost, number> = { flops: 0, tokens: 0, seconds: 0 };
    for (const id of ids) {
      const record = run.stages.get(id);
      if (record === undefined) break;
      const start = { ...before, seconds: before.seconds + (record.manifest.growth?.seconds ?? 0) };
      const rows = record.rows.map((row) => shift(row, start));
      const skipped = rows.filter((row) => row.skipped).length;
      const { manifest, evaluation, depth } = record;
      stages.push({
        ...{ manifest, rows, counted: record.counted ?? { rows: rows.length, skipped }, before: start },
        ...(evaluation && { evaluation }),
        ...(depth && { depth }),
      });
      const last = rows.at(-1);
      before = last === undefined ? start : { flops: last.flops, tokens: last.tokens, seconds: last.seconds };
    }
    const target = stages.at(-1)?.manifest;
    if (target === undefined) return [];
    const growths = stages.flatMap((stage) => {
      const record = stage.manifest.growth;
      return record === undefined ? [] : [{ record, base: run.stages.get(record.from)?.manifest, stage }];
    });
    const grows = ids.length > 1 || growths.length > 0;
    const colour = pickColour(grows ? "grown" : "scratch", taken);
    const done = stages.length === ids.length && stages.every((stage) => stage.manifest.state === "done");
    const otherSeeds = others.filter((arm) => arm.name === name);
    return [{ name, colour, stages, target, grows, growths, spent: before, done, otherSeeds }];
  });
}

/** The measured held-out losses of an arm against one of its costs. */
export function heldOutCurve(arm: Arm, cost: Cost): CurvePoint[] {
  return arm.stages.flatMap((stage) => heldOutRows(stage).map((row) => ({ cost: row[cost], loss: row.heldOutLoss })));
}

/** The rows of a stage with a held-out loss. */
export function heldOutRows(stage: ArmStage): (ArmRow & { readonly heldOutLoss: number })[] {
  return stage.rows.flatMap((row) => (row.heldOutLoss === undefined ? [] : [{ ...row, heldOutLoss: row.heldOutLoss }]));
}

function shift(row: MetricsRow, by: Readonly<Record<Cost, number>>): ArmRow {
  return { ...row, flops: row.flops + by.flops, tokens: row.tokens + by.tokens, seconds: row.seconds + by.seconds };
}

/** Number of `other-N` colours in the style sheet; they repeat. */
const palette = 9;

function pickColour(wanted: string, taken: string[]): string {
  const others = taken.filter((colour) => colour.startsWith("other")).length;
  const colour = taken.includes(wanted) ? `other-${1 + (others % palette)}` : wanted;
  taken.push(colour);
  return colour;
}
