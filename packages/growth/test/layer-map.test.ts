// Layer maps and connection rates of known lists, and identities between them.
import { connectionRate, depthOperator, formatLayers, layerMap, layerOrigins } from "@cambium/growth";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { config, doubleIntermediate, noisy, zeroTop } from "./support.js";

const stacked = (base: number, target: number) => Array.from({ length: target }, (_, t) => t % base);
const interpolated = (base: number, target: number) =>
  Array.from({ length: target }, (_, t) => Math.floor((t * base) / target));
const rate = (layers: readonly (number | null)[]) => {
  const { numerator, denominator } = connectionRate(layers);
  return `${numerator}/${denominator}`;
};
const digits = (list: string) => list.split(" ").map(Number);

describe("R_c", () => {
  test("the paper's examples", () => {
    expect(rate(stacked(3, 6))).toBe("4/5");
    expect(rate(interpolated(3, 6))).toBe("2/5");
    expect(rate(stacked(8, 24))).toBe("21/23");
    expect(rate(interpolated(8, 24))).toBe("7/23");
    expect(connectionRate(stacked(8, 24)).value).toBe(21 / 23);
  });

  // The paper's eight variants (Du et al. 2024, Table 5), lists and fractions; and SOLAR.
  test.each([
    ["0 1 2 3 4 5 0 1 2 3 4 5 0 1 2 3 4 5 0 1 2 3 4 5", "20/23"],
    ["0 1 2 3 4 5 2 3 4 5 2 3 4 5 2 3 4 5 2 3 4 5 4 5", "18/23"],
    ["0 1 2 3 4 2 3 4 2 3 4 2 3 4 2 3 4 2 3 4 2 3 4 5", "17/23"],
    ["0 1 2 3 4 5 3 4 5 3 4 5 3 4 5 3 4 5 3 4 5 3 4 5", "17/23"],
    ["0 1 2 3 4 5 4 5 4 5 4 5 4 5 4 5 4 5 4 5 4 5 4 5", "14/23"],
    ["0 1 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 2 3 4 5", "14/23"],
    ["0 1 2 3 1 2 3 1 2 3 1 2 3 1 2 3 1 2 3 1 2 3 4 5", "17/23"],
    ["0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 3 4 5", "17/23"],
  ])("%s: %s", (list, fraction) => {
    expect(rate(digits(list))).toBe(fraction);
  });

  test("SOLAR 32/8/48", () => {
    expect(rate([...stacked(24, 24), ...stacked(24, 24).map((i) => i + 8)])).toBe("46/47");
  });

  const sizes = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 8 }));

  test("identity 1, stack (l−1)g/(gl−1), interpolate (l−1)/(gl−1)", () => {
    fc.assert(
      fc.property(sizes, ([l, g]) => {
        expect(connectionRate(stacked(l, l)).value).toBe(1);
        expect(rate(stacked(l, g * l))).toBe(`${(l - 1) * g}/${g * l - 1}`);
        if (g > 1) expect(rate(interpolated(l, g * l))).toBe(`${l - 1}/${g * l - 1}`);
      }),
    );
  });

  test("in [0, 1], and unchanged by renumbering", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(9)), { minLength: 1, maxLength: 30 }), (layers) => {
        const { value } = connectionRate(layers);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(rate(layers.map((layer) => (layer === null ? null : layer + 5)))).toBe(rate(layers));
      }),
    );
  });

  test("new layers connect to nothing", () => {
    expect(rate([0, null, 1, 2, null, null])).toBe("1/5");
    expect(rate([null])).toBe("0/0");
  });
});

describe("layer maps of plans", () => {
  const list = [2, 0, 1, 2, 2];
  const listed = depthOperator({ name: "listed", version: "1.0.0", summary: "A list.", layers: () => list });

  test("are the list of a depth operator", () => {
    expect(layerMap(listed.plan(config(), { layers: 5 }))).toEqual(list);
  });

  test("count a silenced copy as its source, and a width plan as the identity", () => {
    expect(layerMap(zeroTop.plan(config(), { layers: 5 }))).toEqual([0, 1, 2, 2, 2]);
    expect(layerMap(doubleIntermediate.plan(config()))).toEqual([0, 1, 2]);
    expect(layerMap(noisy.plan(config()))).toEqual([0, 1, 2]);
  });

  test("have null for layers that are new or mixed", () => {
    const plan = listed.plan(config(), { layers: 5 });
    const tensors = Object.fromEntries(
      Object.entries(plan.tensors).map(([name, expr]) => {
        if (name.startsWith("model.layers.1.")) return [name, { kind: "zeros" as const, shape: [1] }];
        return [
          name,
          name === "model.layers.3.input_layernorm.weight"
            ? { kind: "copy" as const, source: name.replace("3", "0") }
            : expr,
        ];
      }),
    );
    expect(layerOrigins({ ...plan, tensors })).toEqual([[2], [], [1], [0, 2], [2]]);
    expect(layerMap({ ...plan, tensors })).toEqual([2, null, 1, null, 2]);
  });
});

test.each([
  [[[0], [1], [2], [0], [1], [2]], "0–2 ×2"],
  [[[0], [0], [1], [1]], "0 | 0–1 | 1"],
  [[[0], [1], [], [], [0, 1], [1]], "0–1 | new ×2 | 0+1 | 1"],
  [[[5], [4], [3]], "5 | 4 | 3"],
])("%j is printed as %s, with a bar for each connection lost", (origins, text) => {
  expect(formatLayers(origins)).toBe(text);
});
