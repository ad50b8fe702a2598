// Gradients of weights take the form that moves the least, and each form computes the same.
import { assertAgrees } from "@cambium/backend/conformance";
import { drawn, f32, type Graph, GraphBuilder, materialize, matmul, transpose } from "@cambium/ir";
import { expect, test } from "vitest";
import { prepare } from "../src/compile/compile.js";
import backend from "../src/index.js";

test.each([
  { m: 40, n: 30, k: 15, readers: 1, transposes: 0, products: 1, note: "a narrow result: inside the product" },
  { m: 40, n: 30, k: 400, readers: 1, transposes: 0, products: 2, note: "many rows: each half, then their sum" },
  { m: 390, n: 390, k: 16, readers: 1, transposes: 1, products: 1, note: "a wide result: the left operand first" },
  {
    m: 370,
    n: 370,
    k: 1200,
    readers: 2,
    transposes: 3,
    products: 2,
    note: "shared: the right operand, and the results",
  },
  { m: 40, n: 4000, k: 16, readers: 1, transposes: 1, products: 1, note: "columns enough for each thread" },
])("$m × $n over $k rows: $note", async ({ transposes, products, ...sizes }) => {
  const graph = gradients(sizes);
  const { nodes } = prepare(graph, 2, true);
  expect(nodes.filter((node) => transpose.is(node))).toHaveLength(transposes);
  expect(nodes.filter((node) => matmul.is(node))).toHaveLength(products);
  await using device = await backend.open({ threads: 2 });
  const inputs = graph.inputs.map(({ value }) => drawn("f32", value.type.shape));
  const values = materialize({ inputs }, "weight gradients").map((host, i) => [graph.inputs[i]?.name, host]);
  await assertAgrees(device, graph, Object.fromEntries(values));
});

test("a form whose bits depend on the columns that a thread gets is left where they are few", () => {
  const graph = gradients({ m: 40, n: 4000, k: 16, readers: 1 });
  expect(prepare(graph, 64, true).nodes.filter((node) => transpose.is(node))).toHaveLength(0);
});

function gradients({ m, n, k, readers }: Readonly<Record<"m" | "n" | "k" | "readers", number>>): Graph {
  const builder = new GraphBuilder();
  const right = builder.input("right", f32(k, n));
  for (let i = 0; i < readers; i++) {
    const left = builder.input(`left${i}`, f32(k, m));
    builder.output(`grad${i}`, matmul(left, right, { transA: true }));
  }
  return builder.finish();
}
