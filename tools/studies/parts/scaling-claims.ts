// The claims of the scaling study, as pure functions of its table.
import { fitPowerGroups, type Interval, type PowerGroup, pairedDifference, seedStatistics } from "@cambium/scaling";
import type { Claim, Table } from "./page.js";
import { below, difference, groupBy, lossOf, said, spread } from "./seeds.js";
import type { Row } from "./sweep.js";

const source = "Du et al. 2024, section 4.1";
const fitting = { delta: 1e-3, bootstrap: 400 } as const;

interface Level {
  readonly parameters: number;
  readonly grown: readonly Row[];
  readonly scratch: readonly Row[];
}

/** By the target's size, smallest first. */
function levels(rows: readonly Row[]): Level[] {
  return [...groupBy(rows, (row) => row.nonEmbeddingParameters)]
    .sort(([a], [b]) => a - b)
    .map(([parameters, own]) => ({
      parameters,
      grown: own.filter(({ arm }) => arm === "grown"),
      scratch: own.filter(({ arm }) => arm === "scratch"),
    }));
}

function fits(rows: readonly Row[]) {
  const middle = Math.exp(rows.reduce((sum, { flops }) => sum + Math.log(flops), 0) / rows.length);
  const points = rows.map(({ arm, flops, loss }, i) => ({ line: i + 2, group: arm, x: [flops], y: loss }));
  const fit = (e: "shared" | "free") => fitPowerGroups(points, { e, scale: middle, ...fitting }).groups;
  return { middle, shared: fit("shared"), free: fit("free") };
}

export function scalingClaims(rows: readonly Row[]): Claim[] {
  const all = levels(rows);
  const largest = all.at(-1) as Level;
  const ends = all.map(({ parameters, grown, scratch }) => ({ parameters, ended: difference(grown, scratch) }));
  const lower = ends.filter(({ ended }) => below(ended) === "as the paper").length;
  const higher = ends.filter(({ ended }) => below(ended) === "against the paper").length;
  const atLargest = difference(largest.grown, largest.scratch);
  const first = all[0] as Level;
  const trend = trendOf(first, largest);
  const { shared, free } = fits(rows);
  const same = orderOf(shared) === orderOf(free);
  return [
    {
      claim: "At equal FLOPs the grown model ends with the lower loss, at every size.",
      source,
      verdict:
        lower === ends.length
          ? "as the paper"
          : higher > 0
            ? "against the paper"
            : lower > 0
              ? "not shown"
              : "no difference",
      found: `Lower at ${lower} of ${ends.length} sizes, higher at ${higher}, no difference that the seeds could show at the others. At the largest: ${said(atLargest)}.`,
    },
    {
      claim: "The speed-up does not fade as models and budgets grow.",
      source,
      verdict: trend.verdict,
      found: trend.found,
    },
    {
      claim: "Both families follow power laws, and the grown one lies below.",
      source: "Du et al. 2024, figure 8",
      verdict:
        lies(shared) && lies(free) ? "as the paper" : lies(shared) || lies(free) ? "not shown" : "against the paper",
      found: `At the middle of the budgets the laws give ${value(shared.grown)} grown and ${value(shared.scratch)} from scratch with a shared E, ${value(free.grown)} and ${value(free.scratch)} with one for each. The grown exponent is ${orderOf(shared)} with a shared E, ${orderOf(free)} with one for each${same ? "" : ": the order depends on the floor, and so says nothing"}.`,
    },
  ];
}

/** Compares the exponents of the two families: no difference if their intervals overlap. */
function orderOf({ grown, scratch }: Readonly<Record<string, PowerGroup>>): string {
  const [one, other] = [grown?.interval.gamma ?? null, scratch?.interval.gamma ?? null];
  if (one !== null && other !== null && one[0] > other[1]) return "larger";
  if (one !== null && other !== null && one[1] < other[0]) return "smaller";
  return "no different beside its interval";
}

/** The law at C_ref. */
function value(group: PowerGroup | undefined): string {
  return group === undefined ? "–" : (group.E + group.A).toFixed(4);
}

function lies(groups: Readonly<Record<string, PowerGroup>>): boolean {
  const at = (group: PowerGroup | undefined) => (group === undefined ? Number.NaN : group.E + group.A);
  return at(groups.grown) < at(groups.scratch);
}

/** Speed-ups of the largest size minus those of the smallest, seed by seed: the same split of the text. */
function trendOf(first: Level, last: Level): Pick<Claim, "verdict" | "found"> {
  const pairs = last.grown.flatMap(({ seed, speedup }): [number, number][] => {
    const before = first.grown.find((row) => row.seed === seed)?.speedup;
    return speedup === null || before == null ? [] : [[100 * speedup, 100 * before]];
  });
  if (pairs.length < 2) return { verdict: "not shown", found: "Too few speed-ups to compare." };
  const of = (at: 0 | 1) => spread(seedStatistics(pairs.map((pair) => pair[at])), 1);
  const { interval, mean, ...change } = pairedDifference(pairs);
  const found = `In per cent: ${of(1)} at the smallest, ${of(0)} at the largest size; the change is ${spread({ ...change, mean, interval }, 1)}.`;
  if (interval === null) return { verdict: "not shown", found };
  return {
    verdict: interval[1] < 0 ? "against the paper" : interval[0] >= 0 ? "as the paper" : "no difference",
    found,
  };
}

export function scalingTables(rows: readonly Row[]): Table[] {
  const { shared, free, middle } = fits(rows);
  const law = (name: string, groups: Readonly<Record<string, PowerGroup>>) =>
    Object.entries(groups).map(([arm, { A, gamma, E, interval, rms }]) => [
      `${arm}, E ${name}`,
      range(A, interval.A),
      range(gamma, interval.gamma),
      name === "free" || arm === Object.keys(groups)[0] ? range(E, interval.E) : E.toFixed(3),
      rms.toExponential(1),
    ]);
  return [
    {
      title: "Ends",
      head: ["Parameters without embeddings", "FLOPs", "Grown", "Scratch", "Difference"],
      rows: levels(rows).map(({ parameters, grown, scratch }) => [
        String(parameters),
        (grown[0]?.flops ?? 0).toExponential(2),
        spread(lossOf(grown), 3),
        spread(lossOf(scratch), 3),
        said(difference(grown, scratch)),
      ]),
      note: "Final held-out loss in nats per token: mean ± deviation between seeds [95 % interval of the mean].",
    },
    {
      title: "Power laws L = E + A·(C / C_ref)^−γ",
      head: ["Law", "A", "γ", "E", "rms of ln L"],
      rows: [...law("shared", shared), ...law("free", free)],
      note: `C_ref = ${middle.toExponential(2)} FLOPs; Huber’s loss of ln L, intervals of 95 % by the bootstrap. Extrapolated to ten times the largest budget with a shared E: ${Object.entries(
        shared,
      )
        .map(([arm, { extrapolation }]) => {
          const far = extrapolation.at(-1);
          return far === undefined ? arm : `${arm} ${range(far.loss, far.interval)}`;
        })
        .join(", ")}.`,
    },
  ];
}

function range(value: number, interval: Interval): string {
  const ends = interval === null ? "" : ` [${interval[0].toPrecision(3)}, ${interval[1].toPrecision(3)}]`;
  return `${value.toPrecision(4)}${ends}`.replaceAll("-", "−");
}
