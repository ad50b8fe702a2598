// Layers as typed: conformance, scaled copies that keep the function, and maps written in several ways.
import { layerMap } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import explicit from "../src/index.js";

const expansion = "o_proj:0@new;down_proj:0@new";

describeOperator(explicit, {
  cases: [
    { name: "SOLAR", base: { layers: 8 }, options: { map: "0-5,2-7" }, layers: [0, 1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7] },
    { name: "block expansion", options: { map: "0-2,2,3-5,5", scale: expansion }, layers: [0, 1, 2, 2, 3, 4, 5, 5] },
    {
      name: "attenuated copies, tied",
      base: { tied: true },
      options: { map: [0, 1, 1, 2, 3, 4, 5], scale: [{ tensor: "q_proj", layers: "2", by: Math.SQRT1_2 }] },
    },
    { name: "norms halved", options: { map: "3x4", scale: "norm:0.5" }, layers: [3, 3, 3, 3] },
    { name: "the identity", options: { map: "0-5" }, connectionRate: [5, 5] },
  ],
  refuses: [
    { options: {}, code: "E_GROWTH_OPTION" },
    { options: { map: "0-6" }, code: "E_GROWTH_LAYERS" },
    { options: { map: "3-1" }, code: "E_GROWTH_PATTERN" },
    { options: { map: "0-5x20000" }, code: "E_GROWTH_PATTERN" },
    { options: { map: "0-5", scale: "o_porj:0" }, code: "E_GROWTH_OPTION" },
    { options: { map: "0-5", scale: "o_proj=0" }, code: "E_GROWTH_OPTION" },
    { options: { map: "0-5", layers: 6 }, code: "E_GROWTH_OPTION" },
  ],
});

test("silent copies anywhere keep the function; live ones, and scales elsewhere, do not", () => {
  const claim = (options: object) => explicit.plan(baseModel(), options).claims.functionPreserving;
  expect(claim({ map: "0-5,0-5", scale: "o_proj:0@6-11;down_proj:0@6-11;q_proj:2@6-11" })).toBe("exact");
  expect(claim({ map: "2,0-5", scale: "o_proj:0@0;down_proj:0@0" })).toBe("exact");
  expect(claim({ map: "0-2,2,3-5", scale: "o_proj:0@new" })).toBe("no");
  expect(claim({ map: "0-2,2,3-5", scale: `${expansion};model.norm:2` })).toBe("no");
  expect(claim({ map: "0,2,1,3-5" })).toBe("no");
});

test.each([
  ["0-3,5,4-5x2", [0, 1, 2, 3, 5, 4, 5, 4, 5]],
  ["0%-50%, 0%-100%", [0, 1, 2, 0, 1, 2, 3, 4, 5]],
  [2, [2]],
])("%s", (map, layers) => {
  expect(layerMap(explicit.plan(baseModel(), { map }))).toEqual(layers);
});
