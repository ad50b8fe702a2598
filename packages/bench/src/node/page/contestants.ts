// The contestants of a result and the colours that stand for them.
import type { Row } from "../../result.js";

export type Contestants = readonly { readonly name: string; readonly colour: string }[];

const colours = ["grown", "scratch", ...Array.from({ length: 9 }, (_, i) => `other-${i + 1}`)];

/** Those of the rows, in order; colours come again after eleven. */
export function contestantsOf(rows: readonly Row[]): Contestants {
  const names = [...new Set(rows.filter(({ suite }) => suite !== "grow").map(({ backend }) => backend))];
  return names.map((name, i) => ({ name, colour: colours[i % colours.length] as string }));
}
