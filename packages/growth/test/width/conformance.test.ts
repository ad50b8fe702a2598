// What the conformance suite asks of operators in width: for each check there is an operator that fails it.
import { type GrowthPlan, type Operator, scale } from "@cambium/growth";
import { expect, test } from "vitest";
import { describeGrowths } from "../../src/conformance/describe.js";
import { describeWidths } from "../../src/conformance/widths.js";
import { copying } from "./support.js";

type Declare = (api: {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => unknown): void;
}) => void;

/** Names and messages of the tests that fail. */
async function failures(declare: Declare): Promise<string[]> {
  const tests: [string, () => unknown][] = [];
  declare({ describe: (_, body) => body(), test: (name, body) => tests.push([name, body]) });
  const failed: string[] = [];
  for (const [name, body] of tests) {
    try {
      await body();
    } catch (error) {
      failed.push(`${name}: ${(error as Error).message}`);
    }
  }
  return failed;
}

const ofWidths = (operator: Operator) => failures((api) => describeWidths(operator, [], api));

/** `copying` with its plans changed. */
function broken(change: (plan: GrowthPlan) => Partial<GrowthPlan>): Operator {
  return {
    ...copying,
    plan: (base, options) => ({ ...copying.plan(base, options), ...change(copying.plan(base, options)) }),
  };
}

const scaled = (plan: GrowthPlan, tensor: string, by = 2) => ({
  tensors: { ...plan.tensors, [tensor]: scale(plan.tensors[tensor] as never, by) },
});
const norm = "model.norm.weight";

test("one tensor off by a thousandth fails on every base", async () => {
  const failed = await ofWidths(broken((plan) => scaled(plan, norm, 1.001)));
  expect(failed).toHaveLength(6);
});

test("so it does where only one choice is wrong", async () => {
  const wrong = broken((plan) => (plan.operator.options["map"] === "interleave" ? scaled(plan, norm) : {}));
  expect((await ofWidths(wrong))[0]).toMatch(/"map":"interleave".* but a logit differs/);
});

test("and where a growth of other axes changes a tensor, or is refused", async () => {
  const k = "model.layers.1.self_attn.k_proj.weight";
  const touched = broken((plan) => (plan.target.config === plan.base.config ? {} : scaled(plan, k, 1)));
  expect((await ofWidths(touched))[0]).toContain(`${k}, which does not grow`);
  const picky: Operator = {
    ...copying,
    plan: (base, options) => copying.plan(base, { ...(options as object), normMode: "sqrt-mu" }),
  };
  expect((await ofWidths(picky))[0]).toContain("refusal of");
});

test("a course of training that is not the base's", async () => {
  const options = { split: "even" };
  const on = (operator: Operator, slow: boolean) =>
    failures((api) => {
      const cases = [{ base: { layers: 1 }, options: { ...options, scaleLearningRates: slow }, course: true }];
      describeGrowths(operator, { cases, api });
    });
  expect(await on(copying, true)).toEqual([]);
  expect((await on(copying, false))[0]).toMatch(/^trains on as its base would have: after 20 steps/);
});

test("a seed that does not matter", async () => {
  const deaf: Operator = {
    ...copying,
    plan: (base, options) => {
      const { seed, ...others } = { seed: "seed", ...(options as object) };
      const { operator, ...plan } = copying.plan(base, others);
      return { ...plan, operator: { ...operator, options: { ...operator.options, seed } } };
    },
  };
  const failed = await failures((api) => describeGrowths(deaf, { cases: [{ base: { layers: 1 } }], api }));
  expect(failed).toContainEqual(expect.stringMatching(/^options: a seed names the random numbers/));
});
