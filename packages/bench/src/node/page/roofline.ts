// A roofline for every contestant: its rows under the roof of its measured peaks (Williams, Waterman & Patterson 2009).
import { highest, lowest } from "@cambium/ir";
import { type Html, html, linesChart, type Point } from "@cambium/report/page-parts";
import type { Row } from "../../result.js";
import { peaksOf } from "../../shares.js";
import type { Contestants } from "./contestants.js";

export async function rooflineSection(rows: readonly Row[], contestants: Contestants): Promise<Html | null> {
  const figures: Html[] = [];
  for (const [i, { name, colour }] of contestants.entries()) {
    const { gemm, stream } = peaksOf(rows, name);
    const points = rows.filter((row) => row.backend === name && row.suite !== "step").flatMap(pointOf);
    if (gemm === null || stream === null || points.length === 0) continue;
    const description = `${points.length} cases under a roof of ${short(gemm)} GFLOPS and ${short(stream)} GB/s.`;
    const chart = await linesChart(
      [
        { colour: "muted", points: roof(gemm, stream, points), line: true, dots: false },
        { colour, points, line: false, dots: true },
      ],
      { id: `roofline-${i}`, title: "Roofline", description, x: "FLOP per byte" },
    );
    figures.push(html`<figure><figcaption>${name} <small>GFLOPS; peaks: ${short(gemm)} GFLOPS of products,
      ${short(stream)} GB/s of memory</small></figcaption>${chart}</figure>`);
  }
  if (figures.length === 0) return null;
  return html`<section aria-labelledby="roofline"><h2 id="roofline">Roofline</h2>
  <div class="pair">${figures}</div>
  <p class="note">Each dot is a case: its floating-point operations per byte of memory traffic, and per second. The roof is made
  of the peaks measured in this run. A case far below it is limited by something else: launches, a single thread, a kernel
  that could be better. Cases whose data stays in the cache may lie above the slope.</p></section>`;
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
