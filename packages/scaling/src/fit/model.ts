// Fits a sum of powers to points, with standard errors and bootstrap draws. Shared by the power law and Hoffmann's law.
import { euclidean } from "@cambium/ir";
import { type Estimate, type Estimates, resampler } from "./bootstrap.js";
import { errorOf, spreadOf } from "./covariance.js";
import { fitRobust, gradientLog, huberLoss, type PowerPoint, predictLog } from "./powers.js";

/** A function of the parameters, with its gradient. */
export interface Quantity {
  readonly value: (parameters: readonly number[]) => number;
  readonly gradient: (parameters: readonly number[]) => readonly number[];
}

export interface ModelFit {
  readonly parameters: readonly number[];
  readonly estimates: Estimates;
  /** The estimates of each bootstrap draw. */
  readonly draws: readonly Estimates[];
  /** Root mean square of the residuals of ln L. */
  readonly rms: number;
}

export interface ModelOptions {
  /** Huber's delta in ln L. */
  readonly delta: number;
  readonly draws: number;
  /** Seeds the random numbers. */
  readonly name: string;
  /** Called after each draw. */
  readonly progress?: ((done: number) => void) | undefined;
}

/** Multiples of the largest budget at which a law is extrapolated. */
export const beyond = [2, 4, 10];

/** How many of the best starts are refined to convergence. */
const refined = 4;
/** With more points, about this many evenly spread ones select the best start, which all points then refine. */
const enoughToChoose = 2000;

/**
 * Fits from the best of several starts; draws start from the fit of the table itself.
 * @param starts initial parameters, in any order
 * @param fixed ln of the constant term for each draw, if it comes from draws of another fit
 */
export function fitModel(
  points: readonly PowerPoint[],
  starts: readonly (readonly number[])[],
  quantities: Readonly<Record<string, Quantity>>,
  { delta, draws, name, progress }: ModelOptions,
  fixed?: readonly number[],
): ModelFit {
  const parameters = bestFit(points, starts, delta);
  const fitted = points.map((point) => predictLog(point, parameters));
  const spread = spreadOf(points.map((point) => gradientLog(point, parameters)));
  const measured = points.map(({ y }) => y);
  const draw = resampler(fitted, measured, spread.leverages, name);
  const made: Estimates[] = [];
  const count = points.length > parameters.length && spread.inverse !== undefined ? draws : 0;
  for (let at = 0; at < count; at++) {
    const drawn = draw(at).map((y, i) => ({
      ...(points[i] as PowerPoint),
      y,
      ...(fixed && { fixed: fixed[at] as number }),
    }));
    made.push(estimate(drawn, fitRobust(drawn, parameters, { delta, rounds: 60, settled: 1e-8 }), quantities));
    progress?.(at + 1);
  }
  const rms = euclidean(measured.map((y, i) => y - (fitted[i] as number))) / Math.sqrt(points.length);
  return { parameters, estimates: estimate(points, parameters, quantities), draws: made, rms };
}

function bestFit(points: readonly PowerPoint[], starts: readonly (readonly number[])[], delta: number): number[] {
  const stride = Math.ceil(points.length / enoughToChoose);
  const few = points.filter((_, i) => i % stride === 0);
  const loss = (parameters: readonly number[]) => huberLoss(few, parameters, delta);
  const fits = starts
    .map((start) => ({ start, loss: loss(start) }))
    .filter((one) => Number.isFinite(one.loss))
    .sort((a, b) => a.loss - b.loss)
    .slice(0, refined)
    .map(({ start }) => fitRobust(few, start, { delta, rounds: 1000 }));
  const best = fits.reduce((best, fit) => (loss(fit) < loss(best) ? fit : best));
  return stride === 1 ? best : fitRobust(points, best, { delta, rounds: 1000, settled: 1e-10 });
}

function estimate(
  points: readonly PowerPoint[],
  parameters: readonly number[],
  quantities: Readonly<Record<string, Quantity>>,
): Estimates {
  const spread = spreadOf(points.map((point) => gradientLog(point, parameters)));
  const squares = points.reduce((sum, point) => sum + (point.y - predictLog(point, parameters)) ** 2, 0);
  const sigma = Math.sqrt(squares / (points.length - parameters.length));
  return Object.fromEntries(
    Object.entries(quantities).map(([name, { value, gradient }]): [string, Estimate] => [
      name,
      { value: value(parameters), error: errorOf(gradient(parameters), spread, sigma) },
    ]),
  );
}
