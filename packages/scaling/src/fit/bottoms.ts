// Fits that use the minimum of a parabola: IsoFLOP grids, the share of tokens after growth, and the timing equation.
import { CambiumError, highest, lowest } from "@cambium/ir";
import { linearFit } from "../least-squares.js";
import { refitTiming, type TimedRun, type TimingRefit } from "../refit.js";
import { type Interval, percentiles } from "./bootstrap.js";
import { fitQuadratic, type Quadratic, whyNoMinimum } from "./quadratic.js";
import { byGroup, determined, type FitRow, type Residual } from "./table.js";

export interface BottomGroup {
  /** The choice with the lowest loss; null if the parabola has no minimum among the choices tried. */
  readonly minimum: number | null;
  readonly loss: number | null;
  /** Half the second derivative of the loss; over log10 of the choice for an IsoFLOP grid. */
  readonly bend: number;
  readonly interval: { readonly minimum: Interval; readonly loss: Interval; readonly bend: Interval };
  readonly runs: number;
  /** Why there is no minimum. */
  readonly reason?: string;
}

export interface BottomFit {
  readonly groups: Readonly<Record<string, BottomGroup>>;
  readonly residuals: readonly Residual[];
  readonly warnings: readonly string[];
}

/** The share of tokens after growth with the lowest loss, by group. Rows: x is [share]. @throws as `fitBottoms` */
export function fitShares(rows: readonly FitRow[], bootstrap: number): BottomFit {
  return withoutFits(fitBottoms(rows, bootstrap, "linear"));
}

export interface BudgetFit extends BottomFit {
  /** Best choice = coefficient · C^exponent; null if fewer than two budgets have a minimum. */
  readonly law: {
    readonly coefficient: number;
    readonly exponent: number;
    readonly interval: { readonly coefficient: Interval; readonly exponent: Interval };
  } | null;
}

/**
 * IsoFLOP grids: the best choice at each budget, and how it grows with the budget (Hoffmann et al. 2022, approach 2).
 * Rows: x is [choice], the group is the budget in FLOPs.
 * @throws CambiumError `E_SCALING_INPUT` for a budget that is not a number; as `fitBottoms`
 */
export function fitBudgets(rows: readonly FitRow[], bootstrap: number): BudgetFit {
  const reasons = rows
    .filter(({ group }) => !(Number(group) > 0))
    .map(({ line, group }) => ({ where: `line ${line}`, message: "not a budget", expected: "FLOPs", got: group }));
  if (reasons.length > 0)
    throw new CambiumError("E_SCALING_INPUT", "an IsoFLOP fit needs its runs grouped by budget", {
      reasons,
      hint: "name the budget column with --group",
    });
  const found = fitBottoms(rows, bootstrap, "log");
  const good = found.fits.filter(({ name }) => found.groups[name]?.minimum != null);
  if (good.length < 2) return { ...withoutFits(found), law: null };
  const logs = good.map(({ name }) => [Math.log10(Number(name))]);
  const line = (bottoms: readonly number[]) => {
    const { slopes, intercept } = linearFit(logs, bottoms, ["log C"]);
    return { exponent: slopes[0] as number, coefficient: 10 ** intercept };
  };
  const draws = drawn(
    good.map(({ fit }) => fit),
    bootstrap,
    line,
  );
  const law = {
    ...line(good.map(({ fit }) => fit.minimum)),
    interval: {
      coefficient: percentiles(draws.map(({ coefficient }) => coefficient)),
      exponent: percentiles(draws.map(({ exponent }) => exponent)),
    },
  };
  return { ...withoutFits(found), law };
}

export interface EquationFit {
  readonly refit: TimingRefit;
  readonly interval: Readonly<Record<keyof TimingRefit["coefficients"], Interval>>;
}

/**
 * Refits the growth-timing equation, log10 d = a·log10 N + b / log10 C + c. Rows: x is [N, C, d].
 * @throws CambiumError as `refitTiming`
 */
export function fitEquation(rows: readonly FitRow[], bootstrap: number): EquationFit {
  const runs = new Map<string, TimedRun>();
  for (const { x, y } of rows) {
    const [parameters, cost, baseTokens] = x as [number, number, number];
    const key = `${parameters} ${baseTokens}`;
    const curve = [...(runs.get(key)?.curve ?? []), { cost, loss: y }].sort((a, b) => a.cost - b.cost);
    // A row at a budget means that its run had grown by then, so the base's cost is not needed.
    runs.set(key, { parameters, baseTokens, baseFlops: Number.MIN_VALUE, curve });
  }
  const budgets = [...new Set(rows.map(({ x }) => x[1] as number))];
  const refit = refitTiming([...runs.values()], budgets);
  const fits = refit.optima.map(({ parameters, flops }) => {
    const own = rows.filter(({ x }) => x[0] === parameters && x[1] === flops);
    const logs = own.map(({ x }) => Math.log10(x[2] as number));
    return fitQuadratic(
      logs,
      own.map(({ y }) => y),
      bootstrap,
      `timing ${parameters} ${flops}`,
    );
  });
  const plane = refit.optima.map(({ parameters, flops }) => [Math.log10(parameters), 1 / Math.log10(flops)]);
  const draws = drawn(fits, bootstrap, (bottoms) => linearFit(plane, bottoms, ["log10 N", "1 / log10 C"]));
  return {
    refit,
    interval: {
      logParameters: percentiles(draws.map(({ slopes }) => slopes[0] as number)),
      inverseLogFlops: percentiles(draws.map(({ slopes }) => slopes[1] as number)),
      constant: percentiles(draws.map(({ intercept }) => intercept)),
    },
  };
}

/** `fit` applied to the minima of each draw in which every parabola has one. */
function drawn<T>(fits: readonly Quadratic[], count: number, fit: (bottoms: readonly number[]) => T): T[] {
  return Array.from({ length: count }, (_, at) => fits.map(({ draws }) => draws[at] ?? Number.NaN))
    .filter((bottoms) => bottoms.every(Number.isFinite))
    .map(fit);
}

interface Fitted extends BottomFit {
  readonly fits: readonly { readonly name: string; readonly fit: Quadratic }[];
}

function withoutFits({ groups, residuals, warnings }: Fitted): BottomFit {
  return { groups, residuals, warnings };
}

/** Fits a parabola to each group. @throws CambiumError `E_SCALING_RANK` if no group has 3 distinct choices */
function fitBottoms(rows: readonly FitRow[], bootstrap: number, axis: "linear" | "log"): Fitted {
  const { groups, warnings } = determined(byGroup(rows), 3, "different choices");
  const [to, back] = axis === "log" ? [Math.log10, (at: number) => 10 ** at] : [(at: number) => at, (at: number) => at];
  const results = [...groups].map(([name, own]) => {
    const x = own.map((row) => to(row.x[0] as number));
    const fit = fitQuadratic(
      x,
      own.map(({ y }) => y),
      bootstrap,
      `${axis} ${name}`,
    );
    const [low, high] = [lowest(x), highest(x)];
    const reason = whyNoMinimum(fit, x);
    const { minimum, loss, bend } = fit.interval;
    const group: BottomGroup = {
      minimum: reason === undefined ? back(fit.minimum) : null,
      loss: reason === undefined ? fit.loss : null,
      bend: fit.bend,
      interval: { minimum: reason === undefined && minimum ? [back(minimum[0]), back(minimum[1])] : null, loss, bend },
      runs: own.length,
      ...(reason === undefined ? {} : { reason }),
    };
    const residuals = own.map((row, i) => ({ ...row, fit: fit.fitted[i] as number }));
    return {
      name,
      fit,
      group,
      residuals,
      warnings: reason ? [`${name}: ${reason}`] : bias(name, fit, low, high, axis),
    };
  });
  return {
    groups: Object.fromEntries(results.map(({ name, group }) => [name, group])),
    residuals: results.flatMap(({ residuals }) => residuals),
    warnings: [...warnings, ...results.flatMap((one) => one.warnings)],
    fits: results.map(({ name, fit }) => ({ name, fit })),
  };
}

/** A minimum further from the middle than this share of half the grid is off centre. */
const offCentre = 0.25;
/** A grid over more than this many powers of ten is wide. */
const wide = 1.5;

/** Loss over log choice is not quite a parabola: off centre or in a wide grid its skew moves the minimum (2603.22339). */
function bias(name: string, { minimum }: Quadratic, low: number, high: number, axis: "linear" | "log"): string[] {
  const off = Math.abs(minimum - (low + high) / 2) / ((high - low) / 2);
  const why = [
    ...(off > offCentre
      ? [`its minimum is ${Math.round(100 * off)} % of the way from the middle of the grid to its edge`]
      : []),
    ...(axis === "log" && high - low > wide ? [`its grid spans a factor of ${Math.round(10 ** (high - low))}`] : []),
  ];
  if (why.length === 0) return [];
  const advice =
    axis === "log"
      ? "; add runs nearer the minimum, or fit all budgets at once with --form chinchilla"
      : "; add runs nearer the minimum";
  return [`${name}: the parabola may be biased: ${why.join(", and ")}${advice}`];
}
