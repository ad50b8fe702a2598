// Loss against compute, tokens and wall time, for every arm.
import type { Arm } from "../arms.js";
import { lossChart } from "../charts/loss-chart.js";
import type { Size } from "../charts/render.js";
import { type Html, html, trusted } from "../html.js";
import type { Verdict } from "../verdict.js";

const wide: Size = { width: 868, height: 380, detail: 320, shown: "wide" };
const narrow: Size = { width: 300, height: 280, detail: 160, shown: "narrow" };
const half: Size = { width: 336, height: 240, detail: 160, shown: "any" };

export async function chartsSection(arms: readonly Arm[], verdict: Verdict | null): Promise<Html> {
  const compute = [
    await lossChart(arms, "flops", wide, "loss-flops", verdict),
    await lossChart(arms, "flops", narrow, "loss-flops-narrow", verdict),
  ];
  return html`<section aria-labelledby="curves">
  <h2 id="curves">Loss</h2>
  <ul class="legend">${arms.map(legend)}<li>${key("held-out", "2.5")}held out</li><li>${key("training", "1")}training, smoothed</li>
  ${arms.some((arm) => arm.otherSeeds.length > 0) && html`<li>${key("other-seeds", "1.1")}held out, other seeds</li>`}
  ${arms.some((arm) => arm.growths.length > 0) && html`<li>${key("growth", "1")}the model grows</li>`}</ul>
  <figure><figcaption>Against compute <small>nats per token; base included; the first steps lie above</small></figcaption>${compute}</figure>
  <div class="pair">
    <figure><figcaption>Against tokens</figcaption>${await lossChart(arms, "tokens", half, "loss-tokens", verdict)}</figure>
    <figure><figcaption>Against wall time</figcaption>${await lossChart(arms, "seconds", half, "loss-seconds", verdict)}</figure>
  </div>
</section>`;
}

/** A legend item: an arm's name with its curve's marker. */
export function legend(arm: Arm): Html {
  return html`<li><span class="swatch ${arm.colour}" aria-hidden="true"></span>${arm.name}</li>`;
}

function key(kind: "held-out" | "other-seeds" | "training" | "growth", width: string): Html {
  const dash =
    { growth: ' stroke-dasharray="3 2.5"', "other-seeds": ' stroke-dasharray="5 2.5"' }[kind as string] ?? "";
  const line = kind === "growth" ? "M11 0V14" : "M0 7H22";
  const opacity = kind === "training" ? ' stroke-opacity=".5"' : "";
  return trusted(
    `<svg class="key" viewBox="0 0 22 14" aria-hidden="true"><path d="${line}" stroke="currentColor" stroke-width="${width}"${dash}${opacity}/></svg>`,
  );
}
