// Losses as sums of powers, L = Σ exp(c − s·x) + E: this covers the power law and Hoffmann's law in N and D.
import { highest } from "@cambium/ir";
import { levenbergMarquardt } from "ml-levenberg-marquardt";

/** One term: c is the parameter with index `coefficient`, s that with index `exponent`; x is a centred log cost. */
export interface Power {
  readonly coefficient: number;
  /** Absent for a constant term. */
  readonly exponent?: number;
  readonly x: number;
}

/** A measurement with its terms. */
export interface PowerPoint {
  readonly powers: readonly Power[];
  /** ln of a constant term that is not fitted; −∞ for none. */
  readonly fixed: number;
  /** ln of the measured loss. */
  readonly y: number;
}

/** ln of the predicted loss. */
export function predictLog({ powers, fixed }: PowerPoint, parameters: readonly number[]): number {
  const logs = powers.map((power) => logOf(power, parameters));
  const most = Math.max(fixed, highest(logs));
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), Math.exp(fixed - most)));
}

/** The derivatives of {@link predictLog} by each parameter. */
export function gradientLog(point: PowerPoint, parameters: readonly number[]): number[] {
  const value = predictLog(point, parameters);
  const gradient = parameters.map(() => 0);
  for (const power of point.powers) {
    const share = Math.exp(logOf(power, parameters) - value);
    gradient[power.coefficient] = (gradient[power.coefficient] as number) + share;
    if (power.exponent !== undefined) gradient[power.exponent] = (gradient[power.exponent] as number) - share * power.x;
  }
  return gradient;
}

function logOf({ coefficient, exponent, x }: Power, parameters: readonly number[]): number {
  return (parameters[coefficient] as number) - (exponent === undefined ? 0 : (parameters[exponent] as number) * x);
}

/** Sum of the Huber loss on ln L: r²/2 up to `delta`, then delta·(|r| − delta/2). */
export function huberLoss(points: readonly PowerPoint[], parameters: readonly number[], delta: number): number {
  return points.reduce((sum, point) => {
    const r = Math.abs(point.y - predictLog(point, parameters));
    return sum + (r <= delta ? (r * r) / 2 : delta * (r - delta / 2));
  }, 0);
}

export interface RobustOptions {
  /** Where the Huber loss changes from quadratic to linear, in ln L. */
  readonly delta: number;
  /** Most rounds of reweighting. */
  readonly rounds: number;
  /** Stops after three rounds that each lower the loss by less than this share; default 1e-13. */
  readonly settled?: number;
}

/** Levenberg-Marquardt steps between two reweightings. */
const stepsPerRound = 4;

/** Minimises the Huber loss from `start`: Levenberg-Marquardt on squares, reweighted by min(1, delta / |r|). */
export function fitRobust(
  points: readonly PowerPoint[],
  start: readonly number[],
  { delta, rounds, settled = 1e-13 }: RobustOptions,
): number[] {
  let best = [...start];
  let least = huberLoss(points, best, delta);
  let still = 0;
  for (let round = 0; round < rounds && still < 3; round++) {
    const weights = points.map((point) => Math.sqrt(Math.min(1, delta / Math.abs(point.y - predictLog(point, best)))));
    const at = (i: number) => points[i] as PowerPoint;
    const { parameterValues } = levenbergMarquardt(
      { x: points.map((_, i) => i), y: points.map(({ y }, i) => y * (weights[i] as number)) },
      (parameters) => (i) => (weights[i] as number) * predictLog(at(i), parameters),
      {
        initialValues: best,
        jacobianFunction: (parameters) => (i) =>
          gradientLog(at(i), parameters).map((value) => value * (weights[i] as number)),
        damping: 1e-7,
        errorTolerance: 0,
        maxIterations: stepsPerRound,
      },
    );
    const loss = huberLoss(points, parameterValues, delta);
    if (!(loss < least)) break;
    still = least - loss < settled * least ? still + 1 : 0;
    least = loss;
    best = [...parameterValues];
  }
  return best;
}
