// The contestants of a result and their colours.
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
