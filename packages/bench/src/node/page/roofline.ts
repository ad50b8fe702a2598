// A roofline for every contestant: its rows under the roof of its measured peaks (Williams, Waterman & Patterson 2009).
import { highest, lowest } from "@cambium/ir";
import { type Html, html, linesChart, type Point } from "@cambium/report/page-parts";
import type { Row } from "../../result.js";
import { peaksOf } from "../../shares.js";
import { type Contestants, colourOf } from "./contestants.js";

export async function rooflineSection(rows: readonly Row[], contestants: Contestants): Promise<Html | null> {
  const figures: Html[] = [];
  const drawn = rows.filter((row) => row.suite !== "step" && pointOf(row).length > 0);
  const kinds = [...new Set(drawn.map(kindOf))].map((kind, i) => ({ kind, colour: colourOf(i) }));
  for (const [i, { name }] of contestants.entries()) {
    const { gemm, stream } = peaksOf(rows, name);
    const own = drawn.filter(({ backend }) => backend === name);
    const points = own.flatMap(pointOf);
    if (gemm === null || stream === null || points.length === 0) continue;
    const description = `${points.length} cases under a roof of ${short(gemm)} GFLOPS and ${short(stream)} GB/s.`;
    const chart = await linesChart(
      [
        { colour: "muted", points: roof(gemm, stream, points), line: true, dots: false },
        ...kinds.map(({ kind, colour }) => {
          const those = own.filter((row) => kindOf(row) === kind).flatMap(pointOf);
          return { colour, points: those, line: false, dots: true };
        }),
      ],
      { id: `roofline-${i}`, title: "Roofline", description, x: "FLOP per byte" },
    );
    figures.push(html`<figure><figcaption>${name} <small>GFLOPS; peaks: ${short(gemm)} GFLOPS of products,
      ${short(stream)} GB/s of memory</small></figcaption>${chart}</figure>`);
  }
  if (figures.length === 0) return null;
  return html`<section aria-labelledby="roofline"><h2 id="roofline">Roofline</h2>
  <ul class="legend">${kinds.map(
    ({ kind, colour }) => html`<li><span class="swatch ${colour}" aria-hidden="true"></span>${kind}</li>`,
  )}</ul>
  <div class="pair">${figures}</div>
  <p class="note">Each dot is a case: its floating-point operations per byte of memory traffic, and per second. The roof is made
  of the peaks measured in this run. A case far below it is limited by something else: launches, a single thread, a kernel
  that could be better. Cases whose data stays in the cache may lie above the slope.</p></section>`;
}

/** A peak is drawn with the suite that it is the peak of. */
function kindOf({ suite }: Row): string {
  return suite.replace(/-peak$/, "");
}

function pointOf({ work: { flops, bytes }, seconds }: Row): Point[] {
  return flops && bytes ? [{ x: flops / bytes, y: flops / seconds / 1e9 }] : [];
}

function roof(gemm: number, stream: number, points: readonly Point[]): Point[] {
  const at = (x: number) => ({ x, y: Math.min(gemm, stream * x) });
  const all = [...points.map(({ x }) => x), gemm / stream];
  return [at(lowest(all) / 1.5), at(gemm / stream), at(highest(all) * 1.5)];
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
