// The headline: the speed-up at equal held-out loss, in a plain sentence, and what each arm spent.
import type { Arm, Cost } from "../arms.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";
import type { Judgement, Verdict } from "../verdict.js";

/** Speed-ups below this, of one pair of runs, are reported as no difference. */
const negligible = 0.005;

export function verdictSection(judgement: Judgement, running: boolean): Html {
  const { verdict } = judgement;
  if (verdict === null) {
    return html`<section class="verdict" aria-labelledby="verdict">
  <h2 id="verdict">No speed-up to report${running ? " yet" : ""}</h2>
  <p class="lede">${judgement.why}${running ? " The run is in progress." : ""}</p>
</section>`;
  }
  const tone = Math.abs(verdict.speedup) < negligible ? "even" : verdict.speedup > 0 ? "ahead" : "behind";
  return html`<section class="verdict" aria-labelledby="verdict">
  <h2 id="verdict">Speed-up at equal held-out loss${running ? ", so far" : ""}</h2>
  <div class="headline">
    <p class="figure ${tone}">${format.percent(verdict.speedup)}</p>
    <p class="lede">${sentence(verdict, tone)}${tone !== "even" && further(verdict)}${running ? " The run is in progress, so this will change." : ""}</p>
  </div>
  <div class="bars">
    ${bars(verdict, "flops", "Compute", format.flops)}
    ${bars(verdict, "tokens", "Tokens", format.count)}
    ${bars(verdict, "seconds", "Wall time", format.duration)}
  </div>
  <p class="note">What each arm spent to reach a held-out loss of ${format.loss(verdict.loss)} nats per token, the lowest that both
  reach. The fainter part is the base model. This is one run per arm with one seed, so there is no error bar.</p>
</section>`;
}

function sentence({ grown, scratch, loss, speedup }: Verdict, tone: "even" | "ahead" | "behind"): Html {
  const level = html`a held-out loss of <b>${format.loss(loss)}</b>`;
  const arms = [
    html`<b class="${grown.colour}">${grown.name}</b>`,
    html`<b class="${scratch.colour}">${scratch.name}</b>`,
  ] as const;
  if (tone === "even")
    return html`Growing made no difference: ${arms[0]} and ${arms[1]} spent the same compute to reach ${level}.`;
  const share = format.percent(Math.abs(speedup));
  if (tone === "ahead") {
    return html`Growing paid: to reach ${level}, ${arms[1]} spent ${share} more compute than ${arms[0]}, base included.`;
  }
  return html`Growing did not pay here: to reach ${level}, ${arms[1]} spent ${share} less compute than ${arms[0]}, base included.`;
}

/** What the headline must not hide: the arm that was behind at L* came out lower. */
function further({ grown, scratch, beyond }: Verdict): Html | false {
  if (beyond === null) return false;
  const other = beyond.arm === grown ? scratch : grown;
  return html` But <b class="${beyond.arm.colour}">${beyond.arm.name}</b> went on to ${format.loss(beyond.loss)}, which ${other.name} did not reach.`;
}

function bars(verdict: Verdict, by: Cost, title: string, print: (value: number) => string): Html {
  const cost = verdict.cost[by];
  if (cost === null)
    return html`<div class="cost"><h3>${title}</h3><p class="note">The crossing was not measured.</p></div>`;
  const longest = Math.max(cost.grown, cost.scratch);
  const base = Math.min(cost.grown, verdict.grown.growths[0]?.stage.before[by] ?? 0);
  const difference = format.percent(cost.scratch / cost.grown - 1).replace(/^(?=[1-9]|0\.[1-9])/, "+");
  return html`<div class="cost">
  <h3>${title} <span>${difference}</span></h3>
  <dl>${bar(verdict.grown, print(cost.grown), [base / longest, (cost.grown - base) / longest])}
  ${bar(verdict.scratch, print(cost.scratch), [0, cost.scratch / longest])}</dl>
</div>`;
}

function bar(arm: Arm, value: string, [base, own]: readonly [number, number]): Html {
  const part = (kind: string, share: number) =>
    share > 0 && html`<i class="${kind}" style="width:${(100 * share).toFixed(2)}%"></i>`;
  return html`<div class="bar ${arm.colour}"><dt>${arm.name}</dt><dd>${value}</dd><span aria-hidden="true">${part("base", base)}${part("own", own)}</span></div>`;
}
