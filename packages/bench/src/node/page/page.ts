// The page of a result: one self-contained HTML file.
import { documentText, type Html, html, mark, trusted } from "@cambium/report/page-parts";
import type { BenchDocument, Row } from "../../result.js";
import { peaks } from "../../suites/index.js";
import { benchTable } from "../../table.js";
import { suites as named } from "../suites.js";
import { benchStyle, type Contestants, contestantsOf } from "./contestants.js";
import { rooflineSection } from "./roofline.js";
import { sizesSection } from "./sizes.js";

const suites = [...peaks, ...named];

export async function renderBenchPage(document: BenchDocument): Promise<string> {
  const { rows } = document;
  const contestants = contestantsOf(rows);
  return documentText({
    title: "Cambium benchmark",
    style: trusted(benchStyle),
    body: html`${masthead(document)}
<main>
${legend(contestants, rows)}
${await sizesSection(rows, contestants)}
${await rooflineSection(rows, contestants)}
${tableSection(document)}
</main>`,
  });
}

function masthead(document: BenchDocument): Html {
  const { cpu, cores } = document.environment;
  return html`<header class="masthead">
  <p class="brand">${mark}<span>Cambium</span> <span class="kind">benchmark</span></p>
  <h1>${cpu}, ${cores} cores</h1>
  <p class="facts"><span class="state ${document.complete ? "done" : "running"}">${document.complete ? "Finished" : "Interrupted"}</span>
  <span>${benchTable(document).machine}</span></p>
</header>`;
}

/** The contestants, with the reason why one is not what its name suggests. */
function legend(contestants: Contestants, rows: readonly Row[]): Html {
  const fallback = (name: string) => rows.find(({ backend }) => backend === name)?.engaged.fallback;
  return html`<section><ul class="legend">${contestants.map(
    ({ name, colour }) =>
      html`<li><span class="swatch ${colour}" aria-hidden="true"></span>${name}${fallback(name) && html` <small>(${fallback(name)})</small>`}</li>`,
  )}</ul></section>`;
}

function tableSection(document: BenchDocument): Html {
  const { columns, rows, failures, contestants } = benchTable(document);
  const ran = suites.filter(({ name }) => document.rows.some(({ suite }) => suite === name));
  const aligned = columns.map(({ right }) => right && trusted(' class="right"'));
  const worded = columns.map(({ head }) => wordy.includes(head));
  const cells = (words: readonly string[]) =>
    words.map((word, i) => html`<td${worded[i + 1] ? trusted(' class="words"') : aligned[i + 1]}>${word}</td>`);
  return html`<section aria-labelledby="rows"><h2 id="rows">All rows</h2>
  <div class="scroll table" role="region" aria-labelledby="rows" tabindex="0"><table>
    <thead><tr>${columns.map(({ head }, i) => html`<th scope="col"${aligned[i]}>${head}</th>`)}</tr></thead>
    ${casesOf(rows).map(
      ([name, own]) =>
        html`<tbody>${own.map(
          ([, ...rest], i) =>
            html`<tr>${i === 0 && html`<th scope="rowgroup" rowspan="${own.length}">${name}</th>`}${cells(rest)}</tr>`,
        )}</tbody>`,
    )}
  </table></div>
  ${failures.map((line) => html`<p class="warning">${line}</p>`)}
  <h3>Contestants</h3>
  ${contestants.map((line) => html`<p class="note">${line}</p>`)}
  <h3>What the columns mean</h3>
  ${columns.map(({ head, about }) => about && html`<p class="note"><b>${head}</b>: ${about}</p>`)}
  <h3>What the cases measure</h3>
  ${ran.map(({ name, summary }) => html`<p class="note"><b>${name}</b>: ${summary}</p>`)}
  </section>`;
}

/** Columns whose cells may take several lines. */
const wordy = ["engaged", "notes"];

/** Rows with the same first cell, in order. */
function casesOf(rows: readonly (readonly string[])[]): [name: string, rows: (readonly string[])[]][] {
  const cases: [string, (readonly string[])[]][] = [];
  for (const row of rows) {
    const [name = ""] = row;
    if (cases.at(-1)?.[0] !== name) cases.push([name, []]);
    cases.at(-1)?.[1].push(row);
  }
  return cases;
}
