// The data of the loss charts: stages end to end, the base first, growths in their places, losses in full range.

import type { RunRecord } from "@cambium/run-format/node";
import { describe, expect, it } from "vitest";
import { layOut } from "../src/arms.js";
import { lossData, smoothingOf } from "../src/charts/loss-data.js";
import { makeRun } from "./fixture.js";

const run = makeRun();
const record: RunRecord = { others: new Map(), manifest: run.manifest, stages: new Map(Object.entries(run.stages)) };
const arms = layOut(record);
const base = run.stages["base-1f3a"]?.rows ?? [];
const target = run.stages["target-77c0"]?.rows ?? [];

describe("lossData", () => {
  it.each([
    ["flops", 1e12, 0],
    ["tokens", 1e6, 0],
    ["seconds", 1, 1.4],
  ] as const)("lays the stages end to end in %s", (by, divisor, between) => {
    const { series, xMax } = lossData(arms, by, 100);
    const [grown, scratch] = series;
    const baseEnd = (base.at(-1)?.[by] ?? 0) + between;
    expect(grown?.heldOut[0]?.x).toBeCloseTo(
      (base.find((row) => row.heldOutLoss !== undefined)?.[by] ?? 0) / divisor,
      9,
    );
    expect(grown?.heldOut.at(-1)?.x).toBeCloseTo((baseEnd + (target.at(-1)?.[by] ?? 0)) / divisor, 9);
    expect(grown?.growths).toEqual([{ x: baseEnd / divisor, label: "2 → 8 layers" }]);
    expect(grown?.training).toHaveLength(2);
    expect(scratch?.growths).toEqual([]);
    expect(xMax).toBeCloseTo(Math.max(grown?.heldOut.at(-1)?.x ?? 0, scratch?.heldOut.at(-1)?.x ?? 0), 9);
    for (const { heldOut } of series)
      expect(heldOut.map((point) => point.x)).toEqual(heldOut.map((point) => point.x).sort((a, b) => a - b));
  });

  it("draws every held-out measurement unchanged, with the last ones inside the axis", () => {
    const { series, y } = lossData(arms, "flops", 100);
    const measured = [...base, ...target].flatMap((row) => row.heldOutLoss ?? []);
    expect(series[0]?.heldOut.map((point) => point.y)).toEqual(measured);
    expect(y[0]).toBeLessThan(
      Math.min(...series.flatMap(({ heldOut, training }) => [...heldOut, ...training.flat()].map((point) => point.y))),
    );
    for (const { heldOut } of series) expect(heldOut.at(-1)?.y).toBeLessThan(y[1]);
  });

  it("draws the held-out losses of the arm's other seeds, in the same range", () => {
    const [second, third] = [makeRun({ steps: 700 }), makeRun({ steps: 400, arms: ["grown"] })];
    const recordOf = ({ manifest, stages }: typeof run): RunRecord => ({
      ...{ others: new Map(), manifest, stages: new Map(Object.entries(stages)) },
    });
    const others = new Map([second, third].map((one, i) => [i + 1, recordOf(one)]));
    const many = layOut({ ...record, others, manifest: { ...run.manifest, seeds: [0, 1, 2] } });
    const { series, xMax, y } = lossData(many, "tokens", 100);
    expect(series.map(({ otherSeeds }) => otherSeeds.length)).toEqual([2, 1]);
    expect(series[1]?.otherSeeds[0]?.map((point) => point.y)).toEqual(
      second.stages["scratch-a00b"]?.rows.flatMap((row) => row.heldOutLoss ?? []),
    );
    const drawn = series.flatMap(({ otherSeeds }) => otherSeeds.flat());
    expect(xMax).toBeGreaterThanOrEqual(Math.max(...drawn.map((point) => point.x)));
    expect(y[0]).toBeLessThan(Math.min(...drawn.map((point) => point.y)));
    expect(lossData(arms, "tokens", 100).series.flatMap(({ otherSeeds }) => otherSeeds)).toEqual([]);
  });

  it("smooths training over 1/50 of the stage, at most 50 steps, and short stages not at all", () => {
    expect([20, 50, 500, 2_500, 1e6].map(smoothingOf)).toEqual([0, 0, 0.9, 0.98, 0.98]);
  });
});

describe("layOut", () => {
  it("gives arms distinct colours, and an arm that will grow the colour of growth", () => {
    const arm = (name: string, stages: string[]) => ({ name, stages });
    const names = [
      arm("a", ["base-1f3a", "not-begun"]),
      arm("b", ["scratch-a00b"]),
      arm("c", ["base-1f3a", "target-77c0"]),
      arm("d", ["scratch-a00b"]),
      arm("e", ["none"]),
    ];
    const all = layOut({ ...record, manifest: { ...run.manifest, arms: names } });
    expect(all.map(({ name, colour, grows, done }) => [name, colour, grows, done])).toEqual([
      ["a", "grown", true, false],
      ["b", "scratch", false, true],
      ["c", "other-1", true, true],
      ["d", "other-2", false, true],
    ]);
  });
});
