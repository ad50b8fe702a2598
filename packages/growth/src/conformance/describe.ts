// describeOperator: the conformance suite for growth operators, for vitest or any runner with `describe` and `test`.
import { CambiumError } from "@cambium/ir";
import * as vitest from "vitest";
import * as z from "zod";
import type { Operator } from "../operator/operator.js";
import { operatorPlugin } from "../operator/plugin.js";
import { growthContractVersion } from "../plan/plan.js";
import type { TestApi } from "./api.js";
import { assertEqual, assertThat, codeOf } from "./assert.js";
import { baseModel, defaultCases, type ListCase, type OperatorCase, type Refusal } from "./case.js";
import { assertList, checks, planOf } from "./checks.js";
import { assertCourse } from "./course.js";
import { optionRefusals, optionSchemas } from "./refusals.js";
import { describeWidths, type Unsuited } from "./widths.js";

export interface DescribeOperatorOptions {
  /** Growths with what is special to them, besides `defaultCases`. */
  readonly cases?: readonly OperatorCase[];
  /** As in `cases`, for all of `defaultCases`. */
  readonly gradients?: boolean;
  /** Growths of which only the lists are compared: many, or deep ones. */
  readonly lists?: readonly ListCase[];
  /** Growths that must be refused, with their codes, besides those that no operator takes. */
  readonly refuses?: readonly Refusal[];
  /** Growths of widths that it refuses, of an operator that takes widths: see `widths.ts`. */
  readonly unsuited?: Unsuited;
  readonly api?: TestApi;
}

/**
 * Declares the conformance tests of an operator. From what it declares follow: fields, options and refusals; growths of
 * `defaultCases`, and of each width for an operator that takes widths. Each growth is tested for shapes and coverage,
 * purity, JSON, layer map and R_c, its claims, parameters that train, optimizer moments, its graph, composition.
 * @example
 * import { describeOperator } from "@cambium/growth/conformance";
 * import operator from "../src/index.js";
 * describeOperator(operator, { refuses: [{ options: { layers: 7 }, code: "E_GROWTH_LAYERS" }] });
 */
export function describeOperator(operator: Operator, options: DescribeOperatorOptions = {}): void {
  const { cases = [], gradients = false, lists = [], refuses = [], unsuited = [], api = vitest } = options;
  const usual = defaultCases(operator).map((one) => ({ ...one, gradients }));
  describeGrowths(operator, { cases: [...cases, ...usual], lists, refuses, api });
  describeWidths(operator, unsuited, api);
}

/** The tests of `describeOperator` on these growths alone. */
export function describeGrowths(
  operator: Operator,
  {
    cases,
    lists = [],
    refuses = [],
    api,
  }: Pick<DescribeOperatorOptions, "lists" | "refuses"> & { cases: readonly OperatorCase[]; api: TestApi },
): void {
  api.describe(`operator ${operator.name} conforms`, () => {
    api.test("contract: no field is missing or malformed", () => assertWhole(operator));
    api.test("contract: it has growths to be tested on", () => {
      assertThat(cases.length > 0, `it refuses its default options: give \`cases\`. ${refusalOf(operator)}`);
    });
    api.test("contract: it claims the same as the plan of its default options", () => assertClaims(operator));
    for (const [name, refusals] of Object.entries(optionRefusals(operator, cases[0] ?? {})))
      api.test(`options: ${name}`, () => {
        for (const [refusal, word] of refusals) assertRefused(operator, refusal, word);
      });
    api.test("options: a seed names the random numbers", () => assertSeed(operator, cases));
    for (const refusal of refuses) {
      const what = `${JSON.stringify(refusal.options)}${refusal.base ? ` of ${JSON.stringify(refusal.base)}` : ""}`;
      api.test(`refuses ${what}: ${refusal.code}`, () => assertRefused(operator, refusal));
    }
    if (lists.length > 0)
      api.test("makes the lists of layers that its author expects", () => {
        for (const one of lists) assertListed(operator, one);
      });
    for (const one of cases) {
      const name = one.name ?? JSON.stringify({ ...one.base, ...one.options });
      api.describe(name, () => {
        for (const [check, run] of Object.entries(checks)) api.test(check, () => run(operator, one));
        if (one.course) api.test("trains on as its base would have", () => assertCourse(planOf(operator, one)));
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

/** What it says when it is given no options; empty if it plans. */
function refusalOf(operator: Operator): string {
  try {
    operator.plan(baseModel());
    return "";
  } catch (error) {
    return error instanceof CambiumError ? error.format() : String(error);
  }
}

/** Passes an operator that cannot plan without options, or not from this base. */
function assertClaims(operator: Operator): void {
  if (codeOf(() => operator.plan(baseModel(), {})) !== null) return;
  const { functionPreserving } = operator.plan(baseModel(), {}).claims;
  assertEqual(functionPreserving, operator.claims.functionPreserving, "claim of the plan, against the operator's");
}

/** Passes an operator without a seed, and cases that draw no numbers. */
function assertSeed(operator: Operator, cases: readonly OperatorCase[]): void {
  if (!Object.hasOwn(optionSchemas(operator), "seed")) return;
  for (const { base, options } of cases) {
    const drawn = (seed: string) => JSON.stringify(operator.plan(baseModel(base), { ...options, seed }).tensors);
    if (!drawn("a").includes('"kind":"normal"')) continue;
    assertThat(drawn("a") !== drawn("b"), `${JSON.stringify(options)} draws the same numbers for any seed`);
  }
}

function assertListed(operator: Operator, one: ListCase): void {
  try {
    assertList(planOf(operator, one), one);
  } catch (error) {
    throw new Error(`${JSON.stringify({ ...one.base, ...one.options })}: ${(error as Error).message}`);
  }
}

function assertRefused(operator: Operator, { base, options, code, says = "" }: Refusal, word = operator.name): void {
  let thrown: unknown = null;
  try {
    operator.plan(baseModel(base), options);
  } catch (error) {
    thrown = error;
  }
  assertThat(thrown !== null, "is not refused");
  if (!(thrown instanceof CambiumError)) throw thrown;
  assertEqual(thrown.code, code, "code of the refusal");
  for (const part of [operator.name, word, says])
    assertThat(thrown.format().includes(part), `the refusal does not say ${part}: ${thrown.format()}`);
}
