// Arms of a run with their stages laid end to end: every point carries what was spent since the arm's first step.
import type { GrowthRecord, StageDepth, StageEvaluation, StageManifest } from "@cambium/run-format";
import type { RunRecord } from "@cambium/run-format/node";
import type { CurvePoint } from "@cambium/scaling";
import type { MetricsRow } from "@cambium/train";

/** What a curve can be drawn against. */
export const costs = ["flops", "tokens", "seconds"] as const;
export type Cost = (typeof costs)[number];

/** A metrics row whose `tokens`, `flops` and `seconds` run over the whole arm; `step` stays the stage's own. */
export type ArmRow = MetricsRow;

export interface ArmStage {
  readonly manifest: StageManifest;
  /** Of a long stage some, the extremes among them. */
  readonly rows: readonly ArmRow[];
  /** Rows that the stage wrote, and how many of them skipped their step. */
  readonly counted: { readonly rows: number; readonly skipped: number };
  /** What the final model did on tasks. */
  readonly evaluation?: StageEvaluation;
  /** How much of its depth the final model uses. */
  readonly depth?: StageDepth;
  /** Spent before the stage's first step: earlier stages and, in seconds, the growth itself. */
  readonly before: Readonly<Record<Cost, number>>;
}

export interface Arm {
  readonly name: string;
  /** Class of the arm's colour and marker in the style sheet: `grown`, `scratch`, `other-1` … */
  readonly colour: string;
  /** Stages that have begun; at least one. */
  readonly stages: readonly ArmStage[];
  /** Of the last stage begun; the model that the arm is after. */
  readonly target: StageManifest;
  /** It has grown, or is to: more than one stage. */
  readonly grows: boolean;
  /** The growths on the way, with the stage each began. */
  readonly growths: readonly {
    readonly record: GrowthRecord;
    readonly base: StageManifest | undefined;
    readonly stage: ArmStage;
  }[];
  readonly spent: Readonly<Record<Cost, number>>;
  /** Every stage is done. */
  readonly done: boolean;
}

/** The arms that have begun, in the run's order. */
export function layOut(run: RunRecord): Arm[] {
  const taken: string[] = [];
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
    return [{ name, colour, stages, target, grows, growths, spent: before, done }];
  });
}

/** Held-out loss of an arm against one of its costs; measurements only. */
export function heldOutCurve(arm: Arm, cost: Cost): CurvePoint[] {
  return arm.stages.flatMap((stage) => heldOutRows(stage).map((row) => ({ cost: row[cost], loss: row.heldOutLoss })));
}

/** The rows of a stage at which held-out loss was measured. */
export function heldOutRows(stage: ArmStage): (ArmRow & { readonly heldOutLoss: number })[] {
  return stage.rows.flatMap((row) => (row.heldOutLoss === undefined ? [] : [{ ...row, heldOutLoss: row.heldOutLoss }]));
}

function shift(row: MetricsRow, by: Readonly<Record<Cost, number>>): ArmRow {
  return { ...row, flops: row.flops + by.flops, tokens: row.tokens + by.tokens, seconds: row.seconds + by.seconds };
}

/** Further colours of the style sheet; they come round again. */
const palette = 9;

function pickColour(wanted: string, taken: string[]): string {
  const others = taken.filter((colour) => colour.startsWith("other")).length;
  const colour = taken.includes(wanted) ? `other-${1 + (others % palette)}` : wanted;
  taken.push(colour);
  return colour;
}
