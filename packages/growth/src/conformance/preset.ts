// describePreset: the conformance suite for presets of operators.
import * as vitest from "vitest";
import type { Operator } from "../operator/operator.js";
import type { TestApi } from "./api.js";
import { assertEqual, assertThat } from "./assert.js";
import { baseModel, defaultCases, type OperatorCase } from "./case.js";
import { describeGrowths } from "./describe.js";

export interface DescribePresetOptions {
  /** The operator it is a preset of. */
  readonly of: Operator;
  /** The options it fixes. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Growths to test; default: `defaultCases`. */
  readonly cases?: readonly OperatorCase[];
  readonly api?: TestApi;
}

/**
 * Declares the tests of a preset: those of every operator, that its plan is the one of `of` with `options`, and that it
 * refuses the options that it fixes.
 * @example
 * import of from "@cambium/operator-zero-depth";
 * import preset from "../src/index.js";
 * describePreset(preset, { of, options: { frozen: true } });
 */
export function describePreset(preset: Operator, definition: DescribePresetOptions): void {
  const { of, options, cases = defaultCases(preset), api = vitest } = definition;
  const refuses = Object.entries(options).map(([option, value]) => ({
    options: { [option]: value },
    code: "E_GROWTH_OPTION",
  }));
  describeGrowths(preset, { cases, refuses, api });
  api.describe(`preset ${preset.name}`, () => {
    for (const one of cases) {
      api.test(`plans what ${of.name} plans with its options: ${one.name ?? JSON.stringify(one.options ?? {})}`, () => {
        const base = baseModel(one.base);
        const { operator: stamp, ...plan } = preset.plan(base, one.options);
        const { operator: _, ...expected } = of.plan(base, { ...one.options, ...options });
        assertEqual(plan, expected, "the preset's plan");
        assertEqual([stamp.name, stamp.version], [preset.name, preset.version], "the operator that the plan names");
        for (const option of Object.keys(options))
          assertThat(!Object.hasOwn(stamp.options, option), `the plan lists the fixed option ${option} as a choice`);
      });
    }
  });
}
