// The history as a page: each case relative to its first measurement, run by run, with a chart for each machine,
// suite and contestant.
import { documentText, type Html, html, linesChart, mark, trusted } from "@cambium/report/page-parts";
import type { HistoryEntry } from "../../history.js";
import { benchStyle, colourOf } from "./contestants.js";

export async function renderHistoryPage(entries: readonly HistoryEntry[]): Promise<string> {
  const figures: Html[] = [];
  for (const group of groupsOf(
    entries,
    ({ environment, suite, backend }) => `${suite} on ${backend}, environment ${environment}`,
  ))
    figures.push(await figure(group, figures.length));
  return documentText({
    title: "Cambium benchmark history",
    style: trusted(benchStyle),
    body: html`<header class="masthead"><p class="brand">${mark}<span>Cambium</span> <span class="kind">benchmark history</span></p>
<h1>Run after run</h1><p class="note">Each line is a case, relative to its first measurement: 1 is that speed, higher is faster.</p></header>
<main><section><div class="pair">${figures}</div></section></main>`,
  });
}

/** Runs are counted; two speeds are as far apart as their ratio. */
const axes = { x: "linear", y: "log", whole: true } as const;

async function figure([title, entries]: Group, index: number): Promise<Html> {
  const cases = groupsOf(entries, (one) => one.case);
  const dates = [...new Set(entries.map(({ date }) => date))].sort();
  const series = cases.map(([, own], i) => {
    const first = own[0] as HistoryEntry;
    const points = own.map((one) => ({
      x: 1 + dates.indexOf(one.date),
      y: one.unit === "s" ? first.median / one.median : one.median / first.median,
    }));
    return { colour: colourOf(i), points, line: true, dots: true };
  });
  const description = `${cases.length} cases over ${dates.length} runs.`;
  const chart = await linesChart(series, { id: `history-${index}`, title: "History", description, x: "run" }, axes);
  return html`<figure><figcaption>${title}</figcaption>${chart}<ul class="legend">${cases.map(
    ([name], i) => html`<li><span class="swatch ${colourOf(i)}" aria-hidden="true"></span>${name}</li>`,
  )}</ul></figure>`;
}

type Group = readonly [name: string, entries: readonly HistoryEntry[]];

function groupsOf(entries: readonly HistoryEntry[], name: (one: HistoryEntry) => string): Group[] {
  const groups = new Map<string, HistoryEntry[]>();
  for (const one of entries) groups.set(name(one), [...(groups.get(name(one)) ?? []), one]);
  return [...groups];
}
