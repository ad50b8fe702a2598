// Checks of a family's configs: JSON and config.json, the parameter table, sizes and their growth.
import { expect } from "vitest";
import { familyResolver } from "../family.js";
import { readHfModel, writeHfModel } from "../hf/model.js";
import { deepenedModel, grownModel, modelJson, modelSizes, parameterTable, parseModelSpec } from "../model-spec.js";
import type { ParameterSpec } from "../parameters.js";
import type { FamilyChecks } from "./checks.js";

/** Checks of configs in recipes, JSON and config.json. */
export const configChecks: FamilyChecks = ({ model }) => {
  const { family, config } = model;
  const again = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

  return {
    "a complete config is returned unchanged, and survives JSON": () => {
      expect(family.config(config)).toEqual(config);
      expect(parseModelSpec(again(modelJson(model)), familyResolver([family])).config).toEqual(config);
    },

    "a config survives config.json in both spellings, and unknown keys are kept": () => {
      if (family.hf.modelTypes.length === 0) return;
      for (const flavour of [4, 5] as const) {
        const json = again(writeHfModel(model, { flavour, source: { unknown_key: 7 } }));
        expect(json).toMatchObject({ unknown_key: 7 });
        expect(family.hf.modelTypes).toContain(json["model_type"]);
        expect(readHfModel(json, [family])).toEqual(model);
      }
    },

    "changing eps changes nothing else": () => {
      if (!family.eps) return;
      const changed = family.eps.changed(config, 0.25);
      expect(family.eps.read(changed)).toBe(0.25);
      expect(family.eps.changed(changed, family.eps.read(config))).toEqual(config);
    },
  };
};

/** Checks of parameters and sizes, before and after growth. */
export const tableChecks: FamilyChecks = ({ model }) => {
  const { family, config } = model;
  const table = parameterTable(model);
  const sizes = modelSizes(model);

  return {
    "parameters have unique names and the shapes that their axes give": () => {
      expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
      for (const { name, shape, axes } of table) {
        expect(
          shape.every((n) => Number.isInteger(n) && n > 0),
          name,
        ).toBe(true);
        if (axes.length > 0)
          expect(
            axes.map(({ axis, unit }) => (sizes[axis] ?? 0) * unit),
            name,
          ).toEqual(shape);
      }
    },

    "parameters are in the order of the forward pass, those of a layer together": () => {
      const layers = table.flatMap(({ layer }) => layer ?? []);
      expect(layers).toEqual(layers.toSorted((a, b) => a - b));
      expect([...new Set(layers)]).toEqual(Array.from({ length: sizes.layers }, (_, i) => i));
      for (const { name, layer, part } of table) expect(layer === undefined, name).toBe(part === undefined);
    },

    "parameters that are drawn at random have a positive standard deviation": () => {
      if (!family.forward) return;
      for (const spec of table.filter(({ neutral }) => neutral === undefined)) {
        for (const scheme of ["hf", "paper"] as const) {
          const std = family.std(config, spec, scheme);
          expect(std > 0 && Number.isFinite(std), `${spec.name}, ${scheme}: ${std}`).toBe(true);
        }
      }
    },

    "growing to its own sizes gives the same model": () => expect(grownModel(model, sizes)).toEqual(model),

    "each axis grows the parameters that have it, and no others": () => {
      for (const axes of growable(Object.keys(sizes))) {
        const doubled = Object.fromEntries(axes.map((axis) => [axis, 2 * (sizes[axis] as number)]));
        const grown = grownModel(model, doubled);
        expect(modelSizes(grown)).toEqual({ ...sizes, ...doubled });
        const scale = (spec: ParameterSpec) =>
          spec.shape.map((n, i) => {
            const { axis = "" } = spec.axes[i] ?? {};
            // A head's width is a unit of the heads, not an index.
            const factor = axes.includes(axis) || (axes.includes("headDim") && /heads$/i.test(axis)) ? 2 : 1;
            return n * factor;
          });
        expect(parameterTable(grown).map(({ shape }) => shape)).toEqual(table.map(scale));
      }
    },

    "a model of chosen layers has those layers' parameters": () => {
      const from = [0, ...Array.from({ length: sizes.layers }, (_, i) => i), sizes.layers - 1];
      const deeper = deepenedModel(model, from);
      expect(modelSizes(deeper).layers).toBe(from.length);
      const within = (specs: readonly ParameterSpec[], index: number) =>
        specs.filter(({ layer }) => layer === index).map(({ name: _, layer: __, ...rest }) => rest);
      for (const [t, source] of from.entries())
        expect(within(parameterTable(deeper), t)).toEqual(within(table, source));
      const outside = (specs: readonly ParameterSpec[]) => specs.filter(({ layer }) => layer === undefined);
      expect(outside(parameterTable(deeper))).toEqual(outside(table));
    },
  };
};

/** The axes to double, one at a time, except that query and key/value heads grow together. */
function growable(axes: readonly string[]): string[][] {
  const alone = axes.filter((axis) => !["layers", "heads", "kvHeads"].includes(axis)).map((axis) => [axis]);
  const heads = axes.filter((axis) => axis === "heads" || axis === "kvHeads");
  return heads.length > 0 ? [...alone, heads] : alone;
}
