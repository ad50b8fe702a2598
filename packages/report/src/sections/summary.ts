// The arms side by side: model, cost and losses. One column per arm, so that it fits a phone.
import { summarizeArm } from "../arm-summary.js";
import type { Arm, ArmStage } from "../arms.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";

/** With more columns the table scrolls sideways, and the row labels stay in view. */
const columnsThatFit = 3;

export function summarySection(arms: readonly Arm[]): Html {
  const scratch = arms.find((arm) => !arm.grows);
  const columns = arms.map((arm) => ({ arm, ...summarizeArm(arm, scratch) }));
  const rows: [string, (column: (typeof columns)[number]) => string | Html][] = [
    ["Model", ({ arm, layers }) => `${format.layers(layers)} × ${arm.target.model.hidden}`],
    ["Stages", ({ arm }) => html`${arm.stages.map(stageLine)}`],
    ["Parameters", ({ parameters }) => format.count(parameters)],
    ["… without embeddings", ({ nonEmbeddingParameters }) => format.count(nonEmbeddingParameters)],
    ["Tokens", ({ spent }) => format.count(spent.tokens)],
    ["Compute", ({ spent }) => format.flops(spent.flops)],
    ["Wall time", ({ spent }) => format.duration(spent.seconds)],
    [
      "Tokens per second",
      ({ arm }) => html`${arm.stages.map((stage) => throughputLine(stage, arm.stages.length > 1))}`,
    ],
    ["Peak memory", ({ arm }) => peakMemory(arm)],
    ["Final held-out loss", ({ finalHeldOutLoss }) => html`<b>${format.loss(finalHeldOutLoss)}</b>`],
    ["Lowest held-out loss", ({ lowestHeldOutLoss }) => format.loss(lowestHeldOutLoss)],
    [
      "Speed-up",
      ({ arm, speedup }) => (arm === scratch ? "reference" : speedup === null ? format.none : format.percent(speedup)),
    ],
  ];
  return html`<section aria-labelledby="arms">
  <h2 id="arms">The arms</h2>
  <div class="scroll" role="region" aria-labelledby="arms" tabindex="0"><table class="${arms.length > columnsThatFit ? "summary many" : "summary"}">
    <thead><tr><td></td>${arms.map((arm) => html`<th scope="col"><span class="swatch ${arm.colour}" aria-hidden="true"></span>${arm.name}</th>`)}</tr></thead>
    <tbody>${rows.map(([label, cell]) => html`<tr><th scope="row">${label}</th>${columns.map((column) => html`<td>${cell(column)}</td>`)}</tr>`)}</tbody>
  </table></div>
  ${arms.flatMap(troubles).map((trouble) => html`<p class="warning">${trouble}</p>`)}
</section>`;
}

function stageLine({ manifest, rows, before }: ArmStage): Html {
  const done = (rows.at(-1)?.tokens ?? before.tokens) - before.tokens;
  const progress =
    manifest.state === "done" ? "" : `, ${Math.floor((100 * done) / Math.max(1, manifest.tokens))} % done`;
  return html`<span class="line">${manifest.name}: ${format.layers(manifest.model.layers)}, ${format.count(manifest.tokens)} tokens${progress}</span>`;
}

function throughputLine({ manifest, rows }: ArmStage, named: boolean): Html {
  const speeds = rows
    .map((row) => row.tokensPerSecond)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const median = speeds[Math.floor(speeds.length / 2)];
  return html`<span class="line">${named && `${manifest.name}: `}${median === undefined ? format.none : format.count(Math.round(median))}</span>`;
}

function peakMemory(arm: Arm): string {
  const seen = arm.stages.flatMap((stage) => stage.rows.flatMap((row) => row.memoryBytes ?? []));
  return seen.length === 0 ? format.none : format.bytes(seen.reduce((most, value) => Math.max(most, value), 0));
}

function troubles(arm: Arm): string[] {
  return arm.stages.flatMap(({ manifest, rows }) => {
    const lost = rows.find((row) => !Number.isFinite(row.loss));
    return lost === undefined
      ? []
      : [`${arm.name}: from step ${lost.step} of ${manifest.name} on, the training loss was not a number.`];
  });
}
