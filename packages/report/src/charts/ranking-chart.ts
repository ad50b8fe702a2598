// Final held-out loss against connection rate: one dot per operator.
import { extent } from "@cambium/ir";
import type { Spec } from "vega";
import * as format from "../format.js";
import type { Html } from "../html.js";
import type { Ranked } from "../ranking.js";
import { renderChart, type Size } from "./render.js";

const size: Size = { width: 336, height: 260, detail: 0, shown: "any" };

export async function rankingChart(arms: readonly Ranked[]): Promise<Html> {
  const points = arms.map(({ arm, kept, pairs, loss }) => ({
    x: pairs === 0 ? 1 : kept / pairs,
    y: loss,
    colour: `var(--${arm.colour})`,
  }));
  const losses = points.map(({ y }) => y);
  const [low, high] = extent(losses);
  const margin = 0.1 * (high - low) || 0.01;
  const at = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" } };
  const spec: Spec = {
    padding: { left: 48, right: 14, top: 10, bottom: 42 },
    data: [{ name: "operators", values: points }],
    scales: [
      { name: "x", type: "linear", domain: range(points.map(({ x }) => x)), range: "width", zero: false, nice: false },
      { name: "y", type: "linear", domain: [low - margin, high + margin], range: "height", zero: false, nice: false },
    ],
    axes: [
      { orient: "left", scale: "y", grid: true, ticks: false, domain: false, tickCount: 5 },
      {
        orient: "bottom",
        scale: "x",
        title: "connection rate",
        titleAnchor: "end",
        titlePadding: 8,
        tickCount: 5,
        tickSize: 4,
      },
    ],
    marks: [
      {
        type: "symbol",
        from: { data: "operators" },
        encode: {
          enter: {
            ...at,
            size: { value: 90 },
            fill: { field: "colour" },
            stroke: { value: "var(--paper)" },
            strokeWidth: { value: 1.25 },
          },
        },
      },
    ],
  };
  const best = arms[0] as Ranked;
  const description = `${arms.length} operators; ${best.operator} ends lowest, at ${format.loss(best.loss)} with ${best.kept} of ${best.pairs} pairs kept.`;
  return renderChart(spec, size, {
    id: "ranking-chart",
    title: "Final held-out loss against connection rate",
    description,
  });
}

/** The range of the values with a margin. */
function range(values: readonly number[]): [number, number] {
  const [low, high] = extent(values);
  const margin = 0.08 * (high - low) || 0.05;
  return [low - margin, high + margin];
}
