// When to grow: the growth-timing equation, and a check of where it is valid.
import { CambiumError } from "@cambium/ir";
import { billions, compact } from "@cambium/ir/figures";
import { sixND } from "./flops.js";
import { requirePositive } from "./input.js";

/** Coefficients of log10 d = logParameters · log10 N + inverseLogFlops / log10 C + constant. */
export interface TimingCoefficients {
  readonly logParameters: number;
  readonly inverseLogFlops: number;
  readonly constant: number;
}

/** As fitted by Du et al. 2024, eq. 2, on N of 0.41, 1.1 and 3 B, C of about 0.8e20 to 1.2e21 FLOPs, g = 4. */
export const paperTiming: TimingCoefficients = { logParameters: 0.88, inverseLogFlops: 163.27, constant: -5.74 };

export interface TimingInput {
  /** N, parameters of the target model. */
  readonly parameters: number;
  /** D, tokens of the whole run. Give this or `flops`. */
  readonly tokens?: number;
  /** C, FLOPs of the whole run, base included; C = 6ND. */
  readonly flops?: number;
  /** g, target parameters over base parameters; 4 unless given. Only the validity check uses it. */
  readonly factor?: number;
  /** A refit ({@link refitTiming}) in place of the paper's; the limits on N and C then do not apply. */
  readonly coefficients?: TimingCoefficients;
}

export type Timing =
  | { readonly value: number; readonly valid: true }
  | {
      readonly value: number;
      readonly valid: false;
      /** Why the value must not be used: every violated limit. */
      readonly reason: string;
      /** Tokens to train the base on instead: a tenth of D, the paper's ratio. */
      readonly suggestion: number;
    };

/**
 * d, the tokens to train the base on before growth (Du et al. 2024, eq. 2). For small models or budgets the fit does
 * not apply and asks for more tokens than the run has: `valid` is false for C < 5e19, N < 0.2 B, d > 0.2 D, or a base
 * that would cost more than a tenth of C.
 * @throws CambiumError `E_SCALING_INPUT` unless numbers are positive and exactly one of `tokens`, `flops` is given
 */
export function growthTiming(input: TimingInput): Timing {
  const { parameters, factor = 4, coefficients = paperTiming } = input;
  const flops = budget(input);
  requirePositive({ parameters, flops, factor });
  const tokens = flops / (6 * parameters);
  const value = timingEquation(coefficients, parameters, flops);
  const baseFlops = sixND(parameters / factor, value);
  const limits: [boolean, string][] = [
    [coefficients === paperTiming && flops < 5e19, `the budget of ${flops.toExponential(2)} FLOPs is below 5e19`],
    [coefficients === paperTiming && parameters < 2e8, `${billions(parameters)} parameters are fewer than 200M`],
    [value > 0.2 * tokens, `it is ${share(value / tokens)} the run's tokens, above 20 %`],
    [baseFlops > 0.1 * flops, `the base would cost ${share(baseFlops / flops)} the budget, above 10 %`],
  ];
  const broken = limits.flatMap(([isBroken, reason]) => (isBroken ? [reason] : []));
  return broken.length === 0
    ? { value, valid: true }
    : { value, valid: false, reason: broken.join("; "), suggestion: 0.1 * tokens };
}

/** d from the equation, without the check. */
export function timingEquation(coefficients: TimingCoefficients, parameters: number, flops: number): number {
  const { logParameters, inverseLogFlops, constant } = coefficients;
  return 10 ** (logParameters * Math.log10(parameters) + inverseLogFlops / Math.log10(flops) + constant);
}

function budget({ parameters, tokens, flops }: TimingInput): number {
  if ((tokens === undefined) === (flops === undefined)) {
    throw new CambiumError("E_SCALING_INPUT", "growth timing needs exactly one budget", {
      expected: "either tokens or flops",
      got: tokens === undefined ? "neither" : "both",
    });
  }
  return tokens === undefined ? (flops as number) : sixND(parameters, tokens);
}

/** 0.314 → `31.4 %`, 1240 → `1.24k times`. */
function share(ratio: number): string {
  return ratio < 10 ? `${(100 * ratio).toPrecision(3)} % of` : `${compact(ratio)} times`;
}
