// Width operators: sizes from a factor, one by one, or from an option of the operator's own; every objection at once.
import { normal, widthOperator } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { modelSizes, parameterTable } from "@cambium/model";
import { expect, test } from "vitest";
import { z } from "zod";
import { config } from "../support.js";

/** The new model's weights are random: only its sizes matter here. */
const anew = widthOperator({
  ...{ name: "anew", version: "1.0.0", summary: "A test." },
  options: { neurons: z.int().positive().exactOptional() },
  layers: true,
  decided: ({ neurons }) => (neurons === undefined ? undefined : { by: "neurons", sizes: { intermediate: neurons } }),
  objections: ({ to }) =>
    to.hidden === 13 ? [{ where: "hidden", message: "is unlucky", expected: "another", got: "13" }] : [],
  plan: ({ base, target }) => ({
    tensors: Object.fromEntries(parameterTable(target).map(({ name, shape }) => [name, normal(shape, 0.02, name)])),
    dropped: parameterTable(base).map(({ name }) => name),
  }),
});
const sizesOf = (options: object) => modelSizes(anew.plan(config(), options).target);
const failure = (options: object, base = config()) => {
  try {
    anew.plan(base, options);
  } catch (error) {
    if (error instanceof CambiumError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

test("sizes come one by one, from a factor, or from an option of the operator's own", () => {
  expect(sizesOf({ hidden: 11, layers: 4 })).toMatchObject({ hidden: 11, layers: 4, heads: 2, intermediate: 10 });
  expect(sizesOf({ factor: 1.5 })).toMatchObject({ hidden: 12, heads: 3, intermediate: 15, layers: 3 });
  expect(sizesOf({ neurons: 20 })).toMatchObject({ hidden: 8, heads: 2, intermediate: 20, layers: 3 });
});

test.each([
  [{ factor: 2, hidden: 16 }, "factor and sizes"],
  [{ factor: 2, neurons: 20 }, "factor and neurons"],
  [{ hidden: 16, neurons: 20 }, "sizes and neurons"],
])("%j gives the sizes in two ways", (options, got) => {
  expect(failure(options)).toMatchObject({ code: "E_GROWTH_SIZES", details: { got } });
});

test("if nothing is given, every width doubles and the depth stays", () => {
  const base = config({ layers: 3 });
  const { hidden, heads, kvHeads, intermediate } = modelSizes(base) as Record<string, number>;
  const sizes = { hidden: 2 * hidden!, heads: 2 * heads!, kvHeads: 2 * kvHeads!, intermediate: 2 * intermediate! };
  expect(modelSizes(anew.plan(base).target)).toMatchObject({ ...sizes, layers: 3 });
});

test("every objection is reported at once, the operator's own too", () => {
  const { code, details } = failure({ hidden: 13, heads: 5, layers: 1 }, config({ hidden: 16, heads: 4, kvHeads: 2 }));
  expect(code).toBe("E_GROWTH_SIZES");
  expect(details.reasons?.map(({ where, message }) => `${where} ${message}`)).toEqual([
    "hidden is smaller than the base's",
    "layers is smaller than the base's",
    "heads do not divide evenly among key/value heads",
    "hidden is unlucky",
  ]);
});
