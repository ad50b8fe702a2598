// The page of the timing study.
import { linesChart } from "@cambium/report/page-parts";
import { machineFacts, type Section, studyPage, type Table } from "./page.js";
import { difference, groupBy, lossOf, said, spread } from "./seeds.js";
import { byFactor, type Measured, ranked, timingClaims, whenTable } from "./timing-claims.js";

export async function timingPage(measured: Measured, isFull: boolean): Promise<string> {
  const claims = timingClaims(measured);
  return studyPage({
    title: "When, by how much, and how to grow",
    question: "One target of 8 layers at equal FLOPs, base included; for the ranking, 6 layers grown to 12.",
    facts: [...machineFacts(), isFull ? "full form" : "quick form", "Moby-Dick in bytes"],
    claims,
    sections: [
      await whenSection(measured),
      factorSection(measured),
      howSection(measured),
      await rankingSection(measured),
    ],
  });
}

async function whenSection(measured: Measured): Promise<Section> {
  const budgets = groupBy(
    measured.when.filter(({ arm }) => arm !== "scratch"),
    ({ budget }) => String(budget),
  );
  const names = [...budgets.keys()];
  const colours = names.map((_, i) => (i === 0 ? "grown" : `other-${i}`));
  const series = [...budgets.values()].map((rows, i) => ({
    colour: colours[i] as string,
    line: true,
    dots: true,
    points: [...groupBy(rows, (row) => row["growth.0.at"])].map(([, own]) => ({
      x: own[0]?.baseTokens ?? 0,
      y: lossOf(own).mean,
    })),
  }));
  const description = `${names.length} budgets, five numbers of tokens before growth each.`;
  const svg = await linesChart(
    series,
    { id: "when", title: "Final held-out loss against tokens before growth", description, x: "tokens before growth" },
    { x: "log", y: "linear" },
  );
  const legend = names.map((name, i) => ({ name: `${name} FLOPs`, colour: colours[i] as string }));
  return {
    title: "When: IsoFLOP grids over d",
    text: "Each line is one budget. The parabolas of the claims go through all seeds, over the logarithm of d; on a wide grid, or off its middle, they are biased (arXiv 2603.22339).",
    charts: [{ caption: "Final held-out loss, nats per token", legend, svg }],
    tables: [whenTable(measured)],
  };
}

function factorSection(measured: Measured): Section {
  const { scratch, bases } = byFactor(measured);
  const table: Table = {
    title: "Layers of the base",
    head: ["Base → 8 layers", "Final held-out loss", "Less scratch"],
    rows: bases.map(({ layers, rows }) => [
      `${layers} ${layers === 1 ? "layer" : "layers"}, factor ${8 / layers}`,
      spread(lossOf(rows)),
      said(difference(rows, scratch)),
    ]),
  };
  return { title: "By how much", text: "Every base gets a tenth of the FLOPs.", tables: [table] };
}

function howSection({ hops, between, factor }: Measured): Section {
  const one = factor.filter((row) => Number(row["model.layers"]) === 2);
  const of = (arm: string) => between.filter((row) => row.arm === arm);
  const row = (name: string, rows: Measured["hops"]) => [name, spread(lossOf(rows)), said(difference(rows, one))];
  const table: Table = {
    title: "Ways to 8 layers",
    head: ["Way", "Final held-out loss", "Minus one hop by stacking"],
    rows: [
      ["one hop, 2 → 8", spread(lossOf(one)), "reference"],
      row("two hops, 2 → 4 → 8", hops),
      row("interpolation, 2 → 8", of("interpolation")),
    ],
  };
  return { title: "How", text: "The last growth of each comes after a tenth of the FLOPs.", tables: [table] };
}

async function rankingSection({ ranking }: Measured): Promise<Section> {
  const arms = ranked(ranking);
  const svg = await linesChart(
    [{ colour: "grown", line: false, dots: true, points: arms.map(({ rate, loss }) => ({ x: rate, y: loss.mean })) }],
    {
      id: "ranking",
      title: "Mean final held-out loss against R_c",
      description: `${arms.length} operators; ${arms[0]?.arm ?? ""} ends lowest.`,
      x: "connection rate R_c",
    },
    { x: "linear", y: "linear" },
  );
  const best = arms[0]?.rows ?? [];
  return {
    title: "Which layers: R_c",
    text: "One base of 6 layers, grown to 12 by operators that keep more or fewer neighbouring layers together.",
    charts: [
      { caption: "Final held-out loss, nats per token", legend: [{ name: "an operator", colour: "grown" }], svg },
    ],
    tables: [
      {
        title: "Operators, lowest loss first",
        head: ["Operator", "R_c", "Final held-out loss", "Minus the lowest"],
        rows: arms.map(({ arm, rate, loss, rows }) => [
          arm === "grown" ? "stack" : arm,
          rate.toFixed(3),
          spread(loss),
          rows === best ? "" : said(difference(rows, best)),
        ]),
      },
    ],
  };
}
