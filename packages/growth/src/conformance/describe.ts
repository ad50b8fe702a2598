// describeOperator: the conformance suite for growth operators, for vitest or any runner with `describe` and `test`.
import { CambiumError } from "@cambium/ir";
import * as vitest from "vitest";
import * as z from "zod";
import type { Operator } from "../operator/operator.js";
import { operatorPlugin } from "../operator/plugin.js";
import { growthContractVersion } from "../plan/plan.js";
import { assertEqual, assertThat, codeOf } from "./assert.js";
import { baseModel, defaultCases, type OperatorCase, type Refusal } from "./case.js";
import { checks } from "./checks.js";

/** What the suite needs from a test runner. */
export interface TestApi {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => void | Promise<void>): unknown;
}

export interface DescribeOperatorOptions {
  /** Default: `defaultCases`: factors 2 and 4 of a depth operator, else the default options, on each of `testBases`. */
  readonly cases?: readonly OperatorCase[];
  /** Growths that must be refused, with their codes. */
  readonly refuses?: readonly Refusal[];
  readonly api?: TestApi;
}

/**
 * Declares the conformance tests of an operator: shapes and coverage, purity, JSON, layer map and R_c, its claims,
 * optimizer moments, composition, option errors.
 * @example
 * import { describeOperator } from "@cambium/growth/conformance";
 * import operator from "../src/index.js";
 * describeOperator(operator, { refuses: [{ options: { layers: 7 }, code: "E_GROWTH_LAYERS" }] });
 */
export function describeOperator(operator: Operator, options: DescribeOperatorOptions = {}): void {
  const { cases = defaultCases(operator), refuses = [], api = vitest } = options;
  api.describe(`operator ${operator.name} conforms`, () => {
    api.test("contract: no field is missing or malformed", () => assertWhole(operator));
    api.test("options: an unknown one is refused by name: E_GROWTH_OPTION", () =>
      assertRefused(
        operator,
        { options: { ...cases[0]?.options, noSuchOption: true }, code: "E_GROWTH_OPTION" },
        "noSuchOption",
      ),
    );
    api.test("options: each refuses a value of the wrong type, by name: E_GROWTH_OPTION", () => {
      for (const option of optionNames(operator)) {
        const options = { ...cases[0]?.options, [option]: { noSuchKey: true } };
        assertRefused(operator, { ...cases[0], options, code: "E_GROWTH_OPTION" }, option);
      }
    });
    api.test("contract: it claims the same as the plan of its default options", () => assertClaims(operator));
    for (const refusal of refuses) {
      const what = `${JSON.stringify(refusal.options)}${refusal.base ? ` of ${JSON.stringify(refusal.base)}` : ""}`;
      api.test(`refuses ${what}: ${refusal.code}`, () => assertRefused(operator, refusal));
    }
    for (const one of cases) {
      const name = one.name ?? JSON.stringify({ ...one.base, ...one.options });
      api.describe(name, () => {
        for (const [check, run] of Object.entries(checks)) api.test(check, () => run(operator, one));
      });
    }
  });
}

function assertWhole(operator: Operator): void {
  assertEqual(operatorPlugin.problems(operator), [], "fields that do not fit the contract");
  assertEqual(operator.contract, growthContractVersion, "contract version");
  assertThat(
    /^[a-z0-9][a-z0-9-]*$/.test(operator.name),
    `"${operator.name}" cannot be named in a recipe (lower case, digits, hyphens)`,
  );
  assertThat(/^\d+\.\d+\.\d+/.test(operator.version), `"${operator.version}" is not a version such as 1.0.0`);
  assertThat(operator.summary.length > 0 && !operator.summary.includes("\n"), "the summary is not one line");
  z.toJSONSchema(operator.options, { io: "input" });
}

/** Passes an operator that cannot plan without options, or not from this base. */
function assertClaims(operator: Operator): void {
  if (codeOf(() => operator.plan(baseModel(), {})) !== null) return;
  const { functionPreserving } = operator.plan(baseModel(), {}).claims;
  assertEqual(functionPreserving, operator.claims.functionPreserving, "claim of the plan, against the operator's");
}

/** The options that the schema lists, except those that take any object. */
function optionNames({ options }: Operator): string[] {
  const { properties = {} } = z.toJSONSchema(options, { io: "input" });
  return Object.keys(properties).filter((name) => {
    const { type } = properties[name] as { readonly type?: unknown };
    return (
      type !== undefined &&
      (type !== "object" ||
        (properties[name] as { readonly additionalProperties?: unknown }).additionalProperties === false)
    );
  });
}

function assertRefused(operator: Operator, { base, options, code }: Refusal, word = operator.name): void {
  let thrown: unknown = null;
  try {
    operator.plan(baseModel(base), options);
  } catch (error) {
    thrown = error;
  }
  assertThat(thrown !== null, "is not refused");
  if (!(thrown instanceof CambiumError)) throw thrown;
  assertEqual(thrown.code, code, "code of the refusal");
  for (const part of [operator.name, word])
    assertThat(thrown.format().includes(part), `the refusal does not name ${part}: ${thrown.format()}`);
}
