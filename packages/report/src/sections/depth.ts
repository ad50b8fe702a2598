// How much of their depth the final models use: the logit lens, and the loss without each layer. It explains results,
// and does not rank arms.
import type { StageDepth } from "@cambium/run-format";
import type { Arm } from "../arms.js";
import { linesChart } from "../charts/lines-chart.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";
import { legend } from "./charts.js";

export async function depthSection(arms: readonly Arm[]): Promise<Html | null> {
  const measured = arms.flatMap((arm) => {
    const depth = arm.stages.at(-1)?.depth;
    return depth === undefined ? [] : [{ arm, depth }];
  });
  if (measured.length === 0) return null;
  const chart = (id: string, title: string, of: (depth: StageDepth) => readonly number[], x: string) =>
    linesChart(
      measured.map(({ arm, depth }) => ({
        colour: arm.colour,
        line: true,
        dots: true,
        points: of(depth).map((y, i) => ({ x: i, y })),
      })),
      { id, title, description: measured.map(({ arm, depth }) => summary(arm, depth)).join(" "), x },
      { x: "linear", y: "linear" },
    );
  const lens = await chart(
    "lens",
    "KL of the final prediction to the prediction after each layer",
    ({ lens }) => lens,
    "layers read",
  );
  const ablation = await chart("ablation", "Increase of the loss without a layer", (one) => one.ablation, "layer");
  return html`<section aria-labelledby="depth">
  <h2 id="depth">Depth in use</h2>
  <ul class="legend">${measured.map(({ arm }) => legend(arm))}</ul>
  <div class="pair">
    <figure><figcaption>KL to the final prediction <small>nats, the logit lens</small></figcaption>${lens}</figure>
    <figure><figcaption>Loss without the layer <small>nats more</small></figcaption>${ablation}</figure>
  </div>
  ${measured.map(({ arm, depth }) => html`<p class="note">${summary(arm, depth)}</p>`)}
  <p class="note">Left: KL of the whole model’s prediction to the one that the final norm and head make from the residual stream
  after i layers, as a mean over held-out text. The effective depth is the sum of these values divided by the first: the mean
  layer at which the prediction forms. Right: each layer left out by itself. This explains a result; it does not decide one.</p>
</section>`;
}

function summary({ name }: Arm, { lens, effective, ablation, tokens }: StageDepth): string {
  const layers = lens.length - 1;
  const least = ablation.reduce((best, one, i) => (one < (ablation[best] as number) ? i : best), 0);
  const lightest = layers === 0 ? "" : ` Layer ${least} is missed least: ${format.loss(ablation[least])} nats.`;
  return `${name}: effective depth ${effective.toFixed(2)} of ${format.layers(layers)}, on ${format.count(tokens)} tokens.${lightest}`;
}
