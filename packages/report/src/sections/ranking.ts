// Operators compared: final loss against connection rate, as a chart and as a table.
import { rankingChart } from "../charts/ranking-chart.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";
import type { Ranking } from "../ranking.js";

export async function rankingSection({ arms, correlation }: Ranking): Promise<Html> {
  return html`<section aria-labelledby="ranking">
  <h2 id="ranking">The operators, ranked</h2>
  <div class="pair">
    <figure><figcaption>Final held-out loss against R<sub>c</sub> <small>nats per token</small></figcaption>${await rankingChart(arms)}</figure>
    <div class="scroll" role="region" aria-labelledby="ranking" tabindex="0"><table>
      <thead><tr><th scope="col">Operator</th><th scope="col">R<sub>c</sub></th><th scope="col">Loss</th><th scope="col">Speed-up</th></tr></thead>
      <tbody>${arms.map(({ arm, operator, kept, pairs, loss, speedup }) => html`<tr><td><span class="swatch ${arm.colour}" aria-hidden="true"></span>${operator}</td><td>${kept}/${pairs}</td><td>${format.loss(loss)}</td><td>${speedup === null ? format.none : format.percent(speedup)}</td></tr>`)}</tbody>
    </table></div>
  </div>
  <p class="note">Every arm grew from the same base and spent the same compute. R<sub>c</sub> counts the neighbouring layers of the
  target that were neighbours in the base${
    correlation !== null &&
    html`; its rank correlation with the final loss is <b>${correlation.toFixed(2).replace("-", "−")}</b> (−1: the higher R<sub>c</sub>, the
  lower the loss, without exception)`
  }. With another seed, neighbours in this table could change places.</p>
</section>`;
}
