// Plans as data: their mistakes, their JSON, their composition, and their description.

import {
  applyPlan,
  checkPlan,
  composePlans,
  copy,
  depthOperator,
  describePlan,
  type Fit,
  fit,
  type GrowthPlan,
  given,
  givenOf,
  growMoments,
  type Mask,
  type Measure,
  measure,
  parsePlan,
  planJson,
  scale,
  sum,
  take,
  zeros,
} from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { type Phase, plainPhase } from "@cambium/model";
import { describe, expect, test } from "vitest";
import { collect, config, doubleIntermediate, noisy, source, weights, zeroTop } from "./support.js";

const listed = (layers: readonly number[]) =>
  depthOperator({ name: "listed", version: "1.0.0", summary: "A list.", layers: () => layers }).plan(config(), {
    layers: layers.length,
  });
const norm = "model.norm.weight";
const up = "model.layers.1.mlp.up_proj.weight";

function reasonsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    expect(error.code).toBe("E_GROWTH_PLAN");
    return (error.details.reasons ?? []).map(({ where, message }) => `${where ?? ""}: ${message}`);
  }
  return [];
}

const phased = (phase: Partial<Phase>) => ({ phase: { ...plainPhase, ...phase } });

describe("an inconsistent plan", () => {
  const plan = listed([0, 1, 2, 2]);
  const { [up]: _, ...missing } = plan.tensors;

  test.each<[string, Partial<GrowthPlan>, string[]]>([
    [
      "a tensor not made",
      { tensors: missing },
      [`${up}: the plan does not make this tensor of the target`, `${up}: a base tensor is lost`],
    ],
    [
      "a tensor too many",
      { tensors: { ...plan.tensors, extra: copy(norm) } },
      ["extra: is not a tensor of the target"],
    ],
    [
      "a wrong shape",
      { tensors: { ...plan.tensors, [norm]: take(copy(norm), "hidden", [0, 1]) } },
      [`${norm}: has the wrong shape`],
    ],
    [
      "an unknown source",
      { tensors: { ...plan.tensors, [up]: copy("up") }, dropped: [up] },
      [`${up}: reads "up", which the base does not have`],
    ],
    ["a base tensor lost", { tensors: { ...plan.tensors, [norm]: zeros([8]) } }, [`${norm}: a base tensor is lost`]],
    ["dropped and read", { dropped: [norm] }, [`${norm}: is listed as dropped, but is read`]],
    ["dropped and unknown", { dropped: ["nothing"] }, ["nothing: is dropped, but the base does not have it"]],
    [
      "a moment rule of a wrong shape",
      { optimizer: { moments: { [norm]: copy(up) } } },
      [`optimizer.moments: ${norm}: has the wrong shape`],
    ],
    [
      "a moment rule for nothing",
      { optimizer: { moments: { nothing: copy(norm) } } },
      ["optimizer.moments: nothing: is not a tensor of the target"],
    ],
    [
      "a factor that reads weights in a moment rule",
      { optimizer: { moments: { [norm]: take(copy(norm), 0, [0, 1, 2, 3, 4, 5, 6, 7], copy(norm)) } } },
      [`optimizer.moments: ${norm}: a factor reads "${norm}"; moments cannot follow that`],
    ],
    ["freezing nothing", phased({ frozen: ["nothing"] }), ["frozen: nothing: the model has no such parameter"]],
    [
      "a learning rate that is none",
      phased({ lrMultipliers: { [norm]: -1, [up]: Number.NaN } }),
      [`lrMultipliers: ${norm}: is not a factor`, `lrMultipliers: ${up}: is not a factor`],
    ],
    [
      "a mask beyond its axis",
      phased({ masks: [{ tensors: [norm], axis: "hidden", range: [4, 9], schedule: { kind: "const", value: 0 } }] }),
      ['masks / 0: is not a range of the axis "hidden"'],
    ],
    [
      "masks on nothing, what has no such axis, layers by name, or by no schedule",
      phased({
        masks: [
          { tensors: [], axis: "hidden", range: [0, 1], schedule: { kind: "const", value: 0 } },
          { tensors: [norm], axis: "heads", range: [0, 1], schedule: { kind: "const", value: 2 } },
          { tensors: [norm], axis: "layers", range: [0, 1], schedule: { kind: "linear", start: 0, tokens: 0 } },
        ],
      }),
      [
        "masks / 0: masks nothing",
        `masks / 1: masks "${norm}", which has no axis "heads"`,
        "masks / 1: has an invalid schedule",
        "masks / 2: masks whole layers and names tensors",
        "masks / 2: has an invalid schedule",
      ],
    ],
    [
      "dead parameters that do not exist",
      { claims: { functionPreserving: "no", deadParams: ["nothing"] } },
      ["claims.deadParams: nothing: is not a tensor of the target"],
    ],
    ["another contract", { contract: 1 }, [": the plan was made for another version of the growth contract"]],
  ])("%s", (_name, change, expected) => {
    expect(reasonsOf(() => checkPlan({ ...plan, ...change }))).toEqual(expected);
  });

  test("every mistake at once, under the operator's name", () => {
    const bad = {
      ...plan,
      tensors: { ...missing, extra: copy(norm), [norm]: copy("x") },
      ...phased({ frozen: ["y"] }),
      dropped: ["z"],
      contract: 9,
    };
    expect(reasonsOf(() => checkPlan(bad))).toHaveLength(7);
    expect(() => checkPlan(bad)).toThrow("the plan of listed 1.0.0 does not hold together");
  });

  test("names of Object.prototype are not tensors", () => {
    expect(reasonsOf(() => checkPlan({ ...plan, dropped: ["constructor"] }))).toHaveLength(1);
  });
});

const opening: Mask[] = [
  { tensors: [norm], axis: "hidden", range: [0, 4], schedule: { kind: "linear", start: 10, tokens: 5000 } },
  { tensors: [], axis: "layers", range: [1, 3], schedule: { kind: "const", value: 0.5 } },
];

describe("JSON", () => {
  test.each([
    listed([0, 1, 2, 1]),
    listed([2, 2, 2]),
    doubleIntermediate.plan(config({ tied: true })),
    zeroTop.plan(config(), { layers: 5 }),
    noisy.plan(config()),
    {
      ...noisy.plan(config()),
      ...phased({ masks: opening }),
      claims: { functionPreserving: "no", deadParams: [norm] } as const,
    },
  ])("round trip: %#", (plan) => {
    expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test("long lists are written once, and are one shared list again when read back", () => {
    const plan = doubleIntermediate.plan(config({ intermediate: 1000 }));
    const json = JSON.stringify(planJson(plan));
    // Two lists of 2000, of numbers of at most three digits and of 0.5, for six takes and their moments.
    expect(json.length).toBeLessThan(2 * 2000 * 4 + 6000);
    const back = parsePlan(JSON.parse(json));
    expect(back).toEqual(plan);
    const [gate, up] = ["gate", "up"].map((part) => back.tensors[`model.layers.1.mlp.${part}_proj.weight`]);
    expect(gate?.kind === "take" && up?.kind === "take" && gate.indices === up.indices).toBe(true);
    const { lists: _, ...without } = JSON.parse(json);
    expect(reasonsOf(() => parsePlan(without)).join()).toContain("there is no list");
  });

  test("rope scaling and token ids survive", () => {
    const ropeScaling = {
      type: "llama3",
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalContextLength: 8,
    } as const;
    const plan = zeroTop.plan(config({ ropeScaling, bosTokenId: 1, eosTokenId: [2, 3] }), { factor: 2 });
    expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test("every reason at once", () => {
    const plan = listed([0, 1, 2]);
    const reasons = reasonsOf(() =>
      parsePlan({
        ...plan,
        contract: 1,
        extra: 1,
        base: { family: "llama", config: { ...plan.base.config, heads: 0, bias: true } },
        tensors: { a: { kind: "coppy" } },
        phase: { frozen: "all" },
      }),
    );
    for (const word of ["contract", "extra", "base / heads", "base / bias", "tensors / a / kind", "phase / frozen"])
      expect(reasons.join("\n")).toContain(word);
  });

  test.each([null, undefined, [], 1, "plan", {}])("refuses %j", (json) => {
    expect(reasonsOf(() => parsePlan(json)).length).toBeGreaterThan(0);
  });

  test("a well-formed plan must also be consistent", () => {
    expect(reasonsOf(() => parsePlan(JSON.parse(JSON.stringify({ ...listed([0, 1, 2]), dropped: [norm] }))))).toEqual([
      `${norm}: is listed as dropped, but is read`,
    ]);
  });
});

describe("composition", () => {
  const held = weights(config());

  test("depth on depth is the list of the list", async () => {
    const first = listed([0, 2, 2, 1]);
    const second = depthOperator({ name: "then", version: "2.0.0", summary: "-", layers: () => [3, 3, 1, 0, 1] }).plan(
      first.target,
      { layers: 5 },
    );
    const both = composePlans(first, second);
    expect(both.tensors).toEqual(listed([1, 1, 2, 0, 2]).tensors);
    expect(both.operator).toMatchObject({ name: "listed+then", version: "1.0.0+2.0.0" });
    expect(both.dropped).toEqual([]);
    expect(composePlans(listed([0, 1, 2]), listed([2, 2, 2])).dropped).toEqual(listed([2, 2, 2]).dropped);
  });

  test("stack then width equals width then stack", async () => {
    const depth = depthOperator({
      name: "d",
      version: "1.0.0",
      summary: "-",
      layers: (l, t) => Array.from({ length: t }, (_, i) => i % l),
    });
    const first = depth.plan(config(), { factor: 2 });
    const narrow = doubleIntermediate.plan(config());
    const a = composePlans(first, doubleIntermediate.plan(first.target));
    const b = composePlans(narrow, depth.plan(narrow.target, { factor: 2 }));
    expect(await collect(applyPlan(a, source(held)))).toEqual(await collect(applyPlan(b, source(held))));
    const moments = (plan: GrowthPlan) =>
      collect(growMoments(plan, { updates: 1, m: source(held), v: source(held) }, "carry").tensors);
    expect(await moments(a)).toEqual(await moments(b));
    expect(a.claims).toEqual({ functionPreserving: "no" });
  });

  test("axis names apply to tensors that the first plan made new", async () => {
    const silent = zeroTop.plan(config(), { layers: 4 });
    const second = doubleIntermediate.plan(silent.target);
    const both = composePlans({ ...silent, phase: plainPhase }, second);
    expect(both.claims).toEqual({ functionPreserving: "exact" });
    const made = await collect(applyPlan(both, source(held)));
    expect(made["model.layers.3.mlp.down_proj.weight"]?.shape).toEqual([8, 20]);
  });

  test("the `given` tensors of both plans stay apart, and a second plan may not measure", () => {
    const declaring = (by: Fit | Measure) => {
      const same = listed([0, 1, 2]);
      return { ...same, tensors: { ...same.tensors, [norm]: sum([copy(norm), given("gain", [8], by)]) } };
    };
    const fitted = declaring(fit(copy(norm), { steps: 7, lr: 0.5 }));
    const both = composePlans(fitted, fitted);
    expect(givenOf(both.tensors).map(({ name }) => name)).toEqual(["gain", "then gain"]);
    expect(parsePlan(JSON.parse(JSON.stringify(planJson(both))))).toEqual(both);
    const measured = declaring(measure("gradient", norm, 100));
    expect(parsePlan(JSON.parse(JSON.stringify(planJson(measured))))).toEqual(measured);
    expect(givenOf(composePlans(measured, listed([0, 0, 1, 1, 2, 2])).tensors)).toHaveLength(1);
    expect(() => composePlans(fitted, measured)).toThrow(expect.objectContaining({ code: "E_GROWTH_NEEDS" }));
  });

  test("if one plan has factors without a rule, the composed plan has no rule", () => {
    const first = noisy.plan(config());
    const both = composePlans(first, doubleIntermediate.plan(first.target));
    expect(both.optimizer.moments).toEqual({});
    expect(() => growMoments(both, { updates: 1, m: source(held), v: source(held) }, "carry")).toThrow(
      expect.objectContaining({ code: "E_GROWTH_MOMENTS" }),
    );
  });

  test("is refused if the second plan does not start at the first's target, or the first's phase would be lost", () => {
    expect(() => composePlans(listed([0, 1, 2, 2]), listed([0, 1, 2]))).toThrow(
      expect.objectContaining({ code: "E_GROWTH_PLAN" }),
    );
    const silent = zeroTop.plan(config(), { layers: 4 });
    expect(() => composePlans(silent, doubleIntermediate.plan(silent.target))).toThrow(
      expect.objectContaining({ code: "E_GROWTH_NEEDS" }),
    );
  });
});

describe("a plan in a dozen lines", () => {
  test("depth", () => {
    expect(describePlan(listed([0, 1, 0, 1, 1])).split("\n")).toEqual([
      "operator      listed 1.0.0 layers=5",
      "sizes         layers 3 → 5",
      "layers        0–1 ×2 | 1",
      "R_c           2/4 = 50.00 %",
      "parameters    2,104 → 3,384",
      "non-embedding 1,928 → 3,208 (× 1.664)",
      "tensors       48 copied, 0 computed, 0 new",
      "dropped       9: model.layers.2.input_layernorm.weight, …, model.layers.2.mlp.down_proj.weight",
      "function      not preserved",
    ]);
  });

  test("width, and what training must follow", () => {
    const text = describePlan(doubleIntermediate.plan(config(), { share: 0.25, slow: true }));
    for (const part of [
      "share=0.25 slow=true",
      "intermediate 10 → 20",
      "0–2\n",
      "2/2 = 100.00 %",
      "21 copied, 9 computed, 0 new",
      "dropped       no tensor",
      "preserved exactly",
      "needs         lrMultipliers",
    ]) {
      expect(text).toContain(part);
    }
    const masked = { ...noisy.plan(config()), ...phased({ masks: opening }) };
    expect(describePlan(masked)).toContain("masks         2, not all of them ever open");
    expect(describePlan({ ...masked, ...phased({ masks: opening.slice(0, 1) }) })).toContain(
      "masks         1, open after 5,010 tokens",
    );
    expect(describePlan({ ...noisy.plan(config()), claims: { functionPreserving: "at-mask-0" } })).toContain(
      "sizes         unchanged",
    );
    expect(describePlan(zeroTop.plan(config(), { layers: 5 }))).toContain("44 copied, 0 computed, 4 new");
  });
});

test("a scaled tensor needs a moment rule of its own, a selected one does not", () => {
  const plan = listed([0, 1, 2]);
  const scaled = { ...plan, tensors: { ...plan.tensors, [norm]: scale(copy(norm), 2) } };
  const moments = { updates: 1, m: source({}), v: source({}) };
  expect(() => growMoments(scaled, moments, "carry")).toThrow(expect.objectContaining({ code: "E_GROWTH_MOMENTS" }));
  expect(
    growMoments({ ...scaled, optimizer: { moments: { [norm]: scale(copy(norm), 0.5) } } }, moments, "carry").updates,
  ).toBe(1);
});
