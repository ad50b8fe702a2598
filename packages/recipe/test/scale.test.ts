// A recipe made small: every count of tokens that the schema knows keeps its share of the steps.
import { quantity } from "@cambium/train";
import { expect, test } from "vitest";
import { z } from "zod";
import { type CountedByOperator, recipeJsonSchema, recipeSchema, scaleRecipe } from "../src/index.js";
import { minimal } from "./support.js";

interface Schema {
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const patternsOf = ({ pattern, anyOf = [] }: Schema): unknown[] => [pattern, ...anyOf.flatMap(patternsOf)];
/** By which a count as text is told from other text: 300k, 1.2M. */
const pattern = patternsOf(z.toJSONSchema(quantity, { io: "input" }) as Schema).find((one) => one !== undefined);

/** Where the schema has counts of tokens; entries of lists are `*`. */
function placesIn(schema: Schema, path = ""): string[] {
  const { properties = {}, items, anyOf = [], oneOf = [] } = schema;
  const branches = [...anyOf, ...oneOf];
  return [
    ...(branches.some((branch) => branch.pattern === pattern) ? [path] : []),
    ...branches.flatMap((branch) => placesIn(branch, path)),
    ...Object.entries(properties).flatMap(([name, one]) => placesIn(one, path === "" ? name : `${path}.${name}`)),
    ...(items ? placesIn(items, `${path}.*`) : []),
  ];
}

/** The numbers in plain data by place. */
function numbersIn(value: unknown, path = ""): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((one) => numbersIn(one, `${path}.*`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => numbersIn(one, path === "" ? name : `${path}.${name}`));
}

test("all counts of tokens are scaled, and all alike", () => {
  const step = 80 * 10;
  const recipe = recipeSchema.parse({
    ...minimal,
    model: { ...minimal.model, context: 80 },
    train: {
      tokens: 1000 * step,
      batch: 10,
      lr: 0.01,
      warmup: 20 * step,
      schedule: { name: "wsd", decay: 200 * step },
    },
    growth: [
      { operator: "stack", at: 100 * step, warmup: 30 * step, schedule: "rewind", rewind: 50 * step },
      { operator: "stack", at: { slope: { threshold: -0.1, most: 300 * step } } },
      { operator: "stack", at: { probe: { every: 40 * step, budget: 10 * step, most: 200 * step } } },
      { operator: "stack", at: { share: 0.5 }, submodels: { depths: [1], tokens: 70 * step } },
    ],
    evaluate: { every: 10 * step, tokens: 60 * step },
  });
  const places = new Set(placesIn(recipeJsonSchema() as Schema));
  const [before, after] = [recipe, scaleRecipe(recipe, 0.1)].map((one) =>
    numbersIn(one).filter(([place]) => places.has(place)),
  );
  expect(new Set(before?.map(([place]) => place))).toEqual(places);
  // A tenth of the steps, of a hundredth of the tokens each.
  expect(after).toEqual(before?.map(([place, count]) => [place, count / 1000]));
});

test("options of operators that count something are scaled, given or not, and other options are not", () => {
  const recipe = recipeSchema.parse({
    ...minimal,
    model: { layers: 2, hidden: 64, heads: 8, kvHeads: 4, intermediate: 160, context: 80 },
    train: { tokens: 800_000, batch: 10, lr: 0.01 },
    growth: [
      { operator: "wide", at: 80_000, options: { hidden: 96, heads: 12, kvHeads: 6, tokens: 40_000, seed: 7 } },
      { operator: "wide", at: 80_000, options: { hidden: 97, neurons: 161 } },
    ],
    variants: [{ operator: "other", options: { hidden: 96 } }],
  });
  const wide: CountedByOperator[string] = {
    hidden: { counts: "hidden" },
    heads: { counts: "heads" },
    kvHeads: { counts: "kvHeads" },
    neurons: { counts: "intermediate" },
    tokens: { counts: "tokens", default: 80_000 },
    fits: { counts: "steps", default: 100 },
  };
  const { model, growth, variants } = scaleRecipe(recipe, 0.25, { wide });
  expect(model).toMatchObject({ hidden: 16, heads: 2, kvHeads: 1, intermediate: 40, context: 20 });
  // A quarter of the steps, each of 20 × 3 tokens. Query heads come in multiples of key/value heads.
  expect(growth.map(({ options }) => options)).toEqual([
    { hidden: 24, heads: 4, kvHeads: 2, tokens: 720, seed: 7, fits: 25 },
    { hidden: 25, neurons: 41, tokens: 1500, fits: 25 },
  ]);
  expect(variants[0]?.options).toEqual({ hidden: 96 });
});
