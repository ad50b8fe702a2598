// Gradients of weights take the form that moves the least, and each form computes the same.
import { assertAgrees } from "@cambium/backend/conformance";
import { drawn, f32, GraphBuilder, materialize, matmul, transpose } from "@cambium/ir";
import { expect, test } from "vitest";
import { prepare } from "../src/compile/compile.js";
import backend from "../src/index.js";

test.each([
  { m: 40, n: 30, k: 16, readers: 1, transposes: 0, note: "a narrow result: inside the product" },
  { m: 260, n: 260, k: 16, readers: 1, transposes: 1, note: "a wide result: the left operand" },
  { m: 130, n: 260, k: 500, readers: 3, transposes: 4, note: "a shared right operand, and each result" },
  { m: 16, n: 300, k: 500, readers: 1, transposes: 0, note: "never so that threads would share out columns" },
])("$m × $n over $k rows: $note", async ({ m, n, k, readers, transposes }) => {
  const builder = new GraphBuilder();
  const right = builder.input("right", f32(k, n));
  for (let i = 0; i < readers; i++) {
    const left = builder.input(`left${i}`, f32(k, m));
    builder.output(`grad${i}`, matmul(left, right, { transA: true }));
  }
  const graph = builder.finish();
  expect(prepare(graph, true).nodes.filter((node) => transpose.is(node))).toHaveLength(transposes);
  await using device = await backend.open();
  const inputs = graph.inputs.map(({ name, value }) => [name, drawn("f32", value.type.shape)] as const);
  const drawnInputs = materialize({ inputs: inputs.map(([, input]) => input) }, "weight gradients");
  await assertAgrees(device, graph, Object.fromEntries(inputs.map(([name], i) => [name, drawnInputs[i]])) as never);
});
