// The claims of the timing study, as pure functions of its tables.
import { fitBudgets, rankCorrelation, studentQuantile } from "@cambium/scaling";
import type { Claim, Table } from "./page.js";
import { below, difference, groupBy, lossOf, said, spread } from "./seeds.js";
import type { Row } from "./sweep.js";

export interface Measured {
  /** Tokens before growth at each budget, and the arm from scratch. */
  readonly when: readonly Row[];
  /** Layers of the base, at the largest budget. */
  readonly factor: readonly Row[];
  /** Two growths instead of one. */
  readonly hops: readonly Row[];
  /** Stacking and interpolation from one base. */
  readonly between: readonly Row[];
  /** Operators of different R_c. */
  readonly ranking: readonly Row[];
}

const grown = (rows: readonly Row[]) => rows.filter(({ arm }) => arm !== "scratch");

/** An IsoFLOP parabola over d at each budget, through all seeds. */
export function bestTimes(when: readonly Row[]) {
  const rows = grown(when).map(({ budget, baseTokens, loss }, i) => ({
    line: i + 2,
    group: String(budget),
    x: [baseTokens ?? Number.NaN],
    y: loss,
  }));
  return fitBudgets(rows, 400);
}

export function timingClaims(measured: Measured): Claim[] {
  return [...whenClaims(measured), factorClaim(measured), ...howClaims(measured)];
}

function whenClaims({ when }: Measured): Claim[] {
  const fit = bestTimes(when);
  const groups = Object.entries(fit.groups);
  const found = groups.map(([budget, { minimum, interval, reason }]) =>
    minimum === null
      ? `${budget} FLOPs: none (${reason ?? ""})`
      : `${budget} FLOPs: ${count(minimum)} tokens${interval.minimum === null ? "" : ` [${interval.minimum.map(count).join(", ")}]`}`,
  );
  const inside = groups.filter(([, { minimum }]) => minimum !== null).length;
  const [low, high] = fit.law?.interval.exponent ?? [Number.NaN, Number.NaN];
  const exponent =
    fit.law === null
      ? ""
      : ` as C^${fit.law.exponent.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`.replaceAll("-", "−");
  return [
    {
      claim: "At a given budget there is a best number d of tokens before growth, neither the least nor the most.",
      source: "Du et al. 2024, section 4.2",
      verdict: inside === groups.length ? "as the paper" : inside > 0 ? "not shown" : "against the paper",
      found: `Bottoms of the parabolas over log d: ${found.join("; ")}.`,
    },
    {
      claim: "The best d falls as the budget rises, at one model size.",
      source: "Du et al. 2024, eq. 2",
      verdict: high < 0 ? "as the paper" : low > 0 ? "against the paper" : "not shown",
      found:
        fit.law === null
          ? "Fewer than two budgets have a best d."
          : `The best d goes${exponent}.${fit.warnings.length > 0 ? " The bottoms lie off the middle of their grids, which biases them." : ""}`,
    },
  ];
}

/** Final losses by the base's layers. */
export function byFactor({ factor, when }: Measured) {
  const scratch = when.filter((row) => row.arm === "scratch" && row.budget === factor[0]?.budget);
  const bases = [...groupBy(factor, (row) => Number(row["model.layers"]))].map(([layers, rows]) => ({ layers, rows }));
  return { scratch, bases };
}

function factorClaim(measured: Measured): Claim {
  const { scratch, bases } = byFactor(measured);
  const of = (layers: number) => bases.find((one) => one.layers === layers)?.rows ?? [];
  const [one, two, four] = [of(1), of(2), of(4)];
  const middle = lossOf(two).mean < lossOf(four).mean ? two : four;
  const worse = difference(middle, one);
  return {
    claim: "A growth factor of 2 to 4 is best; a base of one layer (here a factor of 8) is worse.",
    source: "Du et al. 2024, section 4.3",
    verdict: below(worse),
    found: `The better of factors 2 and 4 minus factor 8: ${said(worse)}. Factor 8 minus scratch: ${said(difference(one, scratch))}.`,
  };
}

function howClaims({ hops, between, ranking, factor }: Measured): Claim[] {
  const one = factor.filter((row) => Number(row["model.layers"]) === 2);
  const hop = difference(one, hops);
  const stack = between.filter(({ arm }) => arm === "grown");
  const interpolated = between.filter(({ arm }) => arm === "interpolation");
  const ordered = ranked(ranking);
  const rho = rankCorrelation(ordered.map(({ rate, loss }) => [rate, loss.mean]));
  return [
    {
      claim: "One hop beats gradual growth (2 → 4 → 8 layers).",
      source: "Du et al. 2024, section 5.1",
      verdict: below(hop),
      found: `One hop minus two hops: ${said(hop)}.`,
    },
    {
      claim: "Stacking beats interpolation.",
      source: "Du et al. 2024, appendix",
      verdict: below(difference(stack, interpolated)),
      found: `Stacking minus interpolation: ${said(difference(stack, interpolated))}.`,
    },
    {
      claim: "The more neighbouring layers a growth keeps together (R_c), the lower its loss.",
      source: "Du et al. 2024, Table 5",
      verdict: !correlated(rho, ordered.length) ? "not shown" : rho < 0 ? "as the paper" : "against the paper",
      found: `Spearman's rank correlation of R_c and mean final loss over ${ordered.length} operators: ${rho === null ? "none" : rho.toFixed(2).replace("-", "−")}.`,
    },
  ];
}

/** Whether the rank correlation of `count` pairs differs from 0 at 5 %, by Student's t. */
function correlated(rho: number | null, count: number): rho is number {
  if (rho === null) return false;
  return Math.abs(rho) * Math.sqrt((count - 2) / (1 - rho * rho)) > studentQuantile(0.975, count - 2);
}

/** Operators of the ranking, lowest loss first. */
export function ranked(rows: readonly Row[]) {
  return [...groupBy(rows, ({ arm }) => arm)]
    .map(([arm, own]) => ({ arm, rate: own[0]?.connectionRate ?? Number.NaN, loss: lossOf(own), rows: own }))
    .sort((a, b) => a.loss.mean - b.loss.mean);
}

export function whenTable({ when }: Measured): Table {
  const groups = groupBy(when, (row) => `${row.budget} ${row.arm === "scratch" ? "scratch" : row["growth.0.at"]}`);
  const distinct = new Map(
    [...groups].map(([key, rows]) => [key, [...new Map(rows.map((row) => [row.seed, row])).values()]]),
  );
  return {
    title: "When to grow",
    head: ["Budget, FLOPs", "Tokens before", "Share after", "Final held-out loss"],
    rows: [...distinct.values()].map((rows) => {
      const [first] = rows;
      return [
        String(first?.budget ?? ""),
        first?.baseTokens == null ? "from scratch" : count(first.baseTokens),
        first?.share == null ? "" : first.share.toFixed(2),
        spread(lossOf(rows)),
      ];
    }),
    note: "Mean ± deviation between seeds [95 % interval of the mean].",
  };
}

export function count(value: number): string {
  return value >= 1e6 ? `${(value / 1e6).toPrecision(3)}M` : `${(value / 1e3).toPrecision(3)}k`;
}
