// Graphs and tensors in JSON come back with the same bits.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  f32,
  graphFromChoices,
  graphFromJson,
  graphToJson,
  hostTensor,
  printGraph,
  tensorFromJson,
  tensorToJson,
} from "../src/index.js";
import { graphOf } from "./support.js";

describe("graphs in JSON", () => {
  test("random graphs survive", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), (choices) => {
        const { graph, inputs } = graphFromChoices(choices);
        const again = graphFromJson(JSON.parse(JSON.stringify(graphToJson(graph))));
        expect(printGraph(again)).toBe(printGraph(graph));
        for (const tensor of Object.values(inputs))
          expect(tensorFromJson(JSON.parse(JSON.stringify(tensorToJson(tensor))))).toEqual(tensor);
      }),
      { numRuns: 30 },
    );
  });

  test("numbers that JSON cannot express keep their bits", () => {
    const odd = hostTensor("f32", [4], [Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e-45]);
    const { data } = tensorFromJson(JSON.parse(JSON.stringify(tensorToJson(odd))));
    expect([...data].every((x, i) => Object.is(x, odd.data[i]))).toBe(true);
  });

  test("an unknown op and a value without a type are named", () => {
    const json = graphToJson(graphOf((builder) => builder.output("y", add(builder.input("x", f32(1)), 1))));
    const strange = { ...json, nodes: json.nodes.map((node) => ({ ...node, op: "swirl", inputs: [99] })) };
    expect(() => graphFromJson(strange)).toThrow(/does not describe a graph[\s\S]*"swirl"[\s\S]*%99/);
  });
});
