// Lines and dots of several series on logarithmic or linear axes. Names of series go into the page's legend, not here.
import { highest, lowest } from "@cambium/ir";
import type { Spec } from "vega";
import type { Html } from "../html.js";
import { renderChart, type Size } from "./render.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  /** Name of a custom property of the style sheet, without `--`. */
  readonly colour: string;
  readonly points: readonly Point[];
  readonly line: boolean;
  readonly dots: boolean;
}

export interface ChartText {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly x: string;
}

export interface Axes {
  readonly x: "log" | "linear";
  readonly y: "log" | "linear";
  /** x counts something: no ticks between whole numbers. */
  readonly whole?: boolean;
}

const size: Size = { width: 336, height: 250, detail: 0, shown: "any" };

export function linesChart(
  series: readonly Series[],
  text: ChartText,
  axes: Axes = { x: "log", y: "log" },
): Promise<Html> {
  const all = series.flatMap(({ points }) => points);
  const spec: Spec = {
    padding: { left: 48, right: 14, top: 10, bottom: 42 },
    data: series.map(({ points }, i) => ({ name: `s${i}`, values: [...points] })),
    scales: [
      scaleOf(
        "x",
        axes.x,
        all.map(({ x }) => x),
      ),
      scaleOf(
        "y",
        axes.y,
        all.map(({ y }) => y),
      ),
    ],
    axes: [
      {
        orient: "left",
        scale: "y",
        grid: true,
        ticks: false,
        domain: false,
        tickCount: 4,
        ...labelsOf(axes.y),
      },
      {
        ...{ orient: "bottom", scale: "x", title: text.x, titleAnchor: "end", titlePadding: 8 },
        ...{ tickCount: 5, tickSize: 4, ...(axes.whole && { tickMinStep: 1 }) },
        ...labelsOf(axes.x),
      },
    ],
    marks: series.flatMap(marksOf),
  };
  return renderChart(spec, size, text);
}

/**
 * The labels of a logarithmic axis: SI prefixes from a thousand on, plain numbers below, where a prefix would say `100m`
 * for 0.1. Vega leaves out those that would be too many: their label is empty.
 */
function labelsOf(scale: Axes["x"]) {
  if (scale === "linear") return {};
  const signal = "datum.label === '' || datum.value >= 1000 ? datum.label : format(datum.value, '~g')";
  return { format: "~s", encode: { labels: { update: { text: { signal } } } } };
}

function marksOf({ colour, line, dots }: Series, i: number): NonNullable<Spec["marks"]> {
  const at = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" } };
  const [from, stroke] = [{ data: `s${i}` }, { value: `var(--${colour})` }];
  const drawn = { type: "line", from, encode: { enter: { ...at, stroke, strokeWidth: { value: dots ? 2 : 1.2 } } } };
  const paper = { stroke: { value: "var(--paper)" }, strokeWidth: { value: 1 } };
  const dotted = { type: "symbol", from, encode: { enter: { ...at, fill: stroke, size: { value: 56 }, ...paper } } };
  return [...(line ? [drawn] : []), ...(dots ? [dotted] : [])] as NonNullable<Spec["marks"]>;
}

function scaleOf(name: keyof Axes, type: Axes["x"], values: readonly number[]): NonNullable<Spec["scales"]>[number] {
  const shared = { name, domain: around(values, type), range: name === "x" ? "width" : "height", nice: false } as const;
  return type === "log" ? { ...shared, type } : { ...shared, type, zero: false };
}

/** The range of the values with a margin. */
function around(values: readonly number[], scale: Axes["x"]): [number, number] {
  const [low, high] = [lowest(values), highest(values)];
  if (scale === "linear") {
    const margin = low === high ? 0.05 : 0.07 * (high - low);
    return [low - margin, high + margin];
  }
  const margin = low === high ? 2 : (high / low) ** 0.07;
  return [low / margin, high * margin];
}
