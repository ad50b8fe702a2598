// Held-out and training loss of every arm against one cost, with growths and the speed-up marked.
import type { Data, Mark, Spec } from "vega";
import type { Arm, Cost } from "../arms.js";
import * as format from "../format.js";
import type { Html } from "../html.js";
import type { Verdict } from "../verdict.js";
import { growthMarks } from "./growth-marks.js";
import { type LossData, lossData, type Point, type Series } from "./loss-data.js";
import { renderChart, type Size } from "./render.js";

const names: Readonly<Record<Cost, string>> = { flops: "compute", tokens: "tokens", seconds: "wall time" };

/** With more measurements than this, dots would hide the line. */
const mostDots = 64;

/** Draws one loss chart. `verdict` adds the loss at which the arms are compared and what each spent to reach it. */
export async function lossChart(
  arms: readonly Arm[],
  by: Cost,
  size: Size,
  id: string,
  verdict: Verdict | null,
): Promise<Html> {
  const data = lossData(arms, by, size.detail);
  const span = verdict?.cost[by] ?? null;
  const comparison = verdict === null || span === null ? [] : compareAt(verdict.loss, span, data, by, size);
  const drawn = data.series.map((series, i) => seriesMarks(series, i, size));
  // Room at the bottom for labels.
  const foot = comparison.length > 0 || data.series.some(({ growths }) => growths.length > 0) ? 0.16 : 0;
  const spec: Spec = {
    padding: { left: 40, right: 12, top: 10, bottom: 42 },
    data: drawn.flatMap((series) => series.data),
    scales: [
      { name: "x", type: "linear", domain: [0, data.xMax], range: "width", nice: false },
      {
        name: "y",
        type: "linear",
        domain: [data.y[0] - foot * (data.y[1] - data.y[0]), data.y[1]],
        range: "height",
        nice: false,
        zero: false,
      },
    ],
    axes: [
      { orient: "left", scale: "y", grid: true, ticks: false, domain: false, tickCount: size.height / 60 },
      {
        orient: "bottom",
        scale: "x",
        title: data.unit.title,
        titleAnchor: "end",
        titlePadding: 8,
        tickCount: size.width / 90,
        tickSize: 4,
      },
    ],
    marks: [
      {
        type: "group",
        // Clips the curves at the top, but not the last dots on the right.
        clip: { path: { signal: "'M0,0H' + (width + 8) + 'V' + height + 'H0Z'" } },
        encode: { enter: { width: { signal: "width" }, height: { signal: "height" } } },
        marks: [
          ...growthMarks(data.series, data.xMax, size),
          ...drawn.flatMap((series) => series.marks),
          ...comparison,
        ],
      },
    ],
  };
  return await renderChart(spec, size, {
    id,
    title: `Loss against ${names[by]}`,
    description: describe(data, by, verdict),
  });
}

function seriesMarks(series: Series, index: number, size: Size): { data: Data[]; marks: Mark[] } {
  const stroke = `var(--${series.arm.colour})`;
  const training = series.training.map((values, stage) => ({
    name: `training-${index}-${stage}`,
    values: [...values],
  }));
  const heldOut = { name: `held-out-${index}`, values: [...series.heldOut] };
  const otherSeeds = series.otherSeeds.map((values, seed) => ({
    name: `other-seed-${index}-${seed}`,
    values: [...values],
  }));
  const dashed = { stroke: { value: stroke }, strokeWidth: { value: 1.1 }, strokeDash: { value: [5, 2.5] } };
  const thin = { stroke: { value: stroke }, strokeWidth: { value: 1 }, strokeOpacity: { value: 0.4 } };
  const thick = { stroke: { value: stroke }, strokeWidth: { value: 2.25 }, strokeJoin: { value: "round" } };
  const dot = {
    shape: { value: series.arm.colour === "scratch" ? "diamond" : "circle" },
    size: { value: series.arm.colour === "scratch" ? 44 : 34 },
    fill: { value: stroke },
    stroke: { value: "var(--paper)" },
    strokeWidth: { value: 1.25 },
  };
  const lines = [...training.map(({ name }) => line(name, thin)), ...otherSeeds.map(({ name }) => line(name, dashed))];
  const dots =
    series.heldOut.length <= mostDots && size.width / series.heldOut.length > 9 ? [symbols(heldOut.name, dot)] : [];
  return { data: [...training, ...otherSeeds, heldOut], marks: [...lines, line(heldOut.name, thick), ...dots] };
}

const position = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" } };

function line(data: string, style: object): Mark {
  return { type: "line", from: { data }, encode: { enter: { ...position, ...style } } };
}

function symbols(data: string, style: object): Mark {
  return { type: "symbol", from: { data }, encode: { enter: { ...position, ...style } } };
}

/** Marks both arms' costs at L*, dropped to the bottom of the chart, with their ratio on a dimension line. */
function compareAt(
  loss: number,
  span: { grown: number; scratch: number },
  data: LossData,
  by: Cost,
  size: Size,
): Mark[] {
  const [low, high] = data.y;
  const foot = low - 0.08 * (high - low);
  const [grown, scratch] = [span.grown / data.unit.divisor, span.scratch / data.unit.divisor];
  const ink = { stroke: { value: "var(--ink)" }, strokeWidth: { value: 1 } };
  const at = (x: number, y: number) => ({ x: { scale: "x", value: x }, y: { scale: "y", value: y } });
  const rule = (from: Point, to: Point, style: object): Mark => ({
    type: "rule",
    encode: {
      enter: { ...at(from.x, from.y), x2: { scale: "x", value: to.x }, y2: { scale: "y", value: to.y }, ...style },
    },
  });
  const drop = { ...ink, strokeOpacity: { value: 0.45 } };
  const tick = (x: number): Mark => ({
    type: "rule",
    encode: {
      enter: {
        ...at(x, foot),
        yc: { scale: "y", value: foot, offset: -4 },
        y2: { scale: "y", value: foot, offset: 4 },
        ...ink,
      },
    },
  });
  const [left, right] = [Math.min(grown, scratch), Math.max(grown, scratch)];
  // The label goes inside the span if it fits, else on the side with more room.
  const room = ((right - left) / data.xMax) * size.width;
  const inside = room > 120;
  const after = data.xMax - right > left;
  const text: Mark = {
    type: "text",
    encode: {
      enter: {
        ...at(inside ? (left + right) / 2 : after ? right : left, foot),
        dx: { value: inside ? 0 : after ? 8 : -8 },
        // Below its line, because the labels of growths stand above it.
        dy: { value: inside ? 4 : 0 },
        align: { value: inside ? "center" : after ? "left" : "right" },
        baseline: { value: inside ? "top" : "middle" },
        text: { value: `${format.percent(span.scratch / span.grown - 1).replace(/^(?=\d)/, "+")} ${names[by]}` },
        fill: { value: "var(--ink)" },
        fontSize: { value: 12.5 },
        fontWeight: { value: 600 },
      },
    },
  };
  return [
    rule({ x: left, y: loss }, { x: left, y: foot }, drop),
    rule({ x: right, y: loss }, { x: right, y: foot }, drop),
    rule({ x: left, y: loss }, { x: right, y: loss }, { ...ink, strokeDash: { value: [2, 3] } }),
    rule({ x: left, y: foot }, { x: right, y: foot }, ink),
    tick(left),
    tick(right),
    text,
  ];
}

function describe(data: LossData, by: Cost, verdict: Verdict | null): string {
  const ends = data.series.flatMap(({ arm, heldOut }) => {
    const last = heldOut.at(-1);
    return last === undefined
      ? []
      : [`${arm.name} ends at ${format.loss(last.y)} after ${Number(last.x.toPrecision(3))} ${data.unit.title}`];
  });
  const compared = verdict === null ? "" : ` Both reach ${format.loss(verdict.loss)}.`;
  return `Held-out loss in nats per token over ${names[by]}: ${format.list(ends)}.${compared}`;
}
