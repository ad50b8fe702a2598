// What is needed to repeat the run: the machine, the recipe, every held-out measurement, and how the figures are made.

import type { RunRecord } from "@cambium/run-format/node";
import { type Arm, heldOutRows } from "../arms.js";
import { decimate } from "../decimate.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";

export function detailsSection({ manifest, recipe }: RunRecord, arms: readonly Arm[]): Html {
  const { machine, backend, cambium } = manifest;
  const facts: [string, string][] = [
    ["Processor", `${machine.cpu}, ${machine.cores} ${machine.cores === 1 ? "core" : "cores"}`],
    ["Memory", format.bytes(machine.memoryBytes)],
    ["Platform", machine.platform],
    ["Node.js", machine.node],
    ["Backend", `${backend.name} ${backend.version}`],
    ["Computed on", backend.device],
    ["Cambium", cambium],
  ];
  return html`<section aria-labelledby="details">
  <h2 id="details">To repeat it</h2>
  <dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
  ${recipe !== undefined && html`<details><summary>Recipe, every default written out</summary><pre><code>${yaml(recipe)}</code></pre></details>`}
  <details><summary>Every held-out measurement</summary>${measurements(arms)}</details>
  <details><summary>How the figures are made</summary>${method()}</details>
</section>`;
}

/** YAML with keys and comments highlighted. */
function yaml(source: string): Html {
  const lines = source
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, indent = "", key = "", rest = ""] = /^([\s-]*)([\w.-]+:)?(.*)$/.exec(line) ?? [];
      return html`${indent}<b>${key}</b>${rest.trimStart().startsWith("#") ? html`<i>${rest}</i>` : rest}\n`;
    });
  return html`${lines}`;
}

/** Most rows of the measurement table; a longer one is thinned, keeping first, last, lowest and highest. */
const mostMeasurements = 5_000;

function measurements(arms: readonly Arm[]): Html {
  const most = Math.max(4, Math.floor(mostMeasurements / Math.max(1, arms.length)));
  const rows = arms.flatMap((arm) =>
    arm.stages.flatMap((stage) =>
      decimate(heldOutRows(stage), (row) => row.heldOutLoss, most).map(
        (
          row,
        ) => html`<tr><th scope="row">${arm.name}</th><td>${stage.manifest.name}</td><td>${row.step}</td><td>${format.count(row.tokens)}</td>
<td>${format.flops(row.flops)}</td><td>${format.duration(row.seconds)}</td><td>${format.loss(row.heldOutLoss)}</td></tr>`,
      ),
    ),
  );
  const columns = ["Arm", "Stage", "Step", "Tokens", "Compute", "Wall time", "Held-out loss"];
  return html`<div class="scroll" role="region" aria-label="Held-out measurements" tabindex="0"><table>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function method(): Html {
  return html`<div class="prose">
<p>Speed-up at a loss L is the compute the scratch arm spent to reach L, divided by the grown arm's, minus one. The grown arm's
compute includes its base (Du et al. 2024, eq. 48). L is the lowest held-out loss that both arms reach. Each held-out curve is
made monotone by its running minimum and interpolated between measurements in the logarithm of the cost. It is not smoothed. A
negative value means that growing cost more.</p>
<p>Loss is the mean cross entropy in nats per token. Compute counts the floating-point operations of the matrix products in the
forward and backward pass; 1 PFLOP is 10¹⁵ of them. Wall time is training time: it excludes evaluation and snapshots, and
includes the growth itself.</p>
<p>R<sub>c</sub>, the connection rate, is the share of neighbouring layer pairs of the grown model that were neighbours in the base
(Du et al. 2024, eq. 51).</p></div>`;
}
