// The readers and the definition of each value, against a plain search of the graph.
import fc from "fast-check";
import { expect, test } from "vitest";
import { add, f32, i32, mul, Uses, type Value } from "../src/index.js";
import { anyGraph, graphOf } from "./support.js";

test("readers, producer and outputs are those that a search of the graph finds", () => {
  fc.assert(
    fc.property(anyGraph, ({ graph }) => {
      const uses = new Uses(graph);
      const values = [...graph.inputs.map(({ value }) => value), ...graph.nodes.flatMap(({ outputs }) => outputs)];
      for (const { id } of values) {
        const has = (edge: readonly Value[]) => edge.filter((value) => value.id === id).length;
        const readers = graph.nodes.flatMap((node) => Array.from({ length: has(node.inputs) }, () => node));
        const isOutput = has(graph.outputs.map(({ value }) => value)) > 0;
        expect(uses.readers(id)).toEqual(readers);
        expect(uses.producer(id)).toBe(graph.nodes.find((node) => has(node.outputs) > 0));
        expect(uses.isOutput(id)).toBe(isOutput);
        expect(uses.single(id)).toBe(!isOutput && readers.length === 1);
      }
    }),
    { numRuns: 50 },
  );
});

test("scalar gives the number of a scalar constant, and nothing for other values", () => {
  const graph = graphOf((b) => {
    const x = b.input("x", f32(2));
    b.output("y", add(mul(x, 0.5), b.constant({ dtype: "f32", shape: [2], data: Float32Array.of(1, 2) })));
    b.output("n", b.scalar(7, "i32"));
    b.input("unread", i32());
  });
  const uses = new Uses(graph);
  const known = graph.nodes.flatMap(({ outputs }) => outputs.map(({ id }) => uses.scalar(id)));
  expect(known).toEqual([0.5, undefined, undefined, undefined, 7]);
  expect(graph.inputs.map(({ value }) => uses.scalar(value.id))).toEqual([undefined, undefined]);
});
