// A dashed rule where an arm grew, named near the foot of the chart, below every curve. Arms that grew alike at one cost
// share a rule; those that grew alike share a name, at the first of their rules.
import type { Mark } from "vega";
import type { Series } from "./loss-data.js";
import type { Size } from "./render.js";

/** Pixels that a name takes: per character at its size, and beside its rule. */
const [perCharacter, beside] = [6.6, 6];

const fontSize = 12;

/** Names that would run into each other stand one above the other; one without room to its right stands to the left. */
export function growthMarks(all: readonly Series[], xMax: number, size: Size): Mark[] {
  const [drawn, said] = [new Set<string>(), new Set<string>()];
  /** Where the names in each row end, pixels. */
  const rows: number[] = [];
  const growths = all
    .flatMap(({ arm, growths }) => growths.map((growth) => ({ ...growth, colour: arm.colour })))
    .filter(({ x, label }) => drawn.size < drawn.add(`${x} ${label}`).size)
    .sort((a, b) => a.x - b.x);
  return growths.flatMap(({ x, label, colour }): Mark[] => {
    const fill = { value: `var(--${colour})` };
    const at = { x: { scale: "x", value: x } };
    const dashed = { y: { value: 0 }, y2: { signal: "height" }, stroke: fill, strokeDash: { value: [3, 3] } };
    const rule: Mark = { type: "rule", encode: { enter: { ...at, ...dashed, strokeWidth: { value: 1 } } } };
    if (said.size === said.add(label).size) return [rule];
    const [pixels, width] = [(x / xMax) * size.width, label.length * perCharacter + beside];
    const left = pixels + width > size.width;
    const start = left ? pixels - width : pixels;
    const free = rows.findIndex((end) => end <= start);
    const row = free < 0 ? rows.length : free;
    rows[row] = start + width + beside;
    const name = {
      y: { signal: `height * 0.84 - ${row * (fontSize + 4)}` },
      text: { value: label },
      fill,
      fontSize: { value: fontSize },
      dx: { value: left ? -beside : beside },
      align: { value: left ? ("right" as const) : ("left" as const) },
      baseline: { value: "middle" as const },
    };
    return [rule, { type: "text", encode: { enter: { ...at, ...name } } }];
  });
}
