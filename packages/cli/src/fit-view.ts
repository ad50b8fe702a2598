// What `cambium fit` prints.

import type { BottomFit, BudgetFit, EquationFit, Interval, Multiplier, PowerFit, SurfaceFit } from "@cambium/scaling";
import { drawTable } from "./draw-table.js";

export function powerText(
  { groups, warnings }: PowerFit,
  multipliers: Record<string, Multiplier[]> | undefined,
  scale: number,
): string {
  const rows = Object.entries(groups).map(
    ([
      name,
      {
        A,
        gamma,
        E,
        interval,
        runs,
        rms,
        extrapolation: [near],
      },
    ]) => [
      name,
      number(A, interval.A),
      number(gamma, interval.gamma),
      number(E, interval.E),
      `${runs}`,
      digits(rms),
      near ? `${number(near.loss, near.interval)} at ${digits(near.compute)}` : "",
    ],
  );
  const law = `L = E + A·${scale === 1 ? "C" : `(C / ${scale.toExponential()})`}^−γ`;
  const fits = drawTable(["group", "A", "γ", "E", "runs", "rms of ln L", "extrapolated"], rows);
  return joined(law, fits, multipliers && multiplierTable(multipliers), ...notes(warnings));
}

function multiplierTable(multipliers: Record<string, Multiplier[]>): string {
  const rows = Object.entries(multipliers).flatMap(([name, points]) =>
    points.map(({ compute, value, interval = null }) => [
      name,
      digits(compute),
      value === null ? "outside" : `${number(value, interval)} ×`,
    ]),
  );
  return drawTable(["group", "baseline's compute", "multiplier"], rows);
}

export function surfaceText({ groups, warnings }: SurfaceFit): string {
  const beyond = Object.entries(groups).flatMap(([name, { extrapolation }]) =>
    extrapolation.map(({ compute, loss, interval }) => [name, digits(compute), number(loss, interval)]),
  );
  const rows = Object.entries(groups).flatMap(([name, { interval, projection, ...fit }]) => [
    [name, ...surfaceKeys.map((key) => number(fit[key], interval[key])), `${fit.runs}`, digits(fit.rms)],
    ["  by least squares", ...surfaceKeys.map((key) => digits(projection[key])), "", ""],
  ]);
  const head = ["group", "A", "B", "E", "α", "β", "a = β/(α+β)", "runs", "rms of ln L"];
  const further = drawTable(["group", "FLOPs", "loss at the best N and D"], beyond);
  return joined("L = E + A/N^α + B/D^β", drawTable(head, rows), further, ...notes(warnings));
}
const surfaceKeys = ["A", "B", "E", "alpha", "beta", "a"] as const;

export function bottomText({ groups, warnings }: BottomFit, what: string): string {
  const rows = Object.entries(groups).map(([name, { minimum, loss, bend, interval, runs, reason }]) => [
    name,
    minimum === null ? (reason ?? "") : number(minimum, interval.minimum),
    loss === null ? "" : number(loss, interval.loss),
    number(bend, interval.bend),
    `${runs}`,
  ]);
  return joined(drawTable(["group", what, "loss", "bend", "runs"], rows), ...notes(warnings));
}

export function budgetText(fit: BudgetFit): string {
  const { law } = fit;
  const line =
    law &&
    `best = ${number(law.coefficient, law.interval.coefficient)} · C^${number(law.exponent, law.interval.exponent)}`;
  return joined(bottomText(fit, "best choice"), line ?? "no law: fewer than two budgets have a best choice");
}

export function equationText({ refit, interval }: EquationFit): string {
  const { logParameters, inverseLogFlops, constant } = refit.coefficients;
  const rows = [
    ["log10 N", number(logParameters, interval.logParameters), "0.88"],
    ["1 / log10 C", number(inverseLogFlops, interval.inverseLogFlops), "163.27"],
    ["constant", number(constant, interval.constant), "−5.74"],
  ];
  const optima = refit.optima.map((one) => [
    digits(one.parameters),
    digits(one.flops),
    digits(one.baseTokens),
    digits(one.residual),
  ]);
  return joined(
    `log10 d: R² ${refit.r2.toFixed(4)}`,
    drawTable(["of", "fitted", "paper"], rows),
    drawTable(["N", "C", "best d", "residual of log10 d"], optima),
    ...refit.discarded.map(
      ({ parameters, flops, reason }) => `Left out: N ${digits(parameters)}, C ${digits(flops)}: ${reason}`,
    ),
  );
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join("\n");
}

function notes(warnings: readonly string[]): string[] {
  return [
    ...warnings.map((warning) => `Note: ${warning}.`),
    "Square brackets: 95 % intervals by the bootstrap (–: too few runs for one, or no draws).",
  ];
}

function number(value: number, interval: Interval): string {
  return `${digits(value)} ${interval === null ? "[–]" : `[${digits(interval[0])}, ${digits(interval[1])}]`}`;
}

function digits(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3 ? value.toExponential(2) : `${Number(value.toPrecision(4))}`;
}
