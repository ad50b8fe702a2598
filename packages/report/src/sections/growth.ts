// How each arm grew: the operator, its treatment of the moments, the layer map and its connection rate.
import { connectionRate } from "@cambium/growth";
import type { GrowthRecord, StageManifest } from "@cambium/run-format";
import type { Arm } from "../arms.js";
import { sizeChanges } from "../changes.js";
import * as format from "../format.js";
import { type Html, html } from "../html.js";
import { layerMapSvg } from "../layer-map.js";

const moments = {
  reset: "reset to zero",
  carry: "carried over",
  pad: "kept for the first copy, zero for the rest",
  "zero-new": "kept for old weights, zero for copies and new weights",
} as const;

/** The times of the switch: what the run waited for, and what was compiled ahead of it. */
function switchFacts({ cost, seconds }: GrowthRecord): [string, string][] {
  if (cost === undefined) return [["The switch took", format.duration(seconds)]];
  const { compile, compiledAhead, download, plan, upload } = cost;
  const waited = download + plan + upload + (compiledAhead ? 0 : compile);
  return [
    ["The switch took", format.duration(waited)],
    ["State down, plan, up", [download, plan, upload].map((part) => format.duration(part)).join(" + ")],
    [compiledAhead ? "Compiled ahead in" : "Compiled in", format.duration(compile)],
  ];
}

/** The growths tried by a probe, and their outcomes. */
function probeFacts(probes: StageManifest["probes"]): [string, string][] {
  if (probes === undefined) return [];
  const why = probes.at(-1)?.grew
    ? "a growth that was tried paid off"
    : "no growth that was tried paid off: at the latest time";
  const tried = probes.map(({ tokens, loss, predicted, grew }) => {
    const figures = `${loss.toFixed(4)} grown, ${predicted.toFixed(4)} predicted without`;
    return `after ${format.count(tokens)} tokens: ${figures}: ${grew ? "kept" : "undone"}`;
  });
  return [
    ["Why then", why],
    ["Growths tried, held-out loss", tried.join("; ")],
  ];
}

/** Why a stage that ends by a slope ended when it did. */
function slopeFacts(slope: StageManifest["slope"]): [string, string][] {
  if (slope === undefined) return [];
  const figures = `slope of the held-out loss over ln C ${slope.slope.toFixed(4)}, threshold ${slope.threshold}`;
  return [["Why then", `${figures}: ${slope.reached ? "flat enough" : "not flat enough, but at the latest time"}`]];
}

/** Most growths drawn on a page. */
const mostPictures = 100;

export function growthSection(arms: readonly Arm[]): Html | null {
  const all = arms.flatMap((arm) => arm.growths.map((growth) => ({ arm, ...growth })));
  const growths = all.slice(0, mostPictures);
  if (growths.length === 0) return null;
  return html`<section aria-labelledby="growth">
  <h2 id="growth">Growth</h2>
  ${growths.map(({ arm, record, base, stage }, i) => {
    const { numerator: kept, denominator: pairs } = connectionRate(record.layerMap);
    const highest = record.layerMap.reduce<number>((most, source) => Math.max(most, source ?? 0), 0);
    const layers = base?.model.layers ?? highest + 1;
    const facts: [string, string][] = [
      ["Operator", `${record.operator} ${record.operatorVersion}`],
      ["Sizes", sizeChanges(base?.model, stage.manifest.model).join(", ") || "unchanged"],
      ["After", `${format.count(stage.before.tokens)} tokens`],
      ...slopeFacts(base?.slope),
      ...probeFacts(base?.probes),
      ["Optimizer moments", moments[record.moments]],
      ...switchFacts(record),
    ];
    return html`<figure class="map">
    <figcaption>${arm.name} <small>${record.from === base?.id ? base.name : record.from} → ${stage.manifest.name}</small></figcaption>
    ${layerMapSvg(record.layerMap, layers, 920, "wide", `map-${i}`)}${layerMapSvg(record.layerMap, layers, 360, "narrow", `map-${i}-narrow`)}
    <p class="rate"><b>R<sub>c</sub> = ${kept}/${pairs}${pairs > 0 && html` = ${format.percent(kept / pairs)}`}</b>
    <span>connection rate: share of the target’s neighbouring layers that were neighbours in the base. Gaps are the seams.</span></p>
    <dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
  </figure>`;
  })}
  ${all.length > growths.length && html`<p class="note">${format.count(all.length - growths.length)} more growths are not drawn.</p>`}
</section>`;
}
