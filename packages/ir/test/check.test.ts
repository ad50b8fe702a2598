// checkGraph: every rule broken once, then several at once.
import { expect, test } from "vitest";
import { add, checkGraph, f32, type Graph, i32, type Node, neg } from "../src/index.js";
import { graphOf, thrown } from "./support.js";

const good = graphOf((b) => {
  const [x, y] = [b.input("x", f32(2)), b.input("y", f32(2))];
  b.output("sum", add(x, y), { replaces: "x" });
  b.output("neg", neg(x));
});
const [sum, negated] = good.nodes as [Node, Node];
const [out0, out1] = good.outputs as [Graph["outputs"][0], Graph["outputs"][0]];
const [in0, in1] = good.inputs as [Graph["inputs"][0], Graph["inputs"][0]];

const broken: Record<string, [Partial<Graph>, string]> = {
  "a value defined twice": [{ nodes: [sum, { ...negated, outputs: sum.outputs }] }, "value %2 is defined twice"],
  "a value used before it is defined": [
    { nodes: [{ ...sum, inputs: [...negated.outputs, in1.value] }, negated] },
    "value %3 is used before it is defined",
  ],
  "an output that nothing defines": [{ nodes: [sum] }, "value %3 is used before it is defined"],
  "a value that changes its type": [
    { nodes: [sum, { ...negated, inputs: [{ id: 0, type: f32(3) }], outputs: [{ id: 3, type: f32(3) }] }] },
    "value %0 changes its type",
  ],
  "a wrong number of inputs": [{ nodes: [{ ...sum, inputs: [in0.value] }, negated] }, "has the wrong number of inputs"],
  "outputs of another type than inferred": [
    { nodes: [sum, { ...negated, outputs: [{ id: 3, type: i32(2) }] }] },
    "outputs differ from the inferred types",
  ],
  "inputs that the op refuses": [
    { inputs: [{ ...in0, value: { id: 0, type: i32(2) } }, in1] },
    "value %0 changes its type",
  ],
  "two inputs of one name": [{ inputs: [in0, { ...in1, name: "x" }] }, 'two inputs are named "x"'],
  "two outputs of one name": [{ outputs: [out0, { ...out1, name: "sum" }] }, 'two outputs are named "sum"'],
  "an input replaced twice": [{ outputs: [out0, { ...out1, replaces: "x" }] }, 'input "x" is replaced twice'],
  "replacing an input that does not exist": [
    { outputs: [out0, { ...out1, replaces: "z" }] },
    'replaces "z", which does not fit',
  ],
};

test("a graph that keeps the rules passes", () => expect(() => checkGraph(good)).not.toThrow());

test.each(Object.entries(broken))("%s is found", (_, [change, message]) => {
  const error = thrown(() => checkGraph({ ...good, ...change }));
  expect(error.code).toBe("E_GRAPH");
  expect(error.details.reasons?.map((reason) => reason.message)).toContain(message);
});

test("an op's own refusal is a reason", () => {
  const bools = { dtype: "bool", shape: [2] } as const;
  const nodes = [{ ...negated, inputs: [{ id: 0, type: bools }], outputs: [{ id: 3, type: bools }] }];
  const graph: Graph = { inputs: [{ name: "x", value: { id: 0, type: bools } }], nodes, outputs: [] };
  expect(thrown(() => checkGraph(graph)).format()).toContain("an input has a dtype that this op does not accept");
});

test("every broken rule is reported at once, with what had just happened", () => {
  const worst: Graph = {
    inputs: [in0, { ...in1, name: "x" }],
    nodes: [sum],
    outputs: [out0, { ...out1, replaces: "x" }],
  };
  const error = thrown(() => checkGraph(worst, 'after pass "fold"'));
  expect(error.message).toContain('after pass "fold"');
  expect(error.details.reasons?.length).toBe(3);
});
