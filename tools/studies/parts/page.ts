// The page of a study: each claim of the paper with our result, then the tables and charts behind it.
import { cpus, totalmem } from "node:os";
import { documentText, type Html, html, mark } from "@cambium/report/page-parts";

/** The verdict of a study on a claim. */
export type Verdict = "as the paper" | "against the paper" | "no difference" | "not shown";

export interface Claim {
  /** The paper's claim, in a sentence. */
  readonly claim: string;
  /** Where the paper makes it. */
  readonly source: string;
  readonly verdict: Verdict;
  /** Our result, with figures. */
  readonly found: string;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note?: string;
}

export interface Section {
  readonly title: string;
  readonly text: string;
  readonly charts?: readonly { readonly caption: string; readonly legend: readonly Legend[]; readonly svg: Html }[];
  readonly tables: readonly Table[];
}

/** A series of a chart: its name and the class of its colour. */
export interface Legend {
  readonly name: string;
  readonly colour: string;
}

export interface Study {
  readonly title: string;
  readonly question: string;
  readonly facts: readonly string[];
  readonly claims: readonly Claim[];
  readonly sections: readonly Section[];
}

const tones: Readonly<Record<Verdict, string>> = {
  "as the paper": "grown",
  "against the paper": "scratch",
  "no difference": "other-4",
  "not shown": "other-4",
};

export function studyPage({ title, question, facts, claims, sections }: Study): string {
  const body = html`<header class="masthead">
  <p class="brand">${mark}<span>Cambium</span> <span class="kind">study</span></p>
  <h1>${title}</h1>
  <p class="facts">${facts.map((fact) => html`<span>${fact}</span> `)}</p>
</header>
<main>
<section aria-labelledby="claims">
  <h2 id="claims">The paper’s claims, and what came out here</h2>
  <p class="lede">${question}</p>
  ${claims.map(claimed)}
</section>
${sections.map(sectionOf)}
</main>`;
  return documentText({ title: `${title} · Cambium study`, style: html`${rules}`, body });
}

const rules = `
.claim { margin-top: 1.6rem; padding-left: 1rem; border-left: 3px solid var(--c); }
.claim p { max-width: 42em; } .claim .said { font-family: var(--sans); font-weight: 650; font-size: .95rem; color: var(--c); }
section > .prose { max-width: 42em; margin-bottom: 1.4rem; } h3 { margin: 1.8rem 0 .5rem; }
`;

function claimed({ claim, source, verdict, found }: Claim): Html {
  return html`<div class="claim ${tones[verdict]}"><p>${claim} <small>${source}</small></p>
<p class="said">${verdict}</p><p>${found}</p></div>`;
}

function sectionOf({ title, text, charts = [], tables }: Section, i: number): Html {
  return html`<section aria-labelledby="section-${String(i)}">
  <h2 id="section-${String(i)}">${title}</h2>
  <p class="prose">${text}</p>
  <div class="pair">${charts.map(
    ({ caption, legend, svg }) => html`<figure><figcaption>${caption}</figcaption>
  <ul class="legend">${legend.map(({ name, colour }) => html`<li><span class="swatch ${colour}" aria-hidden="true"></span>${name}</li>`)}</ul>${svg}</figure>`,
  )}</div>
  ${tables.map(tableOf)}
</section>`;
}

function tableOf({ title, head, rows, note }: Table): Html {
  return html`<h3>${title}</h3><div class="scroll" role="region" aria-label="${title}" tabindex="0"><table>
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first ?? ""}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>
${note !== undefined && html`<p class="note">${note}</p>`}`;
}

/** The machine and the date of the figures. */
export function machineFacts(): string[] {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return [new Date().toISOString().slice(0, 10), `${first?.model ?? "a processor"}, ${cpus().length} cores, ${memory}`];
}
