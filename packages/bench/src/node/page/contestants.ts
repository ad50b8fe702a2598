// The contestants of a result, their colours, and the style of pages that show them.
import type { Row } from "../../result.js";

export type Contestants = readonly { readonly name: string; readonly colour: string }[];

const colours = ["grown", "scratch", ...Array.from({ length: 9 }, (_, i) => `other-${i + 1}`)];

/** The colour of the line with this index: a custom property of the style sheet. Colours repeat after eleven. */
export function colourOf(index: number): string {
  return colours[index % colours.length] as string;
}

/** The contestants of the rows, in order. */
export function contestantsOf(rows: readonly Row[]): Contestants {
  const names = [...new Set(rows.filter(({ suite }) => suite !== "grow").map(({ backend }) => backend))];
  return names.map((name, i) => ({ name, colour: colourOf(i) }));
}

/** CSS after the common style sheet. Charts have round dots for all; the table may be wider than the text. */
export const benchStyle = `
section > h3 { margin-top: 1.4rem; } .right { text-align: right; }
.swatch.scratch { border-radius: 50%; transform: none; }
.table { --wide: min(78rem, 100vw - 3rem); width: max(100%, var(--wide)); margin-inline: min(0px, (100% - var(--wide)) / 2); }
.table table { font-size: .8rem; }
.table th, .table td { white-space: nowrap; padding-block: .25rem; padding-right: .8rem; }
.table td.words { white-space: normal; min-width: 10rem; }
.table tbody th { color: var(--ink); } .table tbody td, .table tbody th { border-bottom: 0; }
.table tbody tr:first-child > * { border-top: 1px solid var(--grid); }
`;
