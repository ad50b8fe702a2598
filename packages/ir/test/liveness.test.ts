// Liveness against a brute-force evaluation of its definition, and the bytes that replaced inputs save.
import fc from "fast-check";
import { expect, test } from "vitest";
import { byteLength, f32, type Graph, liveness, mul, neg } from "../src/index.js";
import { anyGraph, graphOf } from "./support.js";

/** Bytes of the values that must exist while node `at` runs: defined by then, and read then or later (or an output). */
function aliveAt(graph: Graph, at: number): number {
  const last = graph.nodes.length - 1;
  const inPlace = new Set(graph.outputs.filter(({ replaces }) => replaces !== undefined).map(({ value }) => value.id));
  const needed = (id: number, defined: number) =>
    defined === at ||
    graph.outputs.some(({ value }) => value.id === id) ||
    graph.nodes.slice(at, last + 1).some(({ inputs }) => inputs.some((input) => input.id === id));
  let bytes = 0;
  graph.nodes.slice(0, at + 1).forEach(({ outputs }, defined) => {
    for (const { id, type } of outputs) if (!inPlace.has(id) && needed(id, defined)) bytes += byteLength(type);
  });
  return bytes;
}

test("peak, last uses and dying values follow the definition", () => {
  fc.assert(
    fc.property(anyGraph, ({ graph }) => {
      const { peakBytes, peakNode, dying, lastUse, inputBytes } = liveness(graph);
      const alive = graph.nodes.map((_, at) => aliveAt(graph, at));
      expect(peakBytes).toBe(Math.max(0, ...alive));
      expect(peakNode).toBe(alive.indexOf(peakBytes));
      expect(inputBytes).toBe(graph.inputs.reduce((sum, { value }) => sum + byteLength(value.type), 0));
      const outputs = new Set(graph.outputs.map(({ value }) => value.id));
      graph.nodes.forEach((node, defined) => {
        for (const { id } of node.outputs) {
          const reads = graph.nodes.flatMap(({ inputs }, at) => (inputs.some((input) => input.id === id) ? [at] : []));
          const want = outputs.has(id) ? Number.POSITIVE_INFINITY : (reads.at(-1) ?? defined);
          expect(lastUse.get(id)).toBe(want);
          expect(dying.findIndex((ids) => ids.includes(id))).toBe(Number.isFinite(want) ? want : -1);
        }
      });
    }),
  );
});

test("by hand: a chain holds two values at once, and a replacing output holds nothing of its own", () => {
  const chain = (replaces?: string) =>
    liveness(
      graphOf((b) => {
        const x = b.input("x", f32(100));
        b.output("y", mul(neg(neg(x)), x), replaces === undefined ? {} : { replaces });
      }),
    );
  expect(chain()).toMatchObject({ inputBytes: 400, peakBytes: 800, peakNode: 1 });
  expect(chain("x").peakBytes).toBe(800);
  const inPlace = liveness(graphOf((b) => b.output("x", neg(b.input("x", f32(100))), { replaces: "x" })));
  expect(inPlace).toMatchObject({ inputBytes: 400, peakBytes: 0, peakNode: -1 });
});

test("an input that nothing reads and a value that nothing reads", () => {
  const graph = graphOf((b) => {
    b.input("unread", f32(1));
    neg(b.input("x", f32(1)));
  });
  const { lastUse, dying } = liveness(graph);
  expect([...lastUse]).toEqual([
    [0, -1],
    [1, 0],
    [2, 0],
  ]);
  expect(dying).toEqual([[2]]);
});
