// The headline over several seeds: mean, deviation and interval, and whether the arms differ.
import { intervalText, type PairedDifference, type SeedStatistics, statisticsText } from "@cambium/scaling";
import * as format from "../format.js";
import { type Html, html } from "../html.js";
import type { OverSeeds } from "../seeds.js";
import type { Judgement } from "../verdict.js";

/** @param judgement the first seed's: it names the two arms of the headline */
export function seedsSection(seeds: OverSeeds, judgement: Judgement): Html {
  const { planned, done, running } = seeds;
  const names = `${format.list(planned.map(String))}`;
  const sofar = running ? html` ${done.length} of ${planned.length} seeds are done, so this will change.` : null;
  return html`<section class="verdict" aria-labelledby="verdict">
  <h2 id="verdict">Speed-up at equal held-out loss over ${planned.length} seeds${running ? ", so far" : ""}</h2>
  ${headline(seeds, judgement, sofar)}
  ${seeds.arms.length > 0 && armsTable(seeds)}
  ${seeds.differences.length > 0 && differencesTable(seeds)}
  ${done.length > 0 && resultsTable(seeds)}
  <p class="note">Seeds ${names}; ± is the standard deviation between seeds, brackets hold the 95 % interval of the mean (Student’s
  t). Arms are compared seed by seed, on the same split and the same batches, by the paired t-test at 5 %. Everything below
  shows seed ${String(planned[0])}, except that the table of evaluation tasks covers all seeds that are done and the charts of
  the loss have the other seeds as thin dashed lines.</p>
</section>`;
}

function headline(seeds: OverSeeds, { verdict }: Judgement, sofar: Html | null): Html {
  const speedup = seeds.arms.find(({ arm }) => arm === verdict?.grown.name)?.speedup;
  if (verdict === null || !speedup) return html`<p class="lede">There is no speed-up to report yet.${sofar}</p>`;
  const { tone, finding } = judged(speedup);
  const arms = [
    html`<b class="${verdict.grown.colour}">${verdict.grown.name}</b>`,
    html`<b class="${verdict.scratch.colour}">${verdict.scratch.name}</b>`,
  ] as const;
  const share = html`${format.percent(Math.abs(speedup.mean))} ${speedup.mean < 0 ? "less" : "more"} compute`;
  const spent = html`on average, ${arms[1]} spent ${share} than ${arms[0]} (base included) to reach the same held-out loss`;
  return html`<div class="headline">
    <p class="figure ${tone}">${plus(speedup.mean)}${speedup.deviation !== null && html`<small> ± ${points(speedup.deviation)}</small>`}</p>
    <p class="lede">${finding}: ${spent}${intervalText(speedup.interval, plus)}.${sofar}</p>
  </div>`;
}

function judged({ interval, count }: SeedStatistics): { readonly tone: string; readonly finding: string } {
  if (interval === null) return { tone: "even", finding: "One seed, which has no error bar" };
  if (interval[0] > 0) return { tone: "ahead", finding: "Growing paid" };
  if (interval[1] < 0) return { tone: "behind", finding: "Growing did not pay here" };
  return { tone: "even", finding: `Too small a difference for ${count} seeds to show` };
}

function armsTable({ arms }: OverSeeds): Html {
  const rows = arms.map(
    ({ arm, loss, speedup, overScratch }) => html`<tr><th scope="row">${arm}</th>
<td>${statisticsText(loss, format.loss)}</td><td>${speedup ? statisticsText(speedup, plus, points) : format.none}</td>
<td>${overScratch ? difference(overScratch) : "reference"}</td></tr>`,
  );
  return table("Arms over seeds", ["Arm", "Final held-out loss", "Speed-up", "Loss minus scratch’s"], rows);
}

/** Most pairs in the table. */
const mostPairs = 45;

function differencesTable({ differences }: OverSeeds): Html {
  const rows = differences
    .slice(0, mostPairs)
    .map((one) => html`<tr><th scope="row">${one.first}</th><td>${one.second}</td><td>${difference(one)}</td></tr>`);
  return html`<details><summary>Grown arms, against each other</summary>${table("Arms against each other", ["Arm", "minus", "Final held-out loss"], rows)}
  ${differences.length > 1 && html`<p class="note">Of ${String(differences.length)} comparisons at 5 %, about one in twenty shows a difference by chance.</p>`}</details>`;
}

function resultsTable({ results }: OverSeeds): Html {
  const rows = results.map(
    ({ seed, arm, loss, speedup }) => html`<tr><th scope="row">${seed}</th><td>${arm}</td><td>${format.loss(loss)}</td>
<td>${speedup === null ? format.none : plus(speedup)}</td></tr>`,
  );
  return html`<details><summary>Each seed</summary>${table("Each seed", ["Seed", "Arm", "Final held-out loss", "Speed-up"], rows)}</details>`;
}

function table(label: string, columns: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function difference(one: PairedDifference): string {
  const word = one.differs === null ? "one seed" : one.differs ? (one.mean < 0 ? "lower" : "higher") : "no difference";
  return `${word}: ${signed(one.mean)}${intervalText(one.interval, signed)}`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}

function plus(ratio: number): string {
  return `${ratio > 0 ? "+" : ""}${format.percent(ratio)}`;
}

/** A ratio in percentage points, without the unit. */
function points(ratio: number): string {
  return (100 * ratio).toFixed(1);
}
