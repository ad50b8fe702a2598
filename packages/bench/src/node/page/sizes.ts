// Training speed and memory of each contestant over model size.
import { type Html, html, linesChart, type Point } from "@cambium/report/page-parts";
import type { Row } from "../../result.js";
import { parametersOf, type StepConfig } from "../../step-config.js";
import type { Contestants } from "./contestants.js";

export async function sizesSection(all: readonly Row[], contestants: Contestants): Promise<Html | null> {
  const rows = all.filter(({ suite, parity }) => suite === "step" && parity.agrees);
  if (rows.length === 0) return null;
  const lines = (of: (row: Row) => number | null) =>
    contestants
      .map(({ name, colour }) => {
        const points = rows.flatMap((row): Point[] => {
          const y = row.backend === name ? of(row) : null;
          return y === null ? [] : [{ x: parameters(row), y }];
        });
        return { colour, points, line: true, dots: true };
      })
      .filter(({ points }) => points.length > 0);
  const text = { x: "parameters", description: winners(rows).join(" ") };
  const speed = await linesChart(
    lines((row) => row.median),
    { ...text, id: "crossover", title: "Tokens per second over model size" },
  );
  const memory = await linesChart(
    lines(({ memory: { resident } }) => resident),
    { ...text, id: "memory", title: "Resident memory over model size", description: "" },
  );
  const told = rows.some(({ memory: { resident } }) => resident !== null);
  return html`<section aria-labelledby="sizes"><h2 id="sizes">Over model size</h2>
  <div class="pair"><figure><figcaption>Training speed <small>tokens per second</small></figcaption>${speed}</figure>
  ${told && html`<figure><figcaption>Memory <small>peak resident bytes of the process</small></figcaption>${memory}</figure>`}</div>
  ${winners(rows).map((line) => html`<p class="note">${line}</p>`)}</section>`;
}

/** Sentences that say which contestant is fastest from which size on. */
export function winners(rows: readonly Row[]): string[] {
  const sizes = [...new Set(rows.map(parameters))].sort((a, b) => a - b);
  const best = sizes.map((size) => {
    const those = rows.filter((row) => parameters(row) === size);
    return those.reduce((a, b) => (b.median > a.median ? b : a)).backend;
  });
  if (new Set(best).size === 1) return [`${best[0]} trains fastest at every size measured.`];
  return best.flatMap((name, i) => {
    if (name === best[i - 1]) return [];
    const from = i === 0 ? "at the smallest size" : `from ${millions(sizes[i] as number)} parameters on`;
    return [`${name} trains fastest ${from}.`];
  });
}

function parameters({ size }: Row): number {
  return parametersOf(size as unknown as StepConfig);
}

function millions(count: number): string {
  return `${Number((count / 1e6).toPrecision(2))} million`;
}
