// The claims of the operators study: our table beside Du et al. 2024, figure 3, and the claims that the figure
// supports.
import { seedStatistics } from "@cambium/scaling";
import type { Claim, Table } from "./page.js";
import { below, difference, lossOf, said, spread } from "./seeds.js";
import type { Row } from "./sweep.js";

/** Rows of both directions, depth and width; each has its own arm from scratch, with the same target. */
export interface Atomic {
  readonly up: readonly Row[];
  readonly across: readonly Row[];
}

interface PaperRow {
  readonly name: string;
  readonly arms: keyof Atomic;
  /** The arm's name in a sweep: `grown` for the recipe's own operator, the operator's name for variants. */
  readonly arm: string;
  /** Lambada, ARC-c, ARC-e, LogiQA, PIQA, SciQ, WinoGrande, mean; Wikitext perplexity; loss; speed-up in percent. */
  readonly paper: readonly number[];
}

const paper: readonly PaperRow[] = [
  row("G_direct up (stack)", "up", "grown", [48.2, 29.18, 54.25, 28.87, 71.98, 81.1, 56.03, 52.8, 16.73, 2.151, 49.1]),
  row("G_zero up", "up", "zero-depth", [48.67, 28.32, 51.76, 27.95, 71.81, 81.9, 56.98, 52.48, 17.35, 2.161, 46.6]),
  row(
    "G_random up",
    "up",
    "random-masked",
    [44.14, 28.41, 52.69, 25.96, 70.78, 77.7, 53.35, 50.43, 17.85, 2.258, -25.7],
  ),
  row("G_learn up", "up", "learn", [48.36, 27.38, 51.17, 28.11, 71.16, 80.0, 54.45, 51.52, 16.93, 2.156, 48.6]),
  row("G_direct →", "across", "grown", [46.16, 28.58, 51.55, 27.34, 69.47, 81.4, 54.22, 51.25, 18.03, 2.209, -0.7]),
  row("G_zero →", "across", "zero-width", [44.67, 26.7, 49.7, 25.03, 69.74, 76.0, 54.93, 49.54, 18.76, 2.249, -17.9]),
  row(
    "G_random →",
    "across",
    "random-masked",
    [44.24, 27.64, 53.82, 26.11, 70.13, 79.5, 52.95, 50.63, 18.29, 2.227, -13.8],
  ),
  row("G_learn →", "across", "learn", [45.66, 26.7, 50.37, 26.57, 69.91, 79.5, 53.51, 50.32, 18.44, 2.233, -15.4]),
  row("scratch", "up", "scratch", [47.87, 27.21, 48.86, 25.96, 69.64, 76.8, 54.53, 50.12, 17.98, 2.204, 0]),
];

function row(name: string, arms: keyof Atomic, arm: string, figures: readonly number[]): PaperRow {
  return { name, arms, arm, paper: figures };
}

const benchmarks = ["Lambada", "ARC-c", "ARC-e", "LogiQA", "PIQA", "SciQ", "WinoGrande", "mean", "Wikitext ppl"];

export const figure3: Table = {
  title: "The paper's figure 3",
  head: ["operator", ...benchmarks, "loss", "speed-up, %"],
  rows: paper.map(({ name, paper: figures }) => [name, ...figures.map(String)]),
};

const of = (measured: Atomic, { arms, arm }: PaperRow) => measured[arms].filter((one) => one.arm === arm);

export function atomicTable(measured: Atomic): Table {
  return {
    title: "Here, beside it",
    head: ["operator", "seeds", "loss", "less scratch", "speed-up, %", "paper: loss", "paper: speed-up, %"],
    rows: paper.map((line) => {
      const own = of(measured, line);
      const speed = own.flatMap(({ speedup }) => (speedup === null ? [] : [100 * speedup]));
      const scratch = measured[line.arms].filter(({ arm }) => arm === "scratch");
      return [
        line.name,
        String(own.length),
        own.length > 0 ? spread(lossOf(own)) : "failed",
        line.arm === "scratch" ? "" : said(difference(own, scratch)),
        speed.length > 0 ? spread(seedStatistics(speed), 1) : "",
        String(line.paper.at(-2)),
        String(line.paper.at(-1)),
      ];
    }),
    note: "FLOPs are counted with the base and LiGO's fit. A speed-up is left out where a curve does not reach the loss.",
  };
}

export function atomicClaims(measured: Atomic): Claim[] {
  const [stack, ...others] = paper.filter(({ arm }) => arm !== "scratch") as [PaperRow, ...PaperRow[]];
  const against = (first: PaperRow, second: readonly Row[], claim: string): Claim => {
    const found = difference(of(measured, first), second);
    return { claim, source: "Du et al. 2024, figure 3", verdict: below(found), found: `${said(found)}.` };
  };
  const scratch = (arms: keyof Atomic) => measured[arms].filter(({ arm }) => arm === "scratch");
  return [
    against(stack, scratch("up"), "G_stack ends with a lower loss than training from scratch."),
    ...others.map((one) => against(stack, of(measured, one), `G_stack ends with a lower loss than ${one.name}.`)),
  ];
}
