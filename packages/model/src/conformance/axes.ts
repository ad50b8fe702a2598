// Tests what the axes and marks of parameters promise to growth operators: a model computes the same function after the
// indices of an axis are permuted in every tensor that has it, and after a layer is added whose stream writers are
// zero.
import { Random, type RefTensor } from "@cambium/ir";
import { expect } from "vitest";
import { deepenedModel, modelSizes, parameterTable } from "../model-spec.js";
import type { ParameterSpec } from "../parameters.js";
import type { FamilyChecks } from "./checks.js";
import { distance, f64, logits, randomWeights, rounding, type Weights } from "./support.js";

export const axisChecks: FamilyChecks = ({ model, ordered }) => {
  const table = parameterTable(model);
  const weights = randomWeights(model);
  const names = [...new Set(table.flatMap(({ axes }) => axes.map(({ axis }) => axis)))];
  const free = names.filter((axis) => !ordered.has(axis));
  const heads = free.filter((axis) => axis === "heads" || axis === "kvHeads");
  const groups = [
    ...free.filter((axis) => !heads.includes(axis)).map((axis) => [axis]),
    ...(heads.length ? [heads] : []),
  ];

  return {
    "the function does not depend on the order of an axis's indices": () => {
      const expected = logits(model, weights);
      for (const axes of groups) {
        const turned = Object.fromEntries(table.map((spec) => [spec.name, reversed(spec, weights, axes)]));
        expect(distance(logits(model, turned), expected), axes.join()).toBeLessThan(rounding);
      }
    },

    "what a bias is added to has its module, and as many outputs": () => {
      for (const bias of table.filter(({ kind, module }) => kind === "bias" && module !== undefined)) {
        const own = table.filter((spec) => spec.layer === bias.layer && spec.module === bias.module && spec !== bias);
        expect([bias.name, own.map(({ shape }) => shape[0])]).toEqual([bias.name, [bias.shape[0]]]);
      }
    },

    "of the matrices that write neurons only those marked with an activation are not linear": () => {
      const along = (at: number) => table.filter(({ axes }) => axes.length === 2 && axes[at]?.axis === "intermediate");
      const biased = table.some(
        ({ kind, axes }) => kind === "bias" && axes.some(({ axis }) => axis === "intermediate"),
      );
      if (biased || !along(0).some(({ activation }) => activation)) return;
      const expected = logits(model, weights);
      for (const marked of [false, true]) {
        const writers = along(0).filter(({ activation }) => (activation !== undefined) === marked);
        const turned = [...writers, ...along(1)].map(({ name }) => [name, negated(weights[name] as RefTensor)]);
        const apart = distance(logits(model, { ...weights, ...Object.fromEntries(turned) }), expected);
        expect(apart < rounding, `writers and readers negated, marked: ${marked}`).toBe(!marked);
      }
    },

    "a layer whose stream writers are zero is the identity": () => {
      if (!table.some(({ layer, writes }) => layer !== undefined && writes === "stream")) return;
      const { layers } = modelSizes(model);
      const deeper = deepenedModel(model, [...Array.from({ length: layers }, (_, i) => i), layers - 1]);
      const added = parameterTable(deeper).map(({ name, shape, layer, writes }): [string, RefTensor] => {
        if (layer !== layers) return [name, weights[name] as RefTensor];
        const random = new Random(`family/added/${name}`);
        const length = shape.reduce((all, n) => all * n, 1);
        return [
          name,
          f64(
            shape,
            Float64Array.from({ length }, (_, i) => (writes ? 0 : random.normal(i))),
          ),
        ];
      });
      expect(distance(logits(deeper, Object.fromEntries(added)), logits(model, weights))).toBeLessThan(rounding);
    },
  };
};

function negated({ type, data }: RefTensor): RefTensor {
  return f64(
    type.shape,
    data.map((x) => -x),
  );
}

/** A parameter with the indices of `axes` in reverse order; the rows within one index (`unit`) keep their order. */
function reversed(
  { name, shape, axes: dimensions }: ParameterSpec,
  weights: Weights,
  axes: readonly string[],
): RefTensor {
  const { data } = weights[name] as RefTensor;
  const maps = shape.map((n, i) => {
    const { axis = "", unit = 1 } = dimensions[i] ?? {};
    const place = (row: number) => n - unit - (row - (row % unit)) + (row % unit);
    return (row: number) => (axes.includes(axis) ? place(row) : row);
  });
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((all, n) => all * n, 1));
  const from = (index: number) =>
    strides.reduce(
      (at, stride, i) =>
        at + stride * (maps[i] as (row: number) => number)(Math.floor(index / stride) % (shape[i] as number)),
      0,
    );
  return f64(
    shape,
    data.map((_, index) => data[from(index)] as number),
  );
}
