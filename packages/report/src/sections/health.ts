// Training health: gradient norm and learning rate of every arm; in mixed precision also loss scale and skipped steps.
import type { Arm } from "../arms.js";
import { gradientNorm, healthChart, learningRate, lossScale, type Quantity } from "../charts/health-chart.js";
import type { Size } from "../charts/render.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";
import { legend } from "./charts.js";

const size: Size = { width: 326, height: 170, detail: 200, shown: "any" };

export async function healthSection(arms: readonly Arm[]): Promise<Html> {
  const stages = arms.flatMap((arm) => arm.stages);
  const mixed = stages.some(({ rows }) => rows.some((row) => row.lossScale !== undefined));
  const total = (of: "rows" | "skipped") => stages.reduce((sum, { counted }) => sum + counted[of], 0);
  const figure = async (quantity: Quantity, id: string) =>
    html`<figure><figcaption>${quantity.title}</figcaption>${await healthChart(arms, quantity, size, id)}</figure>`;
  return html`<section aria-labelledby="health">
  <h2 id="health">Training health</h2>
  <ul class="legend">${arms.map(legend)}</ul>
  <div class="pair">
    ${await figure(gradientNorm, "gradient-norm")}
    ${await figure(learningRate, "learning-rate")}
    ${mixed ? await figure(lossScale, "loss-scale") : ""}
  </div>
  ${mixed ? html`<p>${skippedSteps(total("skipped"), total("rows"))}</p>` : ""}
</section>`;
}

function skippedSteps(skipped: number, steps: number): string {
  const share = skipped === 0 ? "" : ` (${format.percent(skipped / steps)})`;
  return `${format.count(skipped)} of ${format.count(steps)} steps${share} were skipped because their gradients overflowed half precision.`;
}
