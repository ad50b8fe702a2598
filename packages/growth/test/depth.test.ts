// Depth operators: their options, their lists, and the error for each mistake.

import {
  defineOperator,
  depthError,
  depthOperator,
  type Operator,
  operatorPlugin,
  targetLayers,
} from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { grownModel, type ParameterSpec, parameterTable } from "@cambium/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { config } from "./support.js";

const make = (layers: (base: number, target: number) => readonly number[]) =>
  depthOperator({ name: "mine", version: "2.1.0", summary: "A test.", layers });

function failure(work: () => unknown): CambiumError {
  try {
    work();
  } catch (error) {
    if (error instanceof CambiumError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("any list of layers", () => {
  const lists = fc
    .integer({ min: 1, max: 6 })
    .chain((base) => fc.tuple(fc.constant(base), fc.array(fc.nat(base - 1), { minLength: base, maxLength: 14 })));
  const configs = fc.tuple(lists, fc.boolean(), fc.constantFrom([2, 2], [4, 2], [3, 1]));

  test("gives a plan whose tensors are copies by name, with the rest dropped and nothing else", () => {
    fc.assert(
      fc.property(configs, ([[layers, list], tied, [heads, kvHeads]]) => {
        const base = config({ layers, tied, heads, kvHeads });
        const plan = make(() => list).plan(base, { layers: list.length });
        expect(plan.target).toEqual(grownModel(base, { layers: list.length }));
        const sourceOf = ({ name, layer }: ParameterSpec) =>
          layer === undefined ? name : name.replace(`.${layer}.`, `.${list[layer]}.`);
        expect(plan.tensors).toEqual(
          Object.fromEntries(
            parameterTable(plan.target).map((spec) => [spec.name, { kind: "copy", source: sourceOf(spec) }]),
          ),
        );
        expect(plan.dropped).toEqual(
          parameterTable(base).flatMap(({ name, layer }) =>
            layer === undefined || list.includes(layer) ? [] : [name],
          ),
        );
        const identity = list.length === layers && list.every((from, to) => from === to);
        expect(plan.claims).toEqual({ functionPreserving: identity ? "exact" : "no" });
      }),
    );
  });
});

describe("the number of layers", () => {
  test.each([
    [6, {}, 24],
    [6, { factor: 2.5 }, 15],
    [10, { factor: 1.1 }, 11],
    [3, { factor: 7 / 3 }, 7],
    [6, { layers: 6 }, 6],
    [6, { layers: 13 }, 13],
  ])("%i layers with %j: %i", (base, choice, expected) => {
    expect(targetLayers(base, choice)).toBe(expected);
  });

  test.each([
    [{ factor: 2, layers: 12 }, "E_GROWTH_OPTION", "one of them"],
    [{ factor: 1.3 }, "E_GROWTH_LAYERS", "7.8"],
    [{ layers: 5 }, "E_GROWTH_LAYERS", "at least 6"],
    [{ factor: 0.5 }, "E_GROWTH_LAYERS", "at least 6"],
    [{ factor: 1e300 }, "E_GROWTH_LAYERS", "at most 10000"],
  ])("6 layers with %j: %s", (choice, code, text) => {
    const error = failure(() => targetLayers(6, choice));
    expect(error.code).toBe(code);
    expect(error.format()).toContain(text);
  });
});

describe("errors name the operator, and everything wrong at once", () => {
  test("options", () => {
    const error = failure(() => make(() => []).plan(config(), { factor: "4", layers: 0, depth: 3 }));
    expect(error.code).toBe("E_GROWTH_OPTION");
    expect(error.message).toContain("operator mine 2.1.0");
    for (const word of ["factor", "layers", "depth", "the options are factor, layers"])
      expect(error.format()).toContain(word);
    expect(error.details.reasons).toHaveLength(3);
  });

  test("lists", () => {
    const error = failure(() => make(() => [0, 3, -1, 0.5, Number.NaN]).plan(config(), { layers: 6 }));
    expect(error.code).toBe("E_GROWTH_LAYERS");
    expect(error.details.reasons?.map(({ where }) => where)).toEqual([
      "target layer 1",
      "target layer 2",
      "target layer 3",
      "target layer 4",
      "the list",
    ]);
  });

  test("errors that the author throws", () => {
    const known = make(() => {
      throw depthError("only on Tuesdays", { hint: "wait" });
    });
    const refusal = failure(() => known.plan(config()));
    expect([refusal.code, refusal.message, refusal.details.hint]).toEqual([
      "E_GROWTH_LAYERS",
      "operator mine 2.1.0: only on Tuesdays",
      "wait",
    ]);
    const bug = new TypeError("x is not a function");
    const error = failure(() =>
      make(() => {
        throw bug;
      }).plan(config()),
    );
    expect([error.code, error.message, error.cause]).toEqual([
      "E_GROWTH_OPERATOR",
      "operator mine 2.1.0: x is not a function",
      bug,
    ]);
  });

  test("a target that is not a valid model", () => {
    const operator = defineOperator({
      name: "odd",
      version: "1.0.0",
      summary: "-",
      options: z.strictObject({}),
      target: (base) => grownModel(base, { headDim: 3, kvHeads: 5 }),
      plan: () => ({ tensors: {} }),
    });
    const error = failure(() => operator.plan(config()));
    expect(error.code).toBe("E_CONFIG");
    expect(error.message).toContain("operator odd 1.0.0");
    expect(error.details.reasons).toHaveLength(2);
  });
});

describe("plugins", () => {
  const operator = make(() => [0]);

  test("every missing or malformed field is named", () => {
    const half = { ...operator, plan: undefined, options: "none", summary: 3 } as unknown as Operator;
    expect(operatorPlugin.problems(half).map(({ where }) => where)).toEqual(["summary", "options", "plan"]);
    expect(operatorPlugin.problems(operator)).toEqual([]);
  });

  test("a definition with an unknown field is refused", () => {
    const odd = { name: "odd", version: "1.0.0", summary: "-", layers: () => [0], refines: () => ({}) };
    const error = failure(() => depthOperator(odd));
    expect(error.code).toBe("E_PLUGIN_INVALID");
    expect(error.details.reasons).toEqual([
      { where: "refines", message: "no such field", hint: 'did you mean "refine"?' },
    ]);
  });
});
