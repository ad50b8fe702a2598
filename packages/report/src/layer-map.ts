// The picture of a growth in depth: the base's layers above, the target's below, each in its base layer's colour.
import { connectionRate } from "@cambium/growth";
import { scheme } from "vega";
import * as format from "./format.js";
import { type Html, trusted } from "./html.js";

export type LayerMap = readonly (number | null)[];

const [rowHeight, ribbonHeight, label] = [34, 64, 22];

/**
 * Draws the map as SVG, with layer numbers (from 1) if there is room.
 * @param baseLayers number of layers of the base
 * @param width CSS pixels before the page scales it
 */
export function layerMapSvg(
  map: LayerMap,
  baseLayers: number,
  width: number,
  shown: "wide" | "narrow",
  id: string,
): Html {
  const seams = map.filter((_, t) => t > 0 && !isKept(map, t)).length;
  const gap = Math.min(7, (0.35 * width) / map.length);
  const cell = (width - seams * gap) / Math.max(map.length, baseLayers);
  const baseX = (i: number) => (width - baseLayers * cell) / 2 + i * cell;
  const targetTop = label + rowHeight + ribbonHeight;
  let x = (width - (map.length * cell + seams * gap)) / 2;
  const ribbons: string[] = [];
  const target = map.map((source, t) => {
    if (t > 0) x += isKept(map, t) ? cell : cell + gap;
    if (source !== null) ribbons.push(ribbon(baseX(source), x, cell, targetTop, colourOf(source, baseLayers)));
    return drawCell(x, targetTop, cell, source, baseLayers);
  });
  const base = Array.from({ length: baseLayers }, (_, i) => drawCell(baseX(i), label, cell, i, baseLayers));
  const height = targetTop + rowHeight + label;
  const { numerator: kept, denominator: pairs } = connectionRate(map);
  const order = map.map((source) => (source === null ? "new" : source + 1)).join(", ");
  return trusted(
    `<svg class="chart layers ${shown}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">` +
      `<title id="${id}-title">Layer map, ${baseLayers} to ${format.layers(map.length)}</title>` +
      `<desc id="${id}-desc">Base layer of each target layer in turn: ${order}. ${kept} of ${pairs} neighbouring pairs are kept.</desc>` +
      `<text x="${width / 2}" y="14">base, ${format.layers(baseLayers)}</text>${ribbons.join("")}${base.join("")}${target.join("")}` +
      `<text x="${width / 2}" y="${height - 4}">target, ${format.layers(map.length)}</text></svg>`,
  );
}

function isKept(map: LayerMap, t: number): boolean {
  const [before, here] = [map[t - 1], map[t]];
  return typeof before === "number" && here === before + 1;
}

function drawCell(x: number, y: number, width: number, source: number | null, layers: number): string {
  const box = `x="${x.toFixed(2)}" y="${y}" width="${width.toFixed(2)}" height="${rowHeight}"`;
  if (source === null) return `<rect class="new" ${box}/>`;
  const fill = colourOf(source, layers);
  const number =
    width < 15
      ? ""
      : `<text class="${isDark(fill) ? "on-dark" : "on-light"}" x="${(x + width / 2).toFixed(2)}" y="${y + 21.5}">${source + 1}</text>`;
  return `<rect class="cell" ${box} fill="${fill}"/>${number}`;
}

function ribbon(from: number, to: number, width: number, bottom: number, fill: string): string {
  const [top, middle] = [label + rowHeight, label + rowHeight + ribbonHeight / 2];
  const [a, b, c, d] = [from, from + width, to + width, to].map((at) => at.toFixed(2));
  return `<path d="M${a},${top}C${a},${middle} ${d},${middle} ${d},${bottom}H${c}C${c},${middle} ${b},${middle} ${b},${top}Z" fill="${fill}" fill-opacity=".16"/>`;
}

/**
 * From light yellow-green at the input to deep blue at the output: lightness alone gives the order, so colour blindness
 * does not hide it. A base of few layers uses the middle of the ramp.
 */
function colourOf(layer: number, layers: number): string {
  const ramp = scheme("yellowgreenblue") as (t: number) => string;
  const reach = Math.min(0.36, 0.09 * layers);
  return ramp(layers === 1 ? 0.5 : 0.52 + reach * ((2 * layer) / (layers - 1) - 1));
}

function isDark(colour: string): boolean {
  const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 140;
}
