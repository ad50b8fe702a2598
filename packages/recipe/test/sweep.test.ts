// Sweeps as data: axes as they are written, cells with their names, and what is refused.
import { describe, expect, it } from "vitest";
import { parseAxis, sweepCells, sweepSection } from "../src/index.js";

const recipe = {
  name: "s",
  data: { corpus: "moby-dick" },
  model: { layers: 2, hidden: 8, heads: 2, intermediate: 8, context: 8 },
  growth: [{ operator: "stack", factor: 2, at: "1k" }],
  train: { tokens: "4k", batch: 2, lr: 1e-3 },
};
const sweepError = expect.objectContaining({ code: "E_SWEEP" });

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe("parseAxis", () => {
  it.each([
    ["seed=0..3", ["0", "1", "2", "3"]],
    ["growth.0.at=0.5M, 1M,2M", ["0.5M", "1M", "2M"]],
    [
      "growth.0.at={share: 0.1},{ slope: { threshold: -0.1, window: 4 } }",
      ["{share: 0.1}", "{ slope: { threshold: -0.1, window: 4 } }"],
    ],
    ["model.tied=true,false", ["true", "false"]],
    ["seed=1,4..5", ["1", "4", "5"]],
  ])("reads %s", (text, values) => {
    expect(parseAxis(text)).toEqual({ path: text.split("=")[0], values });
  });

  it.each(["seed", "=1", "a..b=1", "seed=", "seed=1,,2", "seed=3..1", "seed=1,1", "seed=0..99999999"])(
    "refuses %s",
    (text) => {
      expect(() => parseAxis(text)).toThrow(sweepError);
    },
  );
});

describe("sweepCells", () => {
  it("makes every combination, the last axis fastest", () => {
    const cells = sweepCells(recipe, ["growth.0.at=1k,2k", "seed=0..1"].map(parseAxis));
    expect(cells.map(({ name }) => name)).toEqual([
      "growth.0.at=1k+seed=0",
      "growth.0.at=1k+seed=1",
      "growth.0.at=2k+seed=0",
      "growth.0.at=2k+seed=1",
    ]);
    expect(cells.map(({ recipe: { growth, seed } }) => [growth[0]?.at, seed])).toEqual([
      [1000, 0],
      [1000, 1],
      [2000, 0],
      [2000, 1],
    ]);
  });

  it("treats a recipe's own seeds as an axis, unless there is one", () => {
    const own = { ...recipe, seed: 3, seeds: 2 };
    const names = (axes: string[]) => sweepCells(own, axes.map(parseAxis)).map(({ name }) => name);
    expect(names([])).toEqual(["seed=3", "seed=4"]);
    expect(names(["growth.0.at=1k,2k"])).toHaveLength(4);
    expect(names(["seed=7"])).toEqual(["seed=7"]);
    expect(sweepCells(own, []).map(({ recipe: { seed, seeds } }) => [seed, seeds])).toEqual([
      [3, 1],
      [4, 1],
    ]);
    expect(() => names(["seeds=1,2"])).toThrow(sweepError);
  });

  it("sets fields that the recipe leaves to their defaults, whole objects, and names folders safely", () => {
    const [cell, other] = sweepCells(recipe, [
      parseAxis("growth.0.at={share: 0.25},{share: .25 }"),
      parseAxis("evaluate.every=500"),
    ]);
    expect(cell?.recipe).toMatchObject({ growth: [{ at: { share: 0.25 } }], evaluate: { every: 500 } });
    expect(cell?.name).toMatch(/^[\w.=+-]+$/);
    expect(other?.name).not.toBe(cell?.name);
  });

  it("refuses an unknown field, naming the cell", () => {
    expect(() => sweepCells(recipe, [parseAxis("train.tokns=1k,2k")])).toThrow(/train\.tokns=1k: train\.tokns/);
    expect(() => sweepCells(recipe, [parseAxis("growth.1.at=1k")])).toThrow(sweepError);
    expect(() => sweepCells(recipe, [parseAxis("name.x=1k")])).toThrow(sweepError);
    expect(() => sweepCells(recipe, [parseAxis("__proto__.x=1")])).toThrow(sweepError);
    expect(() => sweepCells(recipe, ["seed=0..1", "seed=4"].map(parseAxis))).toThrow(/twice/);
    expect(() => sweepCells(recipe, ["seed=0..999", "train.lr=1,2,3,4,5,6,7,8,9,10,11"].map(parseAxis))).toThrow(
      /too many/,
    );
    expect(recipe).not.toHaveProperty("seed");
  });

  it("reads the recipe's own section", () => {
    const { axes, recipe: rest } = sweepSection("name: s\nsweep: { seed: 0..1, growth.0.at: [1k, { share: 0.5 }] }\n");
    expect(axes).toEqual([
      { path: "seed", values: ["0", "1"] },
      { path: "growth.0.at", values: ["1k", '{"share":0.5}'] },
    ]);
    expect(rest).toEqual({ name: "s" });
    expect(() => sweepSection("sweep: 3")).toThrow(sweepError);
  });

  it("reports the mistakes of all axes and of all cells at once, each once", () => {
    const section = () => sweepSection("sweep: { seed: 4..0, train.lr: [1, 1], growth.0.at: [1k] }", "a.yaml");
    const reasons = [{ got: "seed=4..0" }, { got: "train.lr=1,1" }];
    expect(section).toThrow(expect.objectContaining({ details: expect.objectContaining({ where: "a.yaml: sweep" }) }));
    expect(thrown(section)).toMatchObject({ code: "E_SWEEP", details: { reasons } });
    const axes = ["growth.0.at=1k,soon", "growth.0.factor=2,0.5"].map(parseAxis);
    expect(thrown(() => sweepCells(recipe, axes))).toMatchObject({
      message: expect.stringMatching(/2 mistakes/),
      details: {
        reasons: [
          { where: "growth.0.at=1k growth.0.factor=0.5: growth.0.factor" },
          { where: "growth.0.at=soon growth.0.factor=2: growth.0.at" },
        ],
      },
    });
  });
});
