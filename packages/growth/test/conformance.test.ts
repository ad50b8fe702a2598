// The conformance suite: correct operators pass, and for each check there is an operator that fails it.

import { copy, depthOperator, type Expr, type GrowthPlan, type Operator, zeros } from "@cambium/growth";
import { type DescribeOperatorOptions, describeOperator, testBases } from "@cambium/growth/conformance";
import { modelSizes, parameterTable } from "@cambium/model";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeGrowths } from "../src/conformance/describe.js";
import { doubleIntermediate, noisy, zeroTop } from "./support.js";

describeOperator(doubleIntermediate);
describeOperator(zeroTop, { cases: [{ options: { factor: 2 }, layers: [0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5] }] });
describeOperator(noisy);

const every = depthOperator({
  name: "every",
  version: "1.0.0",
  summary: "Each layer repeated in place.",
  layers: (base, target) => Array.from({ length: target }, (_, t) => Math.floor((t * base) / target)),
});

describeOperator(every, {
  cases: [
    { base: { layers: 3 }, options: { layers: 6 }, layers: [0, 0, 1, 1, 2, 2], connectionRate: [2, 5] },
    { base: { layers: 8 }, options: { layers: 24 }, connectionRate: [7, 23] },
    { base: { layers: 4 }, options: { layers: 6 }, layers: [0, 0, 1, 2, 2, 3] },
  ],
});

/** Names of the tests that `operator` fails, without the names of their cases. */
async function failures(
  operator: Operator,
  options: Pick<DescribeOperatorOptions, "cases" | "lists" | "refuses"> = {},
): Promise<string[]> {
  const tests: [string, () => void | Promise<void>][] = [];
  const api = {
    describe: (_: string, body: () => void) => body(),
    test: (name: string, body: () => void | Promise<void>) => tests.push([name, body]),
  };
  describeGrowths(operator, { cases: [{ options: { layers: 12 } }], ...options, api });
  const failed: string[] = [];
  for (const [name, body] of tests) {
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

/** `every` with its plan changed. */
function broken(change: (plan: GrowthPlan) => GrowthPlan): Operator {
  return { ...every, plan: (base, options) => change(every.plan(base, options)) };
}

test("a correct operator fails nothing", async () => {
  expect(await failures(every)).toEqual([]);
});

test("a tensor left out", async () => {
  const failed = await failures(
    broken((plan) => ({
      ...plan,
      tensors: Object.fromEntries(Object.entries(plan.tensors).filter(([name]) => name !== "lm_head.weight")),
    })),
  );
  expect(failed).toContain("makes every tensor of the target, in its shape");
  expect(failed).toContain("loses no tensor of the base");
});

test("a tensor listed as dropped that is read", async () => {
  expect(await failures(broken((plan) => ({ ...plan, dropped: ["lm_head.weight"] })))).toContain(
    "loses no tensor of the base",
  );
});

test("a plan that depends on how often it was made", async () => {
  let calls = 0;
  const counting = depthOperator({
    name: "counting",
    version: "1.0.0",
    summary: "-",
    layers: (base, target) => Array.from({ length: target }, () => Math.floor(calls++ / 7) % base),
  });
  expect(await failures(counting)).toContain("is a pure function");
});

test("an operator that changes the options it is given", async () => {
  const greedy: Operator = {
    ...every,
    plan: (base, options) => {
      (options as Record<string, unknown>)["factor"] = undefined;
      delete (options as Record<string, unknown>)["factor"];
      return every.plan(base, options);
    },
  };
  expect(await failures(greedy)).toContain("is a pure function");
});

test("a function that is claimed to be preserved and is not", async () => {
  const claims = { functionPreserving: "exact" } as const;
  const lying = broken((plan) => ({ ...plan, claims }));
  expect(await failures({ ...lying, claims })).toEqual(["preserves the function as it claims"]);
});

test("an operator whose claim differs from its plans'", async () => {
  const claims = { functionPreserving: "exact" } as const;
  expect(await failures({ ...every, claims })).toEqual([
    "contract: it claims the same as the plan of its default options",
  ]);
});

test("copies that are not copies", async () => {
  const crossed = broken((plan) => ({
    ...plan,
    tensors: {
      ...plan.tensors,
      "model.layers.1.input_layernorm.weight": copy("model.layers.0.post_attention_layernorm.weight"),
    },
  }));
  expect(await failures(crossed)).toContain("has the expected layer map and connection rate");
});

test("a list or rate other than the author expects", async () => {
  const cases = [{ options: { layers: 12 }, connectionRate: [11, 11] as const }];
  expect(await failures(every, { cases })).toEqual(["has the expected layer map and connection rate"]);
});

test("a number that JSON does not hold", async () => {
  const infinite = broken((plan) => ({
    ...plan,
    tensors: { ...plan.tensors, "model.norm.weight": { kind: "scale", of: copy("model.norm.weight"), by: Number.NaN } },
  }));
  expect(await failures(infinite)).toContain("survives JSON");
});

test("a frozen tensor that does not exist, and options that are not checked", async () => {
  const lax: Operator = {
    ...every,
    plan: (base, options) => every.plan(base, { layers: (options as { layers: number }).layers }),
  };
  expect(await failures(lax)).toEqual([
    "options: an unknown one is refused by name: E_GROWTH_OPTION",
    "options: each refuses a value of the wrong type, by name: E_GROWTH_OPTION",
    "options: each refuses a value outside its list or bounds, by name: E_GROWTH_OPTION",
    "options: sizes that are no growth, or come in two ways, are refused",
  ]);
  const frozen = await failures(broken((plan) => ({ ...plan, phase: { ...plan.phase, frozen: ["nothing"] } })));
  expect(frozen).toContain("grows the optimizer's moments, or says that it cannot");
});

test("an option whose values are not checked", async () => {
  const lax: Operator = {
    ...every,
    options: z.strictObject({ layers: z.int().optional(), mood: z.string().optional() }),
    plan: (base, options) => {
      const { mood: _, ...rest } = options as Record<string, unknown>;
      return every.plan(base, rest);
    },
  };
  expect(await failures(lax)).toEqual(["options: each refuses a value of the wrong type, by name: E_GROWTH_OPTION"]);
});

test("an option without a default that may be left out", async () => {
  const lax: Operator = { ...every, options: z.strictObject({ layers: z.int() }) };
  expect(await failures(lax)).toContain("options: what has no default must be given: E_GROWTH_OPTION");
});

test("lists and tensors that train other than the author expects, and refusals that say something else", async () => {
  const lists = [{ options: { layers: 12 }, layers: [0] }];
  const refuses = [{ options: { layers: 3 }, code: "E_GROWTH_LAYERS", says: "another time" }];
  const cases = [{ options: { layers: 12 }, trains: () => false }];
  expect(await failures(every, { lists, refuses, cases })).toEqual([
    'refuses {"layers":3}: E_GROWTH_LAYERS',
    "makes the lists of layers that its author expects",
    "trains what its author expects",
  ]);
});

test("tensors told apart by their names", async () => {
  const named: Operator = depthOperator({
    name: "named",
    version: "1.0.0",
    summary: "-",
    claims: { functionPreserving: "exact" },
    layers: (base, target) => Array.from({ length: target }, (_, t) => Math.min(t, base - 1)),
    refine: (parts, { target, layers }) => ({
      ...parts,
      tensors: Object.fromEntries(
        parameterTable(target).map(({ name, shape, layer = 0 }) => [
          name,
          /(o|down)_proj/.test(name) && layers.indexOf(layers[layer] as number) < layer
            ? zeros(shape)
            : (parts.tensors[name] as Expr),
        ]),
      ),
      claims: { functionPreserving: "exact" },
    }),
  });
  const [usual, turned] = [testBases.mha, testBases["biases, tied"]].map((base) => [{ base, options: { layers: 8 } }]);
  expect(await failures(named, { cases: usual ?? [] })).toEqual([]);
  expect(await failures(named, { cases: turned ?? [] })).toEqual(["preserves the function as it claims"]);
});

const masking = (masks: GrowthPlan["phase"]["masks"]) =>
  broken((plan) => ({ ...plan, phase: { ...plan.phase, masks }, claims: { functionPreserving: "at-mask-0" } }));
const newLayers = { tensors: [], axis: "layers", schedule: { kind: "linear", start: 0, tokens: 100 } } as const;

test("masks that do not cover everything new", async () => {
  const top = depthOperator({
    name: "top",
    version: "1.0.0",
    summary: "The last layer again, on top.",
    layers: (base, target) => Array.from({ length: target }, (_, t) => Math.min(t, base - 1)),
  });
  const masked = (first: number): Operator => ({
    ...top,
    claims: { functionPreserving: "at-mask-0" },
    plan: (base, options) => {
      const plan = top.plan(base, options);
      const depth = modelSizes(plan.target).layers;
      const masks = depth > modelSizes(base).layers ? [{ ...newLayers, range: [first, depth] as const }] : [];
      return masks.length > 0
        ? { ...plan, phase: { ...plan.phase, masks }, claims: { functionPreserving: "at-mask-0" } }
        : plan;
    },
  });
  expect(await failures(masked(6))).toEqual([]);
  expect(await failures(masked(7))).toEqual(["preserves the function as it claims"]);
  expect(await failures(masking([]))).toContain("preserves the function as it claims");
});

test("a dead parameter that is not declared, and a declared one that trains", async () => {
  const layer = (name: string) => `model.layers.11.${name}.weight`;
  const dead = (deadParams: string[]) =>
    broken((plan) =>
      modelSizes(plan.target).layers < 12
        ? plan
        : {
            ...plan,
            tensors: {
              ...plan.tensors,
              [layer("mlp.gate_proj")]: zeros([14, 8]),
              [layer("mlp.up_proj")]: zeros([14, 8]),
            },
            claims: { functionPreserving: "no", deadParams },
          },
    );
  // silu(0) = 0 and up = 0: no gradient reaches gate, up, the down projection that reads them, or the norm before them.
  const all = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj", "post_attention_layernorm"].map(layer);
  const test = "leaves no parameter dead except those it names";
  expect(await failures(dead([]))).toContain(test);
  expect(await failures(dead(all.slice(1)))).toContain(test);
  expect(await failures(dead([...all, "model.norm.weight"]))).toContain(test);
  expect(await failures(dead(all))).not.toContain(test);
});

test("growth to the base's own number of layers that changes something", async () => {
  const reversed = depthOperator({
    name: "reversed",
    version: "1.0.0",
    summary: "Upside down.",
    layers: (base, target) => Array.from({ length: target }, (_, t) => (2 * target - 1 - t) % base),
  });
  expect(await failures(reversed)).toEqual(["has the expected layer map and connection rate"]);
});

test("refusals that do not come, or come with another code", async () => {
  const refuses = [
    { options: { layers: 12 }, code: "E_GROWTH_LAYERS" },
    { options: { layers: 3 }, code: "E_GROWTH_OPTION" },
  ];
  expect(await failures(every, { refuses })).toEqual([
    'refuses {"layers":12}: E_GROWTH_LAYERS',
    'refuses {"layers":3}: E_GROWTH_OPTION',
  ]);
});

test("fields that do not fit the contract", async () => {
  expect(await failures({ ...every, version: "one" })).toContain("contract: no field is missing or malformed");
  expect(await failures({ ...every, name: "Every Layer" })).toContain("contract: no field is missing or malformed");
  expect(await failures({ ...every, summary: undefined } as unknown as Operator)).toContain(
    "contract: no field is missing or malformed",
  );
});

test("a tensor of zeros in place of a copy", async () => {
  const zeroed = broken((plan) => ({ ...plan, tensors: { ...plan.tensors, "model.norm.weight": zeros([8]) } }));
  expect(await failures(zeroed)).toContain("loses no tensor of the base");
});
