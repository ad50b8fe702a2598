// How a depth operator may refine the plan of its list, and the error of operators that change sizes.

import { depthOperator, scale, sizesError } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { modelSizes } from "@cambium/model";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { config } from "./support.js";

describe("refine", () => {
  const up = "model.layers.5.mlp.up_proj.weight";
  const louder = depthOperator({
    name: "louder",
    version: "1.0.0",
    summary: "The base on itself, a tensor scaled.",
    options: { by: z.number().default(2) },
    layers: (base, target) => Array.from({ length: target }, (_, t) => t % base),
    refine: (parts, { base, target, layers }, { by }) => {
      expect([modelSizes(base).layers, modelSizes(target).layers, layers]).toEqual([3, 6, [0, 1, 2, 0, 1, 2]]);
      return { ...parts, tensors: { ...parts.tensors, [up]: scale(parts.tensors[up] as never, by) } };
    },
  });

  test("gets the plan of the list, the growth and the options, and returns the operator's plan", () => {
    const plan = louder.plan(config(), { factor: 2, by: 3 });
    const source = "model.layers.2.mlp.up_proj.weight";
    expect(plan.tensors[up]).toEqual({ kind: "scale", of: { kind: "copy", source }, by: 3 });
    expect(plan.operator.options).toEqual({ factor: 2, by: 3 });
  });

  test("the list of layers is made once per plan", () => {
    let made = 0;
    const counting = depthOperator({
      name: "counting",
      version: "1.0.0",
      summary: "-",
      layers: (base, target) => {
        made++;
        return Array.from({ length: target }, (_, t) => t % base);
      },
    });
    counting.plan(config(), { factor: 2 });
    expect(made).toBe(1);
  });

  test("an inconsistent plan is refused with the operator's name", () => {
    const broken = depthOperator({
      name: "broken",
      version: "1.0.0",
      summary: "-",
      layers: (base, target) => Array.from({ length: target }, (_, t) => t % base),
      refine: (parts) => ({ ...parts, phase: { frozen: ["model.layers.99.mlp.up_proj.weight"] } }),
    });
    expect(() => broken.plan(config(), { factor: 2 })).toThrow(/operator broken 1\.0\.0/);
  });
});

test("sizesError carries its reasons", () => {
  const reasons = [{ where: "hidden", message: "shrinks" }];
  const error = sizesError("no", { reasons });
  expect(error).toBeInstanceOf(CambiumError);
  expect([error.code, error.details.reasons]).toEqual(["E_GROWTH_SIZES", reasons]);
});
