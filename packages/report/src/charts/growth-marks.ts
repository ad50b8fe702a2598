// A dashed rule where an arm grew, with a label near the bottom of the chart, below every curve. Arms that grew in the
// same way at the same cost share a rule; growths of the same kind share a label, at the first of their rules.
import type { Mark } from "vega";
import type { Series } from "./loss-data.js";
import type { Size } from "./render.js";

/** Pixels of a label: per character, and between label and rule. */
const [perCharacter, beside] = [6.6, 6];

const fontSize = 12;

/** Labels that would overlap are stacked; one without room to the right of its rule goes to the left. */
export function growthMarks(all: readonly Series[], xMax: number, size: Size): Mark[] {
  const [drawn, labelled] = [new Set<string>(), new Set<string>()];
  /** Where the labels in each row end, pixels. */
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
    if (labelled.size === labelled.add(label).size) return [rule];
    const [pixels, width] = [(x / xMax) * size.width, label.length * perCharacter + beside];
    const left = pixels + width > size.width;
    const start = left ? pixels - width : pixels;
    const free = rows.findIndex((end) => end <= start);
    const row = free < 0 ? rows.length : free;
    rows[row] = start + width + beside;
    const text = {
      y: { signal: `height * 0.84 - ${row * (fontSize + 4)}` },
      text: { value: label },
      fill,
      fontSize: { value: fontSize },
      dx: { value: left ? -beside : beside },
      align: { value: left ? ("right" as const) : ("left" as const) },
      baseline: { value: "middle" as const },
    };
    return [rule, { type: "text", encode: { enter: { ...at, ...text } } }];
  });
}
