// A chart on logarithmic axes: lines and dots of contestants. It has no text of a result in it; names stand in the legend.
import { highest, lowest } from "@cambium/ir";
import { type Html, renderChart, type Size, type Spec } from "@cambium/report/page-parts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  /** A custom property of the style sheet. */
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

const size: Size = { width: 336, height: 250, detail: 0, shown: "any" };

export function logChart(series: readonly Series[], text: ChartText): Promise<Html> {
  const all = series.flatMap(({ points }) => points);
  const spec: Spec = {
    padding: { left: 48, right: 14, top: 10, bottom: 42 },
    data: series.map(({ points }, i) => ({ name: `s${i}`, values: [...points] })),
    scales: [
      { name: "x", type: "log", domain: around(all.map(({ x }) => x)), range: "width", nice: false },
      { name: "y", type: "log", domain: around(all.map(({ y }) => y)), range: "height", nice: false },
    ],
    axes: [
      { orient: "left", scale: "y", grid: true, ticks: false, domain: false, tickCount: 4, format: "~s" },
      {
        ...{ orient: "bottom", scale: "x", title: text.x, titleAnchor: "end", titlePadding: 8 },
        ...{ tickCount: 5, tickSize: 4, format: "~s" },
      },
    ],
    marks: series.flatMap(marksOf),
  };
  return renderChart(spec, size, text);
}

function marksOf({ colour, line, dots }: Series, i: number): NonNullable<Spec["marks"]> {
  const at = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" } };
  const [from, stroke] = [{ data: `s${i}` }, { value: `var(--${colour})` }];
  const drawn = { type: "line", from, encode: { enter: { ...at, stroke, strokeWidth: { value: dots ? 2 : 1.2 } } } };
  const paper = { stroke: { value: "var(--paper)" }, strokeWidth: { value: 1 } };
  const dotted = { type: "symbol", from, encode: { enter: { ...at, fill: stroke, size: { value: 56 }, ...paper } } };
  return [...(line ? [drawn] : []), ...(dots ? [dotted] : [])] as NonNullable<Spec["marks"]>;
}

/** A little beyond the lowest and the highest. */
function around(values: readonly number[]): [number, number] {
  const [low, high] = [lowest(values), highest(values)];
  const margin = low === high ? 2 : (high / low) ** 0.07;
  return [low / margin, high * margin];
}
