// Plans: budgets, positions, counted FLOPs, and identities that change with what decides bits and with nothing else.
import {
  copy,
  defineOperator,
  depthOperator,
  type Expr,
  fit,
  given,
  type MaskSchedule,
  type Operator,
  type PlanParts,
  zeros,
} from "@cambium/growth";
import { graphCost } from "@cambium/ir";
import { grownModel, llama, type ModelSpec, modelSizes, modelSpec, parameterTable, sizesAlong } from "@cambium/model";
import stack from "@cambium/operator-stack";
import { defaultOptimizer, trainStepGraph } from "@cambium/train";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import {
  type ArmPlan,
  type PlannedStage,
  type PlanSurroundings,
  parseRecipe,
  planArms,
  type RecipeInput,
} from "../src/index.js";
import { minimal } from "./support.js";

function plan(recipe: RecipeInput, around: Partial<PlanSurroundings> = {}): ArmPlan[] {
  const parsed = parseRecipe(stringify(recipe), "r.yaml");
  const operators = { growth: parsed.growth.map(() => stack), variants: parsed.variants.map(() => stack) };
  return planArms(parsed, { vocabSize: 256, dataContent: "text", device: "reference 1", operators, ...around });
}

function flopsOf(arm: ArmPlan | undefined): number {
  return (arm?.stages ?? []).reduce((sum, { flops }) => sum + flops, 0);
}

function perStep({ flops, tokens }: PlannedStage, { train, model }: typeof minimal): number {
  return (flops / tokens) * train.batch * model.context;
}

function copies(base: ModelSpec): Record<string, Expr> {
  return Object.fromEntries(parameterTable(base).map(({ name }) => [name, copy(name)]));
}

/** An operator that changes no size, and whose plan is `plan`'s. */
function operatorOf(name: string, plan: (base: ModelSpec) => PlanParts): Operator {
  return defineOperator({
    name,
    version: "1.0.0",
    summary: "For a test.",
    options: z.looseObject({}),
    target: (base) => base,
    plan,
  });
}

describe("a plan", () => {
  const growths = fc.array(
    fc.record({ at: fc.integer({ min: 1, max: 400 }), factor: fc.integer({ min: 2, max: 3 }) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  );

  test("gives both arms the same FLOPs, base included, to a step of the target", () => {
    fc.assert(
      fc.property(growths, fc.integer({ min: 1500, max: 20_000 }), (steps, tokens) => {
        const growth = steps.map((step) => ({ operator: "stack", ...step }));
        const recipe = { ...minimal, growth, train: { ...minimal.train, tokens } };
        const [grown, scratch] = plan(recipe);
        const target = grown?.stages.at(-1) as PlannedStage;
        expect(target.stage.model).toEqual(scratch?.stages[0]?.stage.model);
        expect(Math.abs(flopsOf(grown) - flopsOf(scratch))).toBeLessThanOrEqual(perStep(target, recipe));
      }),
    );
  });

  test("a variant whose target has other sizes spends the same FLOPs all the same", () => {
    const wide = defineOperator({
      name: "wide",
      version: "1.0.0",
      summary: "Twice the layers, twice as wide.",
      options: z.looseObject({}),
      target: (base) => {
        const { layers, intermediate } = sizesAlong(base, ["layers", "intermediate"]);
        return grownModel(base, { layers: 2 * layers, intermediate: 2 * intermediate });
      },
      plan: (base, target) => ({
        tensors: Object.fromEntries(parameterTable(target).map(({ name, shape }) => [name, zeros(shape)])),
        dropped: parameterTable(base).map(({ name }) => name),
      }),
    });
    const recipe: RecipeInput = { ...minimal, variants: ["wide"] };
    const [grown, , variant] = plan(recipe, { operators: { growth: [stack], variants: [wide] } });
    const target = variant?.stages.at(-1) as PlannedStage;
    const width = ({ stage }: PlannedStage) => modelSizes(stage.model).intermediate ?? 0;
    expect(width(target)).toBe(2 * width(grown?.stages.at(-1) as PlannedStage));
    expect(Math.abs(flopsOf(variant) - flopsOf(grown))).toBeLessThanOrEqual(perStep(target, minimal));
  });

  test("grows by each variant from the same base, for the same FLOPs", () => {
    const repeat = depthOperator({
      name: "repeat",
      version: "1.0.0",
      summary: "Every layer repeated in place.",
      layers: (base, target) => Array.from({ length: target }, (_, t) => Math.floor((t * base) / target)),
    });
    const recipe: RecipeInput = { ...minimal, variants: ["repeat", { operator: "repeat", options: {} }] };
    const operators = { growth: [stack], variants: [repeat, repeat] };
    const [grown, scratch, ...variants] = plan(recipe, { operators }) as [ArmPlan, ArmPlan, ...ArmPlan[]];
    expect(scratch.name).toBe("scratch");
    expect(variants.map(({ name }) => name)).toEqual(["repeat", "repeat-2"]);
    for (const { stages } of variants) {
      expect(stages.map(({ tokens, flops }) => [tokens, flops])).toEqual(
        grown.stages.map(({ tokens, flops }) => [tokens, flops]),
      );
      expect(stages[0]).toEqual(grown.stages[0]);
      expect(stages[1]?.id).not.toBe(grown.stages[1]?.id);
    }
  });

  test("what a growth must find first is paid for by its arm and read before its stage", () => {
    const fitted = (steps: number) =>
      operatorOf("fitting", (base) => ({
        tensors: {
          ...copies(base),
          "model.norm.weight": given("norm", [8], fit(copy("model.norm.weight"), { steps })),
        },
      }));
    const stages = (growth: Operator) =>
      plan(minimal, { operators: { growth: [growth], variants: [] } })[0]?.stages ?? [];
    const [[base, free], [same, paid]] = [
      stages(operatorOf("free", (model) => ({ tensors: copies(model) }))),
      stages(fitted(5)),
    ];
    expect(same?.tokens).toBe(base?.tokens);
    const start = paid?.stage.start;
    if (start?.kind !== "growth" || !start.find) throw new Error("the stage finds nothing");
    const { batch } = minimal.train as { batch: number };
    const { context } = minimal.model as { context: number };
    expect(start.find.tokens).toBe(5 * batch * context);
    expect(paid?.stage.data.position).toBe((base?.tokens as number) + start.find.tokens);
    expect(start.find.flops).toBeGreaterThan(0);
    // The arm spends what it would without: fewer tokens of training, to a step.
    const perStep = (free?.flops as number) / ((free?.tokens as number) / (batch * context));
    expect(Math.abs((paid?.flops as number) - (free?.flops as number))).toBeLessThanOrEqual(perStep);
    expect(paid?.tokens).toBeLessThan(free?.tokens as number);
    expect(paid?.id).not.toBe(stages(fitted(6))[1]?.id);
  });

  test("refuses masks that are not open when their stage ends, and no others", () => {
    const masking = (schedule: MaskSchedule) => {
      const tensors = ["model.layers.0.mlp.down_proj.weight"];
      const mask = { tensors, axis: "intermediate", range: [0, 1], schedule } as const;
      return plan(minimal, {
        operators: {
          growth: [operatorOf("masking", (base) => ({ tensors: copies(base), phase: { masks: [mask] } }))],
          variants: [],
        },
      });
    };
    const tokens = masking({ kind: "const", value: 1 })[0]?.stages[1]?.tokens as number;
    masking({ kind: "linear", start: 0, tokens });
    for (const schedule of [
      { kind: "linear", start: 1, tokens },
      { kind: "const", value: 0.5 },
    ] as const) {
      expect(() => masking(schedule)).toThrow(
        expect.objectContaining({
          code: "E_GROWTH_MASKS",
          details: expect.objectContaining({ where: 'stage "target"' }),
        }),
      );
    }
  });

  test("lets each stage read on where the one before stopped, in whole steps", () => {
    fc.assert(
      fc.property(growths, (steps) => {
        const growth = steps.map((step) => ({ operator: "stack", ...step }));
        const [grown, scratch] = plan({ ...minimal, growth, train: { ...minimal.train, tokens: 4000 } });
        let position = 0;
        for (const stage of grown?.stages ?? []) {
          expect(stage.stage.data.position).toBe(position);
          expect(stage.tokens % (minimal.train.batch * minimal.model.context)).toBe(0);
          position += stage.tokens;
        }
        expect(scratch?.stages[0]?.stage.data.position).toBe(0);
      }),
    );
  });

  test("counts the FLOPs that the train step's graph has", () => {
    const divisors = fc.constantFrom<[heads: number, kvHeads: number][]>([4, 4], [4, 2], [4, 1], [6, 3]);
    const sizes = fc.record({ layers: fc.integer({ min: 1, max: 3 }), heads: divisors, tied: fc.boolean() });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 5 }), ({ layers, heads: [heads, kvHeads], tied }, width) => {
        const hidden = heads * 2 * width;
        const model = { layers, hidden, heads, kvHeads, intermediate: 3 * width, context: 8, tied };
        const stage = plan({ ...minimal, model, growth: [] })[0]?.stages[0] as PlannedStage;
        const size = { batch: minimal.train.batch, context: 8, optimizer: defaultOptimizer };
        const graph = trainStepGraph(stage.stage.model, size);
        expect(stage.flops / (stage.tokens / (size.batch * size.context))).toBe(graphCost(graph).matrixFlops);
      }),
      { numRuns: 20 },
    );
  });

  test("refuses a checkpoint that the recipe does not fit, with both reasons", () => {
    const model = modelSpec(llama, {
      vocab: 64,
      hidden: 8,
      intermediate: 8,
      layers: 1,
      heads: 2,
      contextLength: 4,
    });
    const checkpoint = { path: "./small", model, fingerprint: "f" };
    const recipe = { ...minimal, model: { from: "./small", context: 8 } };
    expect(() => plan(recipe, { checkpoint })).toThrow(expect.objectContaining({ code: "E_RECIPE" }));
    try {
      plan(recipe, { checkpoint });
    } catch (error) {
      expect((error as { format(): string }).format()).toMatch(/at most 4 tokens[\s\S]*at most 64[\s\S]*256 in bytes/);
    }
  });

  test("refuses a decay that is longer than the grown stage, before anything trains", () => {
    const train = { ...minimal.train, schedule: { name: "wsd", decay: 310 } } as const;
    expect(() => plan({ ...minimal, train })).toThrow(expect.objectContaining({ code: "E_SCHEDULE" }));
  });
});

describe("a stage's identity", () => {
  type Stage = "base" | "target" | "scratch";
  interface Edit {
    readonly what: string;
    readonly recipe?: (recipe: RecipeInput) => RecipeInput;
    readonly around?: Partial<PlanSurroundings>;
    /** Stages whose bits it decides. */
    readonly decides: readonly Stage[];
  }
  const all: readonly Stage[] = ["base", "target", "scratch"];
  const grownOnly: readonly Stage[] = ["base", "target"];
  const model = (change: object) => (recipe: RecipeInput) => ({ ...recipe, model: { ...recipe.model, ...change } });
  const train = (change: object) => (recipe: RecipeInput) => ({ ...recipe, train: { ...recipe.train, ...change } });
  const growth = (change: object) => (recipe: RecipeInput) => ({
    ...recipe,
    growth: [{ ...(recipe.growth?.[0] as object), ...change }] as RecipeInput["growth"],
  });
  const edits: readonly Edit[] = [
    { what: "the seed", recipe: (recipe) => ({ ...recipe, seed: 5 }), decides: all },
    {
      what: "the precision",
      recipe: (recipe) => ({ ...recipe, train: { ...recipe.train, precision: "mixed" } }),
      decides: all,
    },
    { what: "the memory that a step may take", recipe: train({ memory: "1GB" }), decides: all },
    { what: "the text", around: { dataContent: "other text" }, decides: all },
    { what: "the device", around: { device: "reference 2" }, decides: all },
    { what: "the vocabulary", around: { vocabSize: 300 }, decides: all },
    { what: "the end of a text", around: { eosId: 3 }, decides: all },
    { what: "a size", recipe: model({ intermediate: 12 }), decides: all },
    { what: "tied embeddings", recipe: model({ tied: true }), decides: all },
    { what: "the initialisation", recipe: model({ init: "hf" }), decides: all },
    { what: "defaults written out", recipe: model({ kvHeads: 2, ropeTheta: 10_000 }), decides: [] },
    { what: "the learning rate", recipe: train({ lr: 0.02 }), decides: all },
    { what: "beta2", recipe: train({ optimizer: { beta2: 0.99 } }), decides: all },
    { what: "the warm-up", recipe: train({ warmup: 32 }), decides: all },
    { what: "the budget", recipe: train({ tokens: 640 }), decides: ["target", "scratch"] },
    { what: "when it grows", recipe: growth({ at: 128 }), decides: grownOnly },
    { what: "how much it grows", recipe: growth({ factor: 3 }), decides: ["target", "scratch"] },
    { what: "empty options of the operator", recipe: growth({ options: {} }), decides: [] },
    { what: "the moments", recipe: growth({ moments: "carry" }), decides: ["target"] },
    { what: "the rate after growth", recipe: growth({ lr: 0.005 }), decides: ["target"] },
    { what: "the warm-up after growth", recipe: growth({ warmup: 48 }), decides: ["target"] },
    {
      what: "what is measured",
      recipe: (recipe) => ({ ...recipe, evaluate: { every: 32, tokens: 32 } }),
      decides: all,
    },
    { what: "the name", recipe: (recipe) => ({ ...recipe, name: "other" }), decides: [] },
    { what: "where the text lies", recipe: (recipe) => ({ ...recipe, data: { corpus: "./moved.txt" } }), decides: [] },
    { what: "the snapshots", recipe: (recipe) => ({ ...recipe, snapshot: { everySeconds: 9 } }), decides: [] },
    { what: "the samples", recipe: (recipe) => ({ ...recipe, samples: { tokens: 3 } }), decides: [] },
  ];

  const ids = (recipe: RecipeInput, around: Partial<PlanSurroundings>) =>
    new Map(plan(recipe, around).flatMap(({ stages }) => stages.map(({ stage, id }) => [stage.name, id] as const)));

  /** The recipe and what surrounds it, with some edits made. */
  const edited = (made: readonly Edit[]) =>
    ids(
      made.reduce((recipe, edit) => edit.recipe?.(recipe) ?? recipe, minimal as RecipeInput),
      Object.assign({}, ...made.map(({ around }) => around)),
    );

  test("changes with what decides its bits, and with nothing else", () => {
    fc.assert(
      fc.property(fc.subarray([...edits]), fc.subarray([...edits]), (before, further) => {
        const added = further.filter((edit) => !before.includes(edit));
        const [old, fresh] = [edited(before), edited([...before, ...added])];
        const changed = all.filter((stage) => old.get(stage) !== fresh.get(stage));
        expect(changed).toEqual(all.filter((stage) => added.some(({ decides }) => decides.includes(stage))));
      }),
      { numRuns: 300 },
    );
  });

  test.each(edits)("changes exactly the stages that it decides: $what", ({ decides, ...edit }) => {
    const [old, fresh] = [edited([]), edited([{ ...edit, decides }])];
    expect(all.filter((stage) => old.get(stage) !== fresh.get(stage))).toEqual(decides);
  });

  test("does not depend on where a constant learning rate would have ended", () => {
    const other = { ...minimal, train: { ...minimal.train, tokens: 640 } };
    expect(ids(other, {}).get("base")).toBe(ids(minimal, {}).get("base"));
    const cosine = (tokens: number) => ({
      ...minimal,
      train: { ...minimal.train, schedule: "cosine" as const, tokens },
    });
    expect(ids(cosine(640), {}).get("base")).not.toBe(ids(cosine(320), {}).get("base"));
  });
});

describe("the warm-up after a growth", () => {
  const warmups = (train: object, growth: object) => {
    const [grown] = plan({
      ...minimal,
      train: { ...minimal.train, ...train },
      growth: [{ operator: "stack", factor: 2, at: 96, ...growth }],
    });
    return grown?.stages.map(({ stage }) => stage.schedule.warmup);
  };

  test("is that of training unless the growth says otherwise, also that it has none", () => {
    expect(warmups({ warmup: 48 }, {})).toEqual([48, 48]);
    expect(warmups({ warmup: 48 }, { warmup: 16 })).toEqual([48, 16]);
    expect(warmups({ warmup: 48 }, { warmup: 0 })).toEqual([48, undefined]);
    expect(warmups({}, { warmup: 16 })).toEqual([undefined, 16]);
  });
});
