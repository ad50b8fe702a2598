// A parabola fitted to losses, with its minimum and intervals.
import { highest, lowest } from "@cambium/ir";
import { linearFit, sumOfSquares } from "../least-squares.js";
import { type Estimate, type Estimates, type Interval, intervalOf, resampler } from "./bootstrap.js";
import { errorOf, spreadOf } from "./covariance.js";

export interface Quadratic {
  /** x at the minimum. */
  readonly minimum: number;
  /** y at the minimum. */
  readonly loss: number;
  /** Half the second derivative. */
  readonly bend: number;
  readonly interval: { readonly minimum: Interval; readonly loss: Interval; readonly bend: Interval };
  /** The fitted y of each point. */
  readonly fitted: readonly number[];
  /** The minimum of each draw; NaN if it has none. */
  readonly draws: readonly number[];
}

/**
 * Least squares of y = p₀ + p₁x + p₂x².
 * @param name seeds the bootstrap's random numbers
 * @throws CambiumError `E_SCALING_RANK` for more than 3 points with fewer than 3 distinct x
 */
export function fitQuadratic(x: readonly number[], y: readonly number[], bootstrap: number, name: string): Quadratic {
  const middle = (lowest(x) + highest(x)) / 2;
  const half = (highest(x) - lowest(x)) / 2;
  const u = x.map((at) => (at - middle) / half);
  const rows = u.map((at) => [1, at, at * at]);
  if (x.length > 3)
    linearFit(
      rows.map((row) => row.slice(1)),
      y,
      ["x", "x²"],
    );
  const spread = spreadOf(rows);
  const solve = solver(rows, spread.inverse?.to2DArray() ?? []);
  const estimate = (values: readonly number[]): Estimates => {
    const [p0, p1, p2] = solve(values) as [number, number, number];
    const squares = sumOfSquares(
      values.map((value, i) => value - (p0 + p1 * (u[i] as number) + p2 * (u[i] as number) ** 2)),
    );
    const sigma = Math.sqrt(squares / Math.max(0, values.length - 3));
    const bottom = -p1 / (2 * p2);
    const of = (value: number, gradient: number[]): Estimate => ({ value, error: errorOf(gradient, spread, sigma) });
    return {
      minimum: of(bottom, [0, -1 / (2 * p2), p1 / (2 * p2 * p2)]),
      loss: of(p0 + (p1 * bottom) / 2, [1, bottom, bottom * bottom]),
      bend: of(p2, [0, 0, 1]),
    };
  };
  const found = estimate(y);
  const [p0, p1, p2] = solve(y) as [number, number, number];
  const fitted = u.map((at) => p0 + p1 * at + p2 * at * at);
  const draw = resampler(fitted, y, spread.leverages, name);
  const draws = Array.from({ length: x.length > 3 ? bootstrap : 0 }, (_, at) => estimate(draw(at)));
  const usable = draws.map((one) => ((one.bend?.value ?? 0) > 0 ? one : undefined));
  const interval = (key: string): Interval =>
    intervalOf(
      found[key] as Estimate,
      (key === "bend" ? draws : usable).map((one) => one?.[key]),
    );
  const back = (at: number) => middle + half * at;
  const read = (key: string) => found[key]?.value ?? Number.NaN;
  const [minimum, bend] = [interval("minimum"), interval("bend")];
  return {
    minimum: back(read("minimum")),
    loss: read("loss"),
    bend: read("bend") / half ** 2,
    interval: {
      minimum: minimum && [back(minimum[0]), back(minimum[1])],
      loss: interval("loss"),
      bend: bend && [bend[0] / half ** 2, bend[1] / half ** 2],
    },
    fitted,
    draws: usable.map((one) => back(one?.minimum?.value ?? Number.NaN)),
  };
}

/** Why the parabola has no usable minimum; undefined if it has one. @param x as it was fitted to */
export function whyNoMinimum({ bend, minimum }: Quadratic, x: readonly number[]): string | undefined {
  if (!(bend > 0)) return "the losses do not bend upwards";
  if (minimum < lowest(x) || minimum > highest(x)) return "the minimum lies outside the choices tried";
  return undefined;
}

/** (JᵀJ)⁻¹Jᵀ y. */
function solver(rows: readonly (readonly number[])[], inverse: readonly (readonly number[])[]) {
  const weights = inverse.map((line) =>
    rows.map((row) => row.reduce((sum, value, i) => sum + value * (line[i] as number), 0)),
  );
  return (y: readonly number[]) =>
    weights.map((line) => line.reduce((sum, weight, i) => sum + weight * (y[i] as number), 0));
}
