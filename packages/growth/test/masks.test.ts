// Masks of a growth's new parts: what they shut, and in which order they open.
import { openingMasks, phaseObjections, type WidthGrowth } from "@cambium/growth";
import { grownModel, type ModelSpec, parameterTable } from "@cambium/model";
import { expect, test } from "vitest";
import { phaseStarts } from "../src/operator/mask-phases.js";
import { newParts } from "../src/operator/new-parts.js";
import { config } from "./support.js";

type Phases = Parameters<typeof phaseStarts>[1];

const from = { hidden: 8, intermediate: 10, layers: 2, heads: 4, kvHeads: 2 };

function growth(to: Partial<WidthGrowth["to"]>): WidthGrowth & { readonly target: ModelSpec } {
  const base = config(from);
  return { base, target: grownModel(base, to), from, to: { ...from, ...to } };
}

test("they shut what is new and nothing else", () => {
  const grown = growth({ heads: 9, kvHeads: 3, layers: 3 });
  const masks = Object.values(newParts(grown, "sublayer")).flat();
  // Groups of three: 0 1 · | 2 3 · | · · ·, the dots new.
  expect(masks.map(({ axis, range }) => [axis, range])).toEqual([
    ["heads", [2, 3]],
    ["heads", [5, 9]],
    ["hidden", [0, 8]],
  ]);
  const expected = parameterTable(grown.target).filter(
    ({ name, layer }) => name.includes("o_proj") || (layer === 2 && name.includes("down_proj")),
  );
  const masked = new Set(masks.flatMap(({ tensors }) => tensors));
  expect([...masked].sort()).toEqual(expected.map(({ name }) => name).sort());
  expect(newParts(grown, "block").layers).toEqual([{ tensors: [], axis: "layers", range: [2, 3] }]);
});

const all = { hidden: 12, heads: 4, kvHeads: 4, intermediate: 20, layers: 3 };
const order: Phases = ["layers", "heads", "hidden", "intermediate"];

test.each<[Partial<WidthGrowth["to"]>, Phases, [string, number][]]>([
  [
    all,
    "sequence",
    [
      ["intermediate", 0],
      ["hidden", 1],
      ["heads", 2],
      ["layers", 0],
    ],
  ],
  [
    all,
    "together",
    [
      ["intermediate", 0],
      ["hidden", 0],
      ["heads", 0],
      ["layers", 0],
    ],
  ],
  [
    all,
    order,
    [
      ["layers", 0],
      ["heads", 1],
      ["hidden", 2],
      ["intermediate", 3],
    ],
  ],
  [
    { intermediate: 12, hidden: 12 },
    order,
    [
      ["hidden", 0],
      ["intermediate", 1],
    ],
  ],
  [{ hidden: 12 }, "sequence", [["hidden", 0]]],
  [{ layers: 3 }, "sequence", [["layers", 0]]],
])("growth to %j, phases %j: %j", (to, phases, starts) => {
  expect(phaseStarts(growth(to), phases)).toEqual(starts);
});

test("each phase takes as many tokens as a mask opens in", () => {
  const grown = growth({ hidden: 12, intermediate: 20, layers: 3 });
  const masks = openingMasks(grown, { phases: "sequence", form: "block", tokens: 500 });
  expect(masks.map(({ axis, schedule }) => [axis, schedule])).toEqual([
    ["intermediate", { kind: "linear", start: 0, tokens: 500 }],
    ["hidden", { kind: "linear", start: 500, tokens: 500 }],
    ["layers", { kind: "linear", start: 0, tokens: 500 }],
  ]);
});

test("an order that leaves out what grows, or names it twice, is refused", () => {
  expect(phaseObjections(growth(all), ["hidden", "hidden"])).toEqual([
    ...["intermediate", "heads", "layers"].map((got) => ({ where: "phases", message: "leave out what grows", got })),
    { where: "phases", message: "name this twice", got: "hidden" },
  ]);
  expect(phaseObjections(growth(all), order)).toEqual([]);
});
