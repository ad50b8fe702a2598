// The data of the loss charts: for each arm, held-out measurements and the smoothed training loss, in the axis's unit.
import { extent } from "@cambium/ir";
import { type CurvePoint, lossAtCost, smoothLoss } from "@cambium/scaling";
import { type Arm, type Cost, heldOutCurve } from "../arms.js";
import { sizeChanges } from "../changes.js";
import { decimate } from "../decimate.js";
import { type Unit, unitOf } from "./axis.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly arm: Arm;
  /** All stages in order: growth shows as a jump. */
  readonly heldOut: readonly Point[];
  /** The held-out lines of the run's other seeds. */
  readonly otherSeeds: readonly (readonly Point[])[];
  /** One line per stage. */
  readonly training: readonly (readonly Point[])[];
  /** Where on the x axis the arm grew, and the sizes that changed. */
  readonly growths: readonly { readonly x: number; readonly label: string }[];
}

export interface LossData {
  readonly unit: Unit;
  readonly series: readonly Series[];
  readonly xMax: number;
  /** Lowest and highest loss of the axis; the first steps lie above it. */
  readonly y: readonly [number, number];
}

/** Share of the x axis from which on every arm's held-out loss is inside the chart. */
const opening = 0.08;

/** Most other seeds drawn for an arm. */
const mostSeeds = 20;

/** Most points in all training lines of a chart together. */
const mostPoints = 20_000;

/** @param wanted most points of an arm's training lines; a held-out line may have twice as many */
export function lossData(arms: readonly Arm[], by: Cost, wanted: number): LossData {
  const detail = Math.max(8, Math.min(wanted, Math.floor(mostPoints / Math.max(1, arms.length))));
  const drawn = arms.flatMap((arm) => [arm, ...arm.otherSeeds.slice(0, mostSeeds)]);
  const most = Math.max(extent(drawn.map((arm) => arm.spent[by]))[1], Number.MIN_VALUE);
  const unit = unitOf(by, most);
  const scale = (points: readonly CurvePoint[]) =>
    points.map(({ cost, loss }) => ({ x: cost / unit.divisor, y: loss }));
  const heldOut = (arm: Arm, points: number) =>
    scale(decimate(finite(heldOutCurve(arm, by)), (point) => point.loss, points));
  const series = arms.map(
    (arm): Series => ({
      arm,
      heldOut: heldOut(arm, 2 * detail),
      otherSeeds: arm.otherSeeds.slice(0, mostSeeds).map((other) => heldOut(other, Math.max(8, detail / 2))),
      training: arm.stages.map((stage) => {
        const curve = finite(stage.rows.map((row) => ({ cost: row[by], loss: row.loss })));
        const smooth = smoothLoss(curve, smoothingOf(curve.length));
        return scale(
          decimate(smooth, (point) => point.loss, Math.max(8, Math.round((detail * curve.length) / rowsOf(arm)))),
        );
      }),
      growths: arm.growths.map(({ stage, base, record }) => ({
        x: stage.before[by] / unit.divisor,
        label: sizeChanges(base?.model, stage.manifest.model)[0] ?? record.operator,
      })),
    }),
  );
  return { unit, series, xMax: most / unit.divisor, y: range(arms, series, by, most) };
}

/** Weight of the exponential moving average of training losses, for a window of 1/50 of the stage, at most 50 steps. */
export function smoothingOf(steps: number): number {
  const window = Math.min(50, steps / 50);
  return window <= 1 ? 0 : 1 - 1 / window;
}

function range(arms: readonly Arm[], series: readonly Series[], by: Cost, most: number): [number, number] {
  const drawn = series.flatMap(({ heldOut, otherSeeds, training }) =>
    [heldOut, ...otherSeeds, ...training].flat().map((point) => point.y),
  );
  if (drawn.length === 0) return [0, 1];
  const [low] = extent(drawn);
  const tops = arms.flatMap((arm) => {
    const measured = finite(heldOutCurve(arm, by));
    const curve =
      measured.length > 1
        ? measured
        : finite(arm.stages.flatMap((stage) => stage.rows.map((row) => ({ cost: row[by], loss: row.loss }))));
    return lossAtCost(curve, opening * most) ?? curve[0]?.loss ?? [];
  });
  const high = Math.max(extent(tops)[1], low + 0.01);
  const margin = 0.06 * (high - low);
  return [low - margin, high + margin];
}

function rowsOf(arm: Arm): number {
  return Math.max(
    1,
    arm.stages.reduce((sum, stage) => sum + stage.rows.length, 0),
  );
}

function finite(curve: readonly CurvePoint[]): CurvePoint[] {
  return curve.filter((point) => Number.isFinite(point.loss));
}
