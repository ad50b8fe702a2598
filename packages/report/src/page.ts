// The report's page: its sections in order.

import type { RunRecord } from "@cambium/run-format/node";
import { type Arm, layOut } from "./arms.js";
import { documentText } from "./document.js";
import * as format from "./format.js";
import { type Html, html } from "./html.js";
import { rank } from "./ranking.js";
import { chartsSection } from "./sections/charts.js";
import { depthSection } from "./sections/depth.js";
import { detailsSection } from "./sections/details.js";
import { evaluationSection } from "./sections/evaluation.js";
import { growthSection } from "./sections/growth.js";
import { healthSection } from "./sections/health.js";
import { masthead } from "./sections/masthead.js";
import { rankingSection } from "./sections/ranking.js";
import { samplesSection } from "./sections/samples.js";
import { seedsSection } from "./sections/seeds.js";
import { summarySection } from "./sections/summary.js";
import { verdictSection } from "./sections/verdict.js";
import { type OverSeeds, overSeeds } from "./seeds.js";
import { judge, type Verdict } from "./verdict.js";

/** The whole document as text. */
export async function renderPage(run: RunRecord): Promise<string> {
  const arms = layOut(run);
  const judgement = judge(arms, run.manifest.arms.length);
  const seeds = overSeeds(run);
  const running = run.manifest.state === "running";
  return documentText({
    title: `${run.manifest.name} · Cambium growth report`,
    head: html`<meta name="generator" content="Cambium ${run.manifest.cambium}">
`,
    body: html`${masthead(run.manifest, seeds?.running ?? running)}
<main>
${seeds ? seedsSection(seeds, judgement) : verdictSection(judgement, running)}
${await measured(arms, judgement.verdict, seeds)}
${detailsSection(run, arms)}
</main>`,
  });
}

/** Most arms in a chart: more lines cannot be told apart. */
const mostDrawn = 100;

/** The arms to draw: the compared ones, and others up to `mostDrawn`. */
function drawnOf(arms: readonly Arm[], verdict: Verdict | null): readonly Arm[] {
  if (arms.length <= mostDrawn) return arms;
  const drawn = new Set(verdict === null ? [] : [verdict.grown, verdict.scratch]);
  for (const arm of arms) if (drawn.size < mostDrawn) drawn.add(arm);
  return arms.filter((arm) => drawn.has(arm));
}

/** The sections that need at least one started arm. */
async function measured(arms: readonly Arm[], verdict: Verdict | null, seeds: OverSeeds | null): Promise<Html | null> {
  if (arms.length === 0) return null;
  const ranking = rank(arms);
  const begun = arms.some((arm) => arm.stages.some((stage) => stage.rows.length > 0));
  const drawn = drawnOf(arms, verdict);
  const hidden = arms.length - drawn.length;
  return html`${hidden > 0 && html`<p class="note">${format.count(hidden)} of ${format.count(arms.length)} arms are only in the tables.</p>`}
${begun && (await chartsSection(drawn, verdict))}
${ranking && (await rankingSection(ranking))}
${summarySection(arms)}
${evaluationSection(arms, seeds)}
${growthSection(drawn)}
${await depthSection(drawn)}
${samplesSection(drawn, seeds?.planned[0])}
${begun && (await healthSection(drawn))}`;
}
