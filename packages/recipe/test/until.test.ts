// When stages end, and which learning rates they follow, from recipes.
import { countParameters, parameterTable } from "@cambium/model";
import stack from "@cambium/operator-stack";
import { growthTiming } from "@cambium/scaling";
import { schedule } from "@cambium/train";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import {
  type Decided,
  type PlannedStage,
  parseRecipe,
  planArms,
  type RecipeInput,
  type SlopeRule,
  slopeReached,
} from "../src/index.js";
import { minimal } from "./support.js";

type Growth = NonNullable<RecipeInput["growth"]>[number];
const step = minimal.model.context * minimal.train.batch;

/** The grown arm of a recipe that grows as `growth` says. */
function grown(
  growth: readonly Partial<Growth>[],
  change: Partial<RecipeInput> = {},
  decided?: Decided,
): PlannedStage[] {
  const steps = growth.map((one) => ({ operator: "stack", factor: 2, at: 96, ...one }));
  const recipe = parseRecipe(stringify({ ...minimal, growth: steps, ...change }), "r.yaml");
  const operators = { growth: steps.map(() => stack), variants: [] };
  const context = { vocabSize: 256, dataContent: "text", device: "reference 1", operators };
  return planArms(recipe, context, decided)[0]?.stages as PlannedStage[];
}

const train = (change: object) => ({ train: { ...minimal.train, ...change } });

describe("a stage ends", () => {
  test("when the arm has spent a share of its FLOPs, the base's counted", () => {
    const shares = fc.uniqueArray(fc.integer({ min: 5, max: 95 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(shares, (percents) => {
        const sorted = percents.sort((a, b) => a - b);
        const stages = grown(
          sorted.map((percent) => ({ at: { share: percent / 100 } })),
          train({ tokens: 200_000 }),
        );
        const total = stages.reduce((sum, { flops }) => sum + flops, 0);
        let spent = 0;
        for (const [i, percent] of sorted.entries()) {
          const { flops, tokens } = stages[i] as PlannedStage;
          spent += flops;
          // To half a step of each stage so far.
          expect(Math.abs(spent - (percent / 100) * total)).toBeLessThan((flops / tokens) * step * (i + 2));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("not when its share is spent before it begins", () => {
    expect(() => grown([{ at: { share: 0.5 } }, { at: { share: 0.4 } }])).toThrow(
      expect.objectContaining({
        code: "E_GROWTH_TIMING",
        details: expect.objectContaining({ where: "growth.1.at" }),
      }),
    );
  });

  test("when the paper's equation says, or not at all where it says nothing", () => {
    expect(() => grown([{ at: { timing: "paper" } }])).toThrow(
      expect.objectContaining({
        code: "E_GROWTH_TIMING",
        details: expect.objectContaining({ got: expect.stringContaining("below 5e19") }),
      }),
    );
    const model = { layers: 6, hidden: 2048, heads: 16, intermediate: 5461, context: 2048 };
    const change = { model, ...train({ tokens: 100e9, batch: 64, lr: 3e-4 }) };
    const stages = grown([{ factor: 4, at: { timing: "paper" } }], change);
    const [base, target] = stages as [PlannedStage, PlannedStage];
    const timing = growthTiming({
      parameters: countParameters(target.stage.model).total,
      flops: stages.reduce((sum, { flops }) => sum + flops, 0),
    });
    expect(timing.valid).toBe(true);
    expect(Math.abs(base.tokens / timing.value - 1)).toBeLessThan(1e-4);
  });

  test("when a run decides it: planned at its longest, and planned again once it is known", () => {
    const slope = { threshold: -0.05, window: 3, most: 160 };
    const [base, target] = grown([{ at: { slope } }]) as [PlannedStage, PlannedStage];
    expect([base.open, base.tokens, target.open]).toEqual([true, 160, false]);
    expect(base.stage.until).toMatchObject({ kind: "slope", threshold: -0.05, window: 3, most: 160, flopsBefore: 0 });
    const [again, later] = grown([{ at: { slope } }], {}, new Map([[base.id, 96]])) as [PlannedStage, PlannedStage];
    expect([again.id, again.open, again.tokens]).toEqual([base.id, false, 96]);
    expect(later.id).not.toBe(target.id);
    expect(later.stage.data.position).toBe(96);
    expect(later.tokens).toBeGreaterThan(target.tokens);
  });
});

describe("a growth that is tried", () => {
  const probe = { every: 96, budget: 32, window: 3, most: 320 };

  test("pays for the probes before it, out of the same budget", () => {
    const change = { ...train({ tokens: 3200 }), evaluate: { every: 16, tokens: 32 } };
    const planned = grown([{ at: { probe } }], change);
    const [base, longest] = planned as [PlannedStage, PlannedStage];
    expect([base.open, base.tokens]).toEqual([true, 320]);
    const count = ({ stage: { start } }: PlannedStage) => (start.kind === "growth" ? start.probed?.count : undefined);
    // At 96, 192 and 288, and the last is not a probe.
    expect(count(longest)).toBe(3);
    const total = planned.reduce((sum, { flops }) => sum + flops, 0);
    for (const [end, failed] of [
      [96, undefined],
      [192, 1],
      [288, 2],
      [320, 3],
    ] as const) {
      const stages = grown([{ at: { probe } }], change, new Map([[base.id, end]]));
      const [again, target] = stages as [PlannedStage, PlannedStage];
      expect([again.id, again.open, count(target)]).toEqual([base.id, false, failed]);
      expect(target.stage.data.position).toBe(end);
      const perStep = (target.flops / target.tokens) * step;
      expect(Math.abs(stages.reduce((sum, { flops }) => sum + flops, 0) - total)).toBeLessThan(perStep);
    }
  });

  test("identifies what is tried: another operator, rate or budget may end otherwise", () => {
    const id = (growth: Partial<Growth>, change: object = {}) =>
      grown([{ at: { probe }, ...growth }], train({ tokens: 3200, ...change }))[0]?.id;
    const changes = [id({}), id({ factor: 3 }), id({ lr: 0.5 }), id({ moments: "carry" }), id({}, { tokens: 3216 })];
    expect(new Set(changes).size).toBe(changes.length);
    expect(id({})).toBe(changes[0]);
  });

  test("is refused where its probes outlast it", () => {
    expect(() => grown([{ at: { probe: { ...probe, budget: 320 } } }], train({ tokens: 640 }))).toThrow(
      expect.objectContaining({
        code: "E_GROWTH_TIMING",
        details: expect.objectContaining({ where: "growth.0.at.probe.budget" }),
      }),
    );
  });
});

describe("the slope rule", () => {
  const rule: SlopeRule = { kind: "slope", threshold: -0.1, window: 3, least: 0, most: 1e9, flopsBefore: 0 };
  /** Losses on the line L = 5 − b ln C, measured every other row. */
  const rows = (slopes: readonly number[]) => {
    let loss = 5;
    return slopes.flatMap((b, i) => {
      const flops = 2 ** (i + 1);
      if (i > 0) loss += b * Math.LN2;
      const row = { tokens: 10 * (i + 1), flops };
      return [
        { ...row, flops: flops - 0.5 },
        { ...row, heldOutLoss: loss },
      ];
    });
  };

  test("finds the first measurement at which the least-squares line is flat enough", () => {
    const falling = rows([-1, -1, -0.5, -0.2, -0.11, -0.07, -0.05]);
    const first = falling.findIndex((_, i) => slopeReached(rule, falling.slice(0, i + 1)));
    // Over three measurements an octave apart the line's slope is the mean of two: −0.155, and then −0.09.
    expect(falling[first]?.flops).toBe(2 ** 6);
  });

  test("asks for a whole window that was steeper before, for open masks, and only at measurements", () => {
    const flat = rows([0, 0, 0, 0, 0, 0]);
    expect(flat.some((_, i) => slopeReached(rule, flat.slice(0, i + 1)))).toBe(false);
    const flattens = rows([0, -1, -1, 0, 0, 0]);
    expect(flattens.map((_, i) => slopeReached(rule, flattens.slice(0, i + 1)))).toEqual(
      [0, 0, 0, 0, 1, 1].flatMap((reached) => [false, reached === 1]),
    );
    expect(slopeReached({ ...rule, least: 51 }, flattens.slice(0, 10))).toBe(false);
    expect(slopeReached({ ...rule, least: 51 }, flattens)).toBe(true);
  });
});

describe("the schedule at a growth", () => {
  const rates = (stages: readonly PlannedStage[]) =>
    stages.flatMap(({ stage, tokens }) => {
      const rate = schedule(stage.schedule);
      return Array.from({ length: tokens / step }, (_, i) => rate(i * step, step));
    });
  const falls = { tokens: 3200, schedule: "linear" as const, minLr: 0, warmup: 64 };

  test("goes on: one line from the end of the warm-up to the end of the arm, over three stages", () => {
    const stages = grown(
      [
        { at: 320, schedule: "continue" },
        { at: 320, schedule: "continue" },
      ],
      train(falls),
    );
    const all = rates(stages);
    const total = all.length * step;
    const whole = schedule({ name: "linear", peak: 0.01, floor: 0, warmup: 64, total });
    expect(all).toEqual(all.map((_, i) => whole(i * step, step)));
    expect(all.at(-1)).toBeCloseTo((0.01 * step) / (total - 64), 12);
  });

  test("is entered anew where a growth rewinds it to, under a new warm-up, and ends with the arm", () => {
    const at = { slope: { threshold: -0.05, most: 640 } };
    const rewound = { at, schedule: "rewind" as const, warmup: 2 * step, rewind: 64 };
    const stages = grown([rewound], train({ ...falls, warmup: 32 }));
    const { tokens, stage } = stages[1] as PlannedStage;
    const whole = { name: "linear", peak: 0.01, floor: 0, warmup: 32 };
    expect(stages[0]?.stage.schedule).toEqual({ ...whole, total: 3200 });
    expect(stage.schedule).toEqual({ ...whole, total: 64 + tokens, position: 64, rewarm: 2 * step });
    expect(() => grown([{ at: 320, schedule: "rewind" }], train(falls))).toThrow("belong together");
    expect(() => grown([{ at: 320, rewind: 16 }], train(falls))).toThrow("belong together");
  });

  test("goes on under a factor that rises with the steps since", () => {
    const before = rates(grown([{ at: 320, schedule: "continue" }], train(falls)));
    const after = rates(grown([{ at: 320, schedule: "rewarm", warmup: 5 * step }], train(falls)));
    const grew = 320 / step;
    expect(after.map((rate, i) => rate / (before[i] as number))).toEqual(
      after.map((_, i) => (i < grew ? 1 : expect.closeTo(Math.min(1, (i + 1 - grew) / 5), 12))),
    );
  });

  test("goes on unbroken for what is old, while the new layers alone warm up", () => {
    const before = rates(grown([{ at: 320, schedule: "continue" }], train(falls)));
    const stages = grown([{ at: 320, schedule: "rewarm-new", warmup: 80 }], train(falls));
    expect(rates(stages)).toEqual(before);
    const [base, target] = stages as [PlannedStage, PlannedStage];
    expect(base.stage.phase.groups).toBeUndefined();
    const parameters = parameterTable(target.stage.model).flatMap(({ name, layer }) => (layer === 1 ? [name] : []));
    expect(target.stage.phase.groups).toEqual([{ parameters, lr: 1, warmup: 80, decay: true }]);
    const [, other] = grown([{ at: 320, schedule: "rewarm-new", warmup: 96 }], train(falls)) as PlannedStage[];
    expect(other?.id).not.toBe(target.id);
  });

  test("applies rates and decay by kind of parameter to every stage", () => {
    const stages = grown(
      [{ at: 320, schedule: "rewarm-new", warmup: 80 }],
      train({ ...falls, lrFactors: { embedding: 0.5 }, optimizer: { undecayed: ["norm"] } }),
    );
    const groups = stages.map(({ stage }) => stage.phase.groups ?? []);
    const norms = (layer?: number) =>
      parameterTable((stages[1] as PlannedStage).stage.model).flatMap((of) =>
        of.kind === "norm" && (layer === undefined ? of.layer !== 1 : of.layer === layer) ? [of.name] : [],
      );
    const embedding = { parameters: ["model.embed_tokens.weight"], lr: 0.5, warmup: 0, decay: true };
    expect(groups[0]).toEqual([embedding, { parameters: norms(), lr: 1, warmup: 0, decay: false }]);
    expect(groups[1]).toHaveLength(4);
    expect(groups[1]).toContainEqual({ parameters: norms(1), lr: 1, warmup: 80, decay: false });
  });

  test("restarts, with the run's warm-up if the growth names none", () => {
    const [, target] = grown([{ at: 320 }], train(falls)) as [PlannedStage, PlannedStage];
    expect(target.stage.schedule).toEqual({ name: "linear", peak: 0.01, floor: 0, warmup: 64, total: target.tokens });
    const [, cold] = grown([{ at: 320, warmup: 0 }], train(falls)) as [PlannedStage, PlannedStage];
    expect(cold.stage.schedule).not.toHaveProperty("warmup");
  });

  test("keeps the rate that an earlier growth has set until the schedule begins anew", () => {
    const stages = grown(
      [{ at: 96, lr: 0.005 }, { at: 96, schedule: "continue" }, { at: 96 }],
      train({ tokens: 3200 }),
    );
    expect(stages.map(({ stage }) => stage.schedule.peak)).toEqual([0.01, 0.005, 0.005, 0.01]);
  });

  test("cannot span a growth that is decided later, unless it has no end", () => {
    const growth = [{ at: { slope: { threshold: -0.1 } }, schedule: "continue" as const }];
    expect(() => grown(growth, train(falls))).toThrow(expect.objectContaining({ code: "E_SCHEDULE" }));
    expect(grown(growth)).toHaveLength(2);
  });

  test.each<[Partial<Growth>, RegExp]>([[{ schedule: "continue", warmup: 16 }, /unbroken has no warm-up/]])(
    "refuses %j",
    (change, message) => {
      expect(() => grown([change])).toThrow(expect.objectContaining({ code: "E_RECIPE" }));
      try {
        grown([change]);
      } catch (error) {
        expect((error as { format(): string }).format()).toMatch(message);
      }
    },
  );
});
