// L = E + A·(C / C_ref)^−γ for groups of runs, with E fitted over all groups, for each, for one, or fixed at 0.
import { CambiumError, highest, lowest } from "@cambium/ir";
import { linearFit } from "../least-squares.js";
import { type Estimates, type Interval, intervalOf } from "./bootstrap.js";
import { beyond, fitModel, type ModelFit, type ModelOptions, type Quantity } from "./model.js";
import { gradientLog, type PowerPoint, predictLog } from "./powers.js";
import { byGroup, determined, type FitRow, type Residual, requireDistinct } from "./table.js";

/** How E is fitted: one for all groups, one per group, 0, or that of the named group for all. */
export type Irreducible = "shared" | "free" | "zero" | { readonly group: string };

export interface PowerFitOptions {
  readonly e: Irreducible;
  /** C_ref, the cost at which L = E + A. */
  readonly scale: number;
  /** Huber's delta in ln L. */
  readonly delta: number;
  /** Bootstrap draws. */
  readonly bootstrap: number;
  readonly progress?: ModelOptions["progress"];
}

export interface PowerGroup {
  readonly A: number;
  readonly gamma: number;
  readonly E: number;
  readonly interval: { readonly A: Interval; readonly gamma: Interval; readonly E: Interval };
  readonly runs: number;
  /** Root mean square of the residuals of ln L. */
  readonly rms: number;
  /** Predicted losses beyond the largest run, with intervals. */
  readonly extrapolation: readonly { readonly compute: number; readonly loss: number; readonly interval: Interval }[];
}

export interface PowerFit {
  readonly groups: Readonly<Record<string, PowerGroup>>;
  readonly residuals: readonly Residual[];
  readonly warnings: readonly string[];
}

/** Initial values of E, as shares of the lowest loss. */
const tried = [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995];
/** An E below this share of the lowest loss counts as 0: the runs show no floor. */
const negligible = 1e-3;
/** A γ below this is none: ten times the compute changes the loss by less than the rounding of a table. */
const flat = 1e-6;

/**
 * Minimises the Huber loss on ln L. Rows: x is [C]. A group with too few costs is left out, with a warning.
 * @throws CambiumError `E_SCALING_RANK` if no group has enough costs; `E_SCALING_INPUT` if the group named for E is
 *   missing
 */
export function fitPowerGroups(rows: readonly FitRow[], options: PowerFitOptions): PowerFit {
  const { e } = options;
  const all = byGroup(rows);
  const { groups, warnings } = determined(all, e === "free" ? 3 : 2, "different costs");
  const units = unitsOf(groups, all, options);
  const results = units.map((unit) => unit.result());
  return {
    groups: Object.fromEntries(results.flatMap(({ groups }) => groups)),
    residuals: results.flatMap(({ residuals }) => residuals),
    warnings: [
      ...warnings,
      ...units.flatMap(({ warnings }) => warnings),
      ...results.flatMap(({ groups }) =>
        groups
          .filter(([, { gamma }]) => gamma < flat)
          .map(([name]) => `${name}: the loss does not fall as the compute grows, so this is no scaling law`),
      ),
    ],
  };
}

/** The units of groups that are fitted together. */
function unitsOf(groups: Groups, all: Groups, options: PowerFitOptions): Unit[] {
  const { e } = options;
  const runs = [...groups.values()].reduce((sum, own) => sum + own.length, 0);
  if (e === "shared" && runs < 2 * groups.size + 1) requireDistinct(groups, 3, "different costs in some group");
  if (e === "shared") return [new Unit(groups, options)];
  if (e === "free" || e === "zero")
    return [...groups].map((one) => new Unit(new Map([one]), options, e === "zero" ? noFloor : undefined));
  const named = all.get(e.group);
  if (named === undefined)
    throw new CambiumError("E_SCALING_INPUT", "the group named for E is not in the table", {
      expected: [...all.keys()].join(", "),
      got: e.group,
    });
  requireDistinct(new Map([[e.group, named]]), 3, "different costs");
  const first = new Unit(new Map([[e.group, named]]), options);
  return [...groups].map((one) => (one[0] === e.group ? first : new Unit(new Map([one]), options, first.floor())));
}

type Groups = ReadonlyMap<string, readonly FitRow[]>;

/** A given floor: ln E and its draws. */
interface Floor {
  readonly log: number;
  readonly draws?: readonly number[] | undefined;
}
const noFloor: Floor = { log: Number.NEGATIVE_INFINITY };

/** Groups fitted together. Parameters: ln E, unless it is given; then for each group the term's logarithm and γ. */
class Unit {
  readonly warnings: string[] = [];
  readonly #centre: number;
  #fit: ModelFit;
  #given: Floor | undefined;

  constructor(
    readonly groups: ReadonlyMap<string, readonly FitRow[]>,
    readonly options: PowerFitOptions,
    given?: Floor,
  ) {
    const logs = [...groups.values()].flat().map(costOf).map(Math.log);
    this.#centre = logs.reduce((sum, log) => sum + log, 0) / logs.length;
    this.#given = given;
    this.#fit = this.#run();
    const bottom = lowest([...groups.values()].flat().map(({ y }) => y));
    if (given !== undefined || Math.exp(this.#fit.parameters[0] as number) > negligible * bottom) return;
    this.warnings.push(`${[...groups.keys()].join(", ")}: the runs show no floor, so E is 0`);
    this.#given = noFloor;
    this.#fit = this.#run();
  }

  floor(): Floor {
    if (this.#given !== undefined) return this.#given;
    return {
      log: this.#fit.parameters[0] as number,
      draws: this.#fit.draws.length === 0 ? undefined : this.#fit.draws.map(({ E }) => Math.log(E?.value ?? 0)),
    };
  }

  result(): { groups: [string, PowerGroup][]; residuals: Residual[] } {
    const floor = this.#given === undefined ? undefined : Math.exp(this.#given.log);
    const { estimates, draws, parameters, rms } = this.#fit;
    const read = (name: string) => (estimates[name] as Estimates[string]).value;
    const interval = (name: string, map = (value: number) => value): Interval => {
      const ends = intervalOf(
        estimates[name] as Estimates[string],
        draws.map((draw) => draw[name]),
      );
      return ends && [map(ends[0]), map(ends[1])];
    };
    const results = [...this.groups].map(([name, rows], at): [string, PowerGroup] => {
      const most = highest(rows.map(costOf));
      return [
        name,
        {
          A: Math.exp(read(`A ${at}`)),
          gamma: read(`gamma ${at}`),
          E: floor ?? read("E"),
          interval: {
            A: interval(`A ${at}`, Math.exp),
            gamma: interval(`gamma ${at}`),
            E: floor === undefined ? interval("E", (value) => Math.max(0, value)) : null,
          },
          runs: rows.length,
          rms,
          extrapolation: beyond.map((times) => ({
            compute: times * most,
            loss: Math.exp(read(`beyond ${at} ${times}`)),
            interval: interval(`beyond ${at} ${times}`, Math.exp),
          })),
        },
      ];
    });
    const residuals = [...this.groups.values()].flatMap((rows, at) =>
      rows.map((row) => ({ ...row, fit: Math.exp(predictLog(this.#point(row, at), parameters)) })),
    );
    return { groups: results, residuals };
  }

  #run(): ModelFit {
    const points = [...this.groups.values()].flatMap((rows, at) => rows.map((row) => this.#point(row, at)));
    const { delta, bootstrap, progress } = this.options;
    const name = `power ${[...this.groups.keys()].join(" ")}`;
    return fitModel(
      points,
      this.#starts(),
      this.#quantities(),
      { delta, draws: bootstrap, name, progress },
      this.#given?.draws,
    );
  }

  /** The index of a group's first parameter. */
  #at(group: number): number {
    return (this.#given === undefined ? 1 : 0) + 2 * group;
  }

  #point(row: { readonly x: readonly number[]; readonly y: number }, group: number): PowerPoint {
    const at = this.#at(group);
    const term = { coefficient: at, exponent: at + 1, x: Math.log(row.x[0] as number) - this.#centre };
    const powers = this.#given === undefined ? [{ coefficient: 0, x: 0 }, term] : [term];
    return { powers, fixed: this.#given?.log ?? Number.NEGATIVE_INFINITY, y: Math.log(row.y) };
  }

  /** Initial parameters: for each tried E, the straight lines of ln(L − E) over ln C. */
  #starts(): number[][] {
    const bottom = lowest([...this.groups.values()].flat().map(({ y }) => y));
    const floors = this.#given === undefined ? tried.map((share) => share * bottom) : [Math.exp(this.#given.log)];
    return floors.map((floor) => [
      ...(this.#given === undefined ? [Math.log(floor)] : []),
      ...[...this.groups.values()].flatMap((rows) => {
        const line = linearFit(
          rows.map((row) => [Math.log(costOf(row)) - this.#centre]),
          rows.map(({ y }) => Math.log(Math.max(y - floor, 1e-4 * y))),
          ["ln C"],
        );
        return [line.intercept, -(line.slopes[0] as number)];
      }),
    ]);
  }

  #quantities(): Record<string, Quantity> {
    const found: Record<string, Quantity> = {};
    const size = this.#at(this.groups.size);
    const only = (at: number, value: number) => Array.from({ length: size }, (_, i) => (i === at ? value : 0));
    if (this.#given === undefined)
      found.E = { value: ([e]) => Math.exp(e as number), gradient: ([e]) => only(0, Math.exp(e as number)) };
    const reference = Math.log(this.options.scale) - this.#centre;
    for (const [group, rows] of [...this.groups.values()].entries()) {
      const at = this.#at(group);
      found[`A ${group}`] = {
        value: (p) => (p[at] as number) - (p[at + 1] as number) * reference,
        gradient: () => only(at, 1).map((value, i) => (i === at + 1 ? -reference : value)),
      };
      found[`gamma ${group}`] = { value: (p) => p[at + 1] as number, gradient: () => only(at + 1, 1) };
      const most = highest(rows.map(costOf));
      for (const times of beyond) {
        const point = this.#point({ x: [times * most], y: 1 }, group);
        found[`beyond ${group} ${times}`] = {
          value: (p) => predictLog(point, p),
          gradient: (p) => gradientLog(point, p),
        };
      }
    }
    return found;
  }
}

function costOf({ x }: FitRow): number {
  return x[0] as number;
}
