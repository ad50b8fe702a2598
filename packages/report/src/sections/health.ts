// Training health: gradient norm and learning rate of every arm.
import type { Arm } from "../arms.js";
import { gradientNorm, healthChart, learningRate } from "../charts/health-chart.js";
import type { Size } from "../charts/render.js";
import { type Html, html } from "../html.js";
import { legend } from "./charts.js";

const size: Size = { width: 326, height: 170, detail: 200, shown: "any" };

export async function healthSection(arms: readonly Arm[]): Promise<Html> {
  return html`<section aria-labelledby="health">
  <h2 id="health">Training health</h2>
  <ul class="legend">${arms.map(legend)}</ul>
  <div class="pair">
    <figure><figcaption>${gradientNorm.title}</figcaption>${await healthChart(arms, gradientNorm, size, "gradient-norm")}</figure>
    <figure><figcaption>${learningRate.title}</figcaption>${await healthChart(arms, learningRate, size, "learning-rate")}</figure>
  </div>
</section>`;
}
