// Presets: their remaining options, the name in their plans and errors, and options that cannot be fixed.
import { depthOperator, type Operator, presetOperator } from "@cambium/growth";
import { describePreset } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import { z } from "zod";
import { config } from "./support.js";

const of = depthOperator({
  ...{ name: "from-one", version: "1.2.3", summary: "A test." },
  options: { layer: z.int().nonnegative().default(0) },
  layers: (base, target, { layer }) => Array.from({ length: target }, (_, t) => (t < base ? t : layer)),
});
const preset = presetOperator({
  ...{ name: "from-last", version: "4.5.6", summary: "Another." },
  ...{ of, options: { layer: 5 } },
});

describePreset(preset, { of, options: { layer: 5 } });

function thrownBy(operator: Operator, layers: number, options: object): unknown {
  try {
    operator.plan(config({ layers }), options);
  } catch (error) {
    return error;
  }
  return undefined;
}

test("an error carries the preset's name once, and the operator's not at all", () => {
  expect(thrownBy(preset, 3, { factor: 2 })).toMatchObject({
    code: "E_GROWTH_LAYERS",
    message: expect.stringMatching(/^operator from-last 4\.5\.6: (?!operator)/),
  });
  expect(thrownBy(preset, 6, { layer: 5 })).toMatchObject({
    code: "E_GROWTH_OPTION",
    message: expect.stringMatching(/^operator from-last 4\.5\.6: (?!operator)/),
  });
});

test("only options of the operator can be fixed", () => {
  const make = () => presetOperator({ name: "x", version: "1.0.0", summary: "-", of, options: { depth: 5 } });
  expect(make).toThrow(expect.objectContaining({ code: "E_GROWTH_OPERATOR" }));
});
