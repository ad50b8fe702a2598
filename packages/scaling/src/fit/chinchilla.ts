// L = E + A/N^α + B/D^β (Hoffmann et al. 2022, approach 3), fitted with the Huber loss on ln L, and by least squares
// with variable projection.

import { lowest } from "@cambium/ir";
import { levenbergMarquardt } from "ml-levenberg-marquardt";
import { linearFit, sumOfSquares } from "../least-squares.js";
import { type Estimates, type Interval, intervalOf, percentiles } from "./bootstrap.js";
import { beyond, fitModel, type ModelOptions, type Quantity } from "./model.js";
import { type PowerPoint, predictLog } from "./powers.js";
import { byGroup, determined, type FitRow, type Residual } from "./table.js";

export interface SurfaceFitOptions {
  /** Huber's delta in ln L; 1e-3 in Hoffmann et al. */
  readonly delta: number;
  readonly bootstrap: number;
  readonly progress?: ModelOptions["progress"];
}

export interface Surface {
  readonly A: number;
  readonly B: number;
  readonly E: number;
  readonly alpha: number;
  readonly beta: number;
  /** Exponent of the best N over the budget, β / (α + β). */
  readonly a: number;
}

export interface SurfaceGroup extends Surface {
  readonly interval: Readonly<Record<keyof Surface, Interval>>;
  readonly runs: number;
  /** Root mean square of the residuals of ln L. */
  readonly rms: number;
  /** Predicted losses beyond the largest run, at C = 6ND with the best N and D, with intervals. */
  readonly extrapolation: readonly { readonly compute: number; readonly loss: number; readonly interval: Interval }[];
  /** The same law by least squares on L, with E, A and B solved for at each α and β. */
  readonly projection: Surface;
}

export interface SurfaceFit {
  readonly groups: Readonly<Record<string, SurfaceGroup>>;
  readonly residuals: readonly Residual[];
  readonly warnings: readonly string[];
}

const exponents = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5];

/**
 * Rows: x is [N, D]. Each group is fitted by itself. With two values of N, or of D, some A and E fit any exponent, so
 * three are needed of each.
 * @throws CambiumError `E_SCALING_RANK` if no group has 5 distinct pairs of N and D, and 3 of each
 */
export function fitSurface(rows: readonly FitRow[], options: SurfaceFitOptions): SurfaceFit {
  const pairs = determined(byGroup(rows), 5, "different pairs of N and D");
  const sizes = determined(pairs.groups, 3, "different N", 0);
  const lengths = determined(sizes.groups, 3, "different D", 1);
  const fits = [...lengths.groups].map(([name, own]) => [name, fitOne(name, own, options)] as const);
  return {
    groups: Object.fromEntries(fits.map(([name, { group }]) => [name, group])),
    residuals: fits.flatMap(([, { residuals }]) => residuals),
    warnings: [pairs, sizes, lengths].flatMap(({ warnings }) => warnings),
  };
}

function fitOne(name: string, rows: readonly FitRow[], { delta, bootstrap, progress }: SurfaceFitOptions) {
  const logs = rows.map(({ x }) => x.map(Math.log));
  const mean = (at: 0 | 1) => logs.reduce((sum, log) => sum + (log[at] as number), 0) / rows.length;
  const centre: Pair = [mean(0), mean(1)];
  const scaled = logs.map(([n, d]): Pair => [(n as number) - centre[0], (d as number) - centre[1]]);
  const y = rows.map((row) => row.y);
  const points = scaled.map(
    ([n, d], i): PowerPoint => ({
      powers: [
        { coefficient: 0, x: 0 },
        { coefficient: 1, exponent: 2, x: n },
        { coefficient: 3, exponent: 4, x: d },
      ],
      fixed: Number.NEGATIVE_INFINITY,
      y: Math.log(y[i] as number),
    }),
  );
  const starts = exponents.flatMap((alpha) =>
    exponents.flatMap((beta) => {
      const solved = project(scaled, y, alpha, beta);
      return solved === null ? [] : [parametersOf(solved, alpha, beta, lowest(y))];
    }),
  );
  const quantities = quantitiesOf(centre);
  const fit = fitModel(points, starts, quantities, { delta, draws: bootstrap, name: `surface ${name}`, progress });
  const { estimates, draws, parameters, rms } = fit;
  const interval = (key: keyof Surface, map = (value: number) => value): Interval => {
    const ends = intervalOf(
      estimates[key] as Estimates[string],
      draws.map((draw) => draw[key]),
    );
    return ends && [map(ends[0]), map(ends[1])];
  };
  const group: SurfaceGroup = {
    ...surfaceOf(parameters, centre),
    interval: {
      A: interval("A", Math.exp),
      B: interval("B", Math.exp),
      E: interval("E", (value) => Math.max(0, value)),
      alpha: interval("alpha"),
      beta: interval("beta"),
      a: interval("a"),
    },
    runs: rows.length,
    rms,
    extrapolation: beyond.map((times) => {
      const compute = times * rows.reduce((most, { x }) => Math.max(most, 6 * (x[0] as number) * (x[1] as number)), 0);
      const drawn = draws.map((draw) => bestLossAt(compute, drawnSurface(draw)));
      return { compute, loss: bestLossAt(compute, surfaceOf(parameters, centre)), interval: percentiles(drawn) };
    }),
    projection: bySquares(scaled, y, parameters, centre),
  };
  const residuals = rows.map((row, i) => ({ ...row, fit: Math.exp(predictLog(points[i] as PowerPoint, parameters)) }));
  return { group, residuals };
}

/** The lowest loss at C = 6ND: N = G·(C/6)^(β/(α+β)), G = (αA / βB)^(1/(α+β)) (Hoffmann et al. 2022, eq. 4). */
function bestLossAt(compute: number, { A, B, E, alpha, beta }: Surface): number {
  const N = ((alpha * A) / (beta * B)) ** (1 / (alpha + beta)) * (compute / 6) ** (beta / (alpha + beta));
  return E + A * N ** -alpha + B * (compute / 6 / N) ** -beta;
}

/** The law of a draw, whose A and B are logarithms. */
function drawnSurface(draw: Estimates): Surface {
  const of = (key: keyof Surface) => draw[key]?.value ?? Number.NaN;
  return { A: Math.exp(of("A")), B: Math.exp(of("B")), E: of("E"), alpha: of("alpha"), beta: of("beta"), a: of("a") };
}

type Pair = readonly [number, number];

/** E, A and B by least squares at given exponents; null if they are not determined. */
function project(x: readonly Pair[], y: readonly number[], alpha: number, beta: number) {
  try {
    const rows = x.map(([n, d]) => [Math.exp(-alpha * n), Math.exp(-beta * d)]);
    return linearFit(rows, y, ["N^−α", "D^−β"]);
  } catch {
    return null;
  }
}

function parametersOf(
  { slopes, intercept }: ReturnType<typeof linearFit>,
  alpha: number,
  beta: number,
  lowest: number,
) {
  const log = (value: number | undefined) => Math.log(Math.max(value ?? 0, 1e-3 * lowest));
  return [log(intercept), log(slopes[0]), alpha, log(slopes[1]), beta];
}

/** Variable projection, started from the robust fit: a search over α and β only. */
function bySquares(x: readonly Pair[], y: readonly number[], parameters: readonly number[], centre: Pair): Surface {
  const start = [parameters[2] as number, parameters[4] as number];
  const residuals = (alpha: number, beta: number) => project(x, y, alpha, beta)?.residuals ?? y;
  const { parameterValues } = levenbergMarquardt(
    { x: x.map((_, i) => i), y: x.map(() => 0) },
    ([alpha, beta]) => {
      const all = residuals(alpha as number, beta as number);
      return (i) => all[i] as number;
    },
    {
      initialValues: start,
      gradientDifference: 1e-5,
      centralDifference: true,
      damping: 1e-7,
      errorTolerance: 0,
      maxIterations: 60,
    },
  );
  const better = (a: readonly number[], b: readonly number[]) =>
    sumOfSquares(residuals(a[0] as number, a[1] as number)) < sumOfSquares(residuals(b[0] as number, b[1] as number));
  const [alpha, beta] = (better(parameterValues, start) ? parameterValues : start) as [number, number];
  const solved = project(x, y, alpha, beta);
  return {
    A: (solved?.slopes[0] ?? Number.NaN) * Math.exp(alpha * centre[0]),
    B: (solved?.slopes[1] ?? Number.NaN) * Math.exp(beta * centre[1]),
    E: solved?.intercept ?? Number.NaN,
    ...{ alpha, beta, a: beta / (alpha + beta) },
  };
}

function surfaceOf(parameters: readonly number[], centre: Pair): Surface {
  const [e, a, alpha, b, beta] = parameters as [number, number, number, number, number];
  return {
    A: Math.exp(a + alpha * centre[0]),
    B: Math.exp(b + beta * centre[1]),
    E: Math.exp(e),
    ...{ alpha, beta, a: beta / (alpha + beta) },
  };
}

/** The quantities with standard errors; A and B as logarithms. */
function quantitiesOf([n, d]: Pair): Record<keyof Surface, Quantity> {
  const at = (p: readonly number[], i: number) => p[i] as number;
  return {
    E: { value: (p) => Math.exp(at(p, 0)), gradient: (p) => [Math.exp(at(p, 0)), 0, 0, 0, 0] },
    A: { value: (p) => at(p, 1) + at(p, 2) * n, gradient: () => [0, 1, n, 0, 0] },
    alpha: { value: (p) => at(p, 2), gradient: () => [0, 0, 1, 0, 0] },
    B: { value: (p) => at(p, 3) + at(p, 4) * d, gradient: () => [0, 0, 0, 1, d] },
    beta: { value: (p) => at(p, 4), gradient: () => [0, 0, 0, 0, 1] },
    a: {
      value: (p) => at(p, 4) / (at(p, 2) + at(p, 4)),
      gradient: (p) => {
        const square = (at(p, 2) + at(p, 4)) ** 2;
        return [0, 0, -at(p, 4) / square, 0, at(p, 2) / square];
      },
    },
  };
}
