// describeFamily: the conformance suite of model families, for their authors' own tests.
import { describe, expect, test } from "vitest";
import { type Family, familyPlugin, type ModelSpec } from "../family.js";
import { modelSpec } from "../model-spec.js";
import { axisChecks } from "./axes.js";
import type { FlopsSize, Tested } from "./checks.js";
import { computingChecks } from "./computing.js";
import { gateChecks } from "./gate.js";
import { configChecks, tableChecks } from "./table.js";

export interface DescribeFamilyOptions<Config extends object, Input extends object> {
  readonly family: Family<Config, Input>;
  /**
   * Configs to test, as in recipes. Small: sizes such as hidden and heads below 20, a context of 12 or more. Odd: sizes
   * that all differ, grouped heads, tied tables.
   */
  readonly configs: readonly Input[];
  /** Axes along which the order of the indices matters, in addition to `vocab`, `headDim` and `layers`. */
  readonly ordered?: readonly string[];
  /** Matrix FLOPs of one forward pass; default: those of a dense decoder with full attention. */
  readonly flops?: (model: ModelSpec<Config>, size: FlopsSize) => number;
}

/**
 * Declares the conformance tests of a family: configs and config.json, the parameter table, sizes and their growth, the
 * axes and marks of parameters, loss, decoding, gradients and FLOPs.
 * @example
 * import { describeFamily } from "@cambium/model/conformance";
 * import family from "../src/index.js";
 * const sizes = { vocab: 13, hidden: 8, intermediate: 10, layers: 3, heads: 4, kvHeads: 2, contextLength: 16 };
 * describeFamily({ family, configs: [sizes, { ...sizes, tied: true }] });
 */
export function describeFamily<Config extends object, Input extends object>({
  family,
  configs,
  ordered = [],
  flops,
}: DescribeFamilyOptions<Config, Input>): void {
  describe(`the family ${family.name}`, () => {
    test("has all fields, a name for recipes, a semantic version and one line of summary", () => {
      expect(familyPlugin.problems(family)).toEqual([]);
      expect(family.contract).toBe(familyPlugin.version);
      expect(family.name).toMatch(/^[a-z0-9][a-z0-9-]*$/);
      expect(family.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(family.summary).toMatch(/^\S.*$/);
      expect(JSON.stringify({ family })).toBe(JSON.stringify({ family: family.name }));
    });

    describe.each(configs.map((config) => ({ shown: JSON.stringify(config).slice(0, 120), config })))(
      "with $shown",
      ({ config }) => {
        const model = modelSpec(family, config);
        const tested: Tested = {
          model,
          ordered: new Set(["vocab", "headDim", "layers", ...ordered]),
          flops: flops && ((_, size) => flops(model, size)),
        };
        const computed = family.forward
          ? { ...axisChecks(tested), ...gateChecks(tested), ...computingChecks(tested) }
          : {};
        test.each(Object.entries({ ...configChecks(tested), ...tableChecks(tested), ...computed }))("%s", (_, check) =>
          check(),
        );
      },
    );
  });
}
