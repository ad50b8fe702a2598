// A stage as data: it survives JSON, and its identity is the hash of everything but the fields in `notCounted`.
import { defineOperator } from "@cambium/growth";
import { grownModel, modelSizes, parameterTable } from "@cambium/model";
import stack from "@cambium/operator-stack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import {
  identityOf,
  notCounted,
  type PlannedStage,
  parseRecipe,
  parseStage,
  planArms,
  type RecipeInput,
  recipeSchema,
  type Stage,
  stageJson,
} from "../src/index.js";
import { settingsFields } from "../src/plan/settings.js";
import { minimal } from "./support.js";

/** Grows with every part of a phase, and an option that is a list. */
const elaborate = defineOperator({
  name: "elaborate",
  version: "1.2.3",
  summary: "For a test.",
  options: z.looseObject({}),
  target: (base) => grownModel(base, { layers: 2 * (modelSizes(base).layers ?? 0) }),
  plan: (base, target) => ({
    ...stack.plan(base, { factor: 2 }),
    phase: {
      masks: [{ tensors: [], axis: "layers", range: [0, 1], schedule: { kind: "linear", start: 16, tokens: 16 } }],
      frozen: [parameterTable(target)[0]?.name ?? ""],
      lrMultipliers: { [parameterTable(target)[1]?.name ?? ""]: 0.5 },
    },
  }),
});

function stagesOf(change: Partial<RecipeInput> = {}, operator = stack): PlannedStage[] {
  const recipe = parseRecipe(stringify({ ...minimal, ...change }), "r.yaml");
  const operators = { growth: recipe.growth.map(() => operator), variants: [] };
  const context = { vocabSize: 256, dataContent: "text", device: "reference 1", operators };
  return planArms(recipe, context).flatMap((arm) => arm.stages);
}

const here = { kind: "checkpoint", path: "./here", fingerprint: "f" } as const;
const checkpointed = (stage: Stage): Stage => ({
  ...{ ...stage, start: here },
  distill: { teacher: stage.model, weight: 0.5, temperature: 2, from: here },
});

/** A value for each field of `train` that stages have only if the recipe sets it. */
const optional = Object.fromEntries(
  Object.entries(recipeSchema.shape.train.shape).flatMap(([name, field]) => {
    if (!(name in settingsFields) || !(field instanceof z.ZodOptional)) return [];
    const { enum: words = [] } = z.toJSONSchema(field, { io: "input" });
    return [[name, [...words, true, 1, 0.5, "word"].find((value) => field.safeParse(value).success)]];
  }),
);

/** One of every kind of start, end and schedule, and one with every optional setting. */
const stages: readonly Stage[] = [
  ...stagesOf({}, elaborate),
  ...stagesOf({ train: { ...minimal.train, ...optional } }),
  ...stagesOf({
    growth: [
      {
        operator: "stack",
        factor: 2,
        at: { slope: { threshold: -0.05 } },
        schedule: "rewarm",
        warmup: 32,
        moments: "carry",
        submodels: { depths: [1, 2], top: 1, tokens: 32 },
        distill: { weight: 0.5, temperature: 2 },
      },
    ],
    train: { ...minimal.train, warmup: 16, optimizer: { clip: null } },
  }),
  ...stagesOf({
    growth: [
      {
        ...{ operator: "stack", factor: 2, at: { probe: { every: 192, budget: 16, window: 3, most: 240 } } },
        ...{ schedule: "rewarm-new", warmup: 16 },
      },
    ],
    train: { ...minimal.train, optimizer: { undecayed: ["norm"] } },
  }),
  ...stagesOf({ train: { ...minimal.train, schedule: { name: "wsd", decay: 32 } }, growth: [] }).map(
    ({ stage, ...plan }) => ({
      ...plan,
      stage: checkpointed(stage),
    }),
  ),
].map(({ stage }) => stage);

/** Paths of everything in `value` that is neither a list nor an object, nor a model's family, which is code. */
function leaves(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (path.at(-1) === "family") return [];
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, held]) => leaves(held, [...path, key]));
}

function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  if (Array.isArray(value)) return value.map((held, i) => (String(i) === key ? changed(held, rest, to) : held));
  const held = value as Record<string, unknown>;
  return { ...held, [key]: changed(held[key], rest, to) };
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((held, key) => (held as Record<string, unknown>)[key], value);
}

describe("a stage", () => {
  test("covers every kind of start and end", () => {
    expect(new Set(stages.map(({ start }) => start.kind))).toEqual(new Set(["init", "checkpoint", "growth"]));
    expect(new Set(stages.map(({ until }) => until.kind))).toEqual(new Set(["tokens", "slope", "probe"]));
  });

  test("has every setting that a recipe may leave out", () => {
    expect(stages.some((stage) => Object.keys(optional).every((name) => name in stage))).toBe(true);
  });

  test("reads back from JSON as it was, with the same identity", () => {
    for (const stage of stages) {
      const read = parseStage(JSON.parse(JSON.stringify(stageJson(stage))));
      expect(read).toEqual(stage);
      expect(identityOf(read)).toBe(identityOf(stage));
    }
  });

  test("has another identity when any field is another, but for those that do not count", () => {
    fc.assert(
      fc.property(fc.constantFrom(...stages), fc.nat(), fc.string({ minLength: 1 }), (stage, pick, text) => {
        // An expression of an unknown kind has no JSON.
        const paths = leaves(stage).filter((path) => !(path.includes("tensors") && path.at(-1) === "kind"));
        const path = paths[pick % paths.length] as readonly string[];
        const before = at(stage, path);
        const after = typeof before === "number" ? before + 1 : `${String(before)}${text}`;
        const other = changed(stage, path, after) as Stage;
        const counts = !notCounted.some((left) => left.join() === path.join());
        expect(identityOf(other) !== identityOf(stage), path.join(".")).toBe(counts);
      }),
      { numRuns: 1000 },
    );
  });

  test("has another identity when a field is left out", () => {
    for (const stage of stages) {
      for (const field of Object.keys(stage) as (keyof Stage)[]) {
        if (field === "name" || field === "start" || field === "model") continue;
        const { [field]: _, ...rest } = stage;
        expect(identityOf(rest as Stage), field).not.toBe(identityOf(stage));
      }
    }
  });

  test.each<[string, (json: Record<string, unknown>) => unknown]>([
    ["a field that it does not know", (json) => ({ ...json, momentum: 0.9 })],
    ["a field that is missing", ({ optimizer: _, ...json }) => json],
    ["another version", (json) => ({ ...json, version: 99 })],
    ["a model that does not hold", (json) => changed(json, ["model", "config", "heads"], 3)],
    ["no stage", () => [1, 2]],
  ])("is refused with %s", (_, change) => {
    const json = JSON.parse(JSON.stringify(stageJson(stages[0] as Stage)));
    expect(() => parseStage(change(json))).toThrow(expect.objectContaining({ code: "E_STAGE" }));
  });
});
