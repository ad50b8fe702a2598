// A chart of one training quantity, such as the gradient norm, against tokens.
import { extent } from "@cambium/ir";
import type { Data, Mark, Spec } from "vega";
import type { Arm, ArmRow } from "../arms.js";
import { decimate } from "../decimate.js";
import type { Html } from "../html.js";
import { unitOf } from "./axis.js";
import { renderChart, type Size } from "./render.js";

export interface Quantity {
  readonly key: "gradNorm" | "lr" | "lossScale";
  readonly title: string;
  readonly scale: "linear" | "log";
  /** Vega expression for a tick's label. */
  readonly label: string;
}

export const gradientNorm: Quantity = {
  key: "gradNorm",
  title: "Gradient norm before clipping",
  scale: "log",
  label: "format(datum.value, '~g')",
};
export const learningRate: Quantity = {
  key: "lr",
  title: "Learning rate",
  scale: "linear",
  label: "datum.value === 0 ? '0' : format(datum.value, '~e')",
};

/** Only runs in mixed precision have one. */
export const lossScale: Quantity = {
  key: "lossScale",
  title: "Loss scale",
  scale: "log",
  label: "format(datum.value, '~s')",
};

/** Most points in all lines of a chart together. */
const mostPoints = 20_000;

/** Draws `quantity` of every arm against tokens, one line per stage. Thinning keeps spikes. */
export async function healthChart(arms: readonly Arm[], quantity: Quantity, size: Size, id: string): Promise<Html> {
  const { key, title, scale } = quantity;
  const [, tokens] = extent(arms.map((arm) => arm.spent.tokens));
  const unit = unitOf("tokens", tokens);
  const detail = Math.max(8, Math.min(size.detail, Math.floor(mostPoints / Math.max(1, arms.length))));
  const quantityOf = (row: ArmRow) => row[key] ?? Number.NaN;
  const usable = (row: ArmRow) => Number.isFinite(quantityOf(row)) && (scale === "linear" || quantityOf(row) > 0);
  const lines = arms.flatMap((arm, i) =>
    arm.stages.map((stage, j) => {
      const rows = decimate(stage.rows.filter(usable), quantityOf, detail);
      const values = rows.map((row) => ({ x: row.tokens / unit.divisor, y: quantityOf(row) }));
      return { colour: arm.colour, data: { name: `line-${i}-${j}`, values } satisfies Data, values };
    }),
  );
  const all = lines.flatMap(({ values }) => values.map((point) => point.y));
  const [low, high] = extent(all);
  const domain = all.length === 0 ? [0.1, 1] : scale === "log" ? [low / 1.1, high * 1.1] : [0, high * 1.05 || 1];
  const ticks = {
    encode: { labels: { update: { text: { signal: quantity.label } } } },
    ...(scale === "log" && all.length > 0 ? { values: logTicks(low / 1.1, high * 1.1) } : {}),
  };
  const spec: Spec = {
    padding: { left: 48, right: 12, top: 10, bottom: 42 },
    data: lines.map(({ data }) => data),
    scales: [
      {
        name: "x",
        type: "linear",
        domain: [0, tokens / unit.divisor],
        range: "width",
      },
      { name: "y", type: scale, domain, range: "height", nice: false },
    ],
    axes: [
      { orient: "left", scale: "y", grid: true, ticks: false, domain: false, tickCount: 4, ...ticks },
      {
        orient: "bottom",
        scale: "x",
        title: unit.title,
        titleAnchor: "end",
        titlePadding: 8,
        tickCount: 5,
        tickSize: 4,
      },
    ],
    marks: lines.map(({ colour, data }): Mark => {
      const style = {
        stroke: { value: `var(--${colour})` },
        strokeWidth: { value: 1.25 },
        strokeOpacity: { value: 0.85 },
      };
      const enter = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, ...style };
      return { type: "line", from: { data: data.name }, encode: { enter } };
    }),
  };
  return await renderChart(spec, size, {
    id,
    title,
    description: all.length === 0 ? "No measurement yet." : `From ${low.toPrecision(2)} to ${high.toPrecision(2)}.`,
  });
}

/** 1, 2 and 5 of every decade in the range, or only powers of ten if those would be too many. */
function logTicks(low: number, high: number): number[] {
  const decades = Array.from(
    { length: Math.ceil(Math.log10(high / low)) + 1 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  );
  const steps = decades.length > 3 ? [1] : [1, 2, 5];
  return decades
    .flatMap((decade) => steps.map((step) => step * decade))
    .filter((value) => value >= low && value <= high);
}
