// An embedding's gradient: who adds its rows, and that every way gives the same numbers.
import { assertAgrees } from "@cambium/backend/conformance";
import {
  adamw,
  add,
  clipByGlobalNorm,
  drawn,
  f32,
  type Graph,
  GraphBuilder,
  gather,
  hostTensor,
  i32,
  materialize,
  matmul,
  neg,
  scatterAdd,
  type Tensor,
} from "@cambium/ir";
import { describe, expect, test } from "vitest";
import { compileGraph } from "../src/compile/compile.js";
import backend from "../src/index.js";

const [rows, width, tokens] = [6, 5, 40];

describe.each([
  { way: "only the optimizer reads it", ours: true },
  { way: "it is an output too", ours: true },
  { way: "it alone is asked for", ours: true },
  { way: "an op of the session reads it too", ours: false },
  { way: "tied to the logits' weight", ours: false },
  { way: "added to what was accumulated", ours: false },
])("$way", ({ way, ours }) => {
  const graph = graphOf(way);

  test(ours ? "the kernels add the rows" : "ONNX Runtime adds the rows", () => {
    const calls = compileGraph(graph).plan.steps.flatMap((step) => (step.kind === "kernels" ? step.calls : []));
    expect(calls.filter(({ op }) => op === "scatterAdd")).toHaveLength(ours ? 1 : 0);
  });

  test("tokens that repeat are all counted", async () => {
    await using device = await backend.open({ threads: 2 });
    // More tokens than rows, so that some repeat.
    const ranges: Readonly<Record<string, [number, number]>> = {
      ids: [0, rows],
      step: [1, 4],
      lr: [0, 0.1],
      v: [0, 1],
    };
    const inputs = graph.inputs.map(({ name, value: { type } }) => drawn(type.dtype, type.shape, ranges[name]));
    const values = materialize({ inputs }, way).map((host, i) => [graph.inputs[i]?.name, host]);
    await assertAgrees(device, graph, Object.fromEntries(values));
  });
});

test("a place outside the table adds to nothing, at any width", async () => {
  await using device = await backend.open({ threads: 1 });
  for (const wide of [1, 4, 7]) {
    const builder = new GraphBuilder();
    const updates = builder.input("updates", f32(4, wide));
    builder.output("grad", scatterAdd(updates, builder.input("ids", i32(4)), { rows: 2 }));
    using executable = await device.compile(builder.finish());
    const given = Array.from({ length: 4 * wide }, (_, i) => 1 + i);
    const { fetched } = await executable.run(
      { updates: hostTensor("f32", [4, wide], given), ids: hostTensor("i32", [4], [-1, 1, 2, 1]) },
      { fetch: ["grad"] },
    );
    const second = Array.from({ length: wide }, (_, i) => 1 + wide + i + (1 + 3 * wide + i));
    expect([...((await fetched)["grad"]?.data ?? [])]).toEqual([...new Array(wide).fill(0), ...second]);
  }
});

function graphOf(way: string): Graph {
  const builder = new GraphBuilder();
  const ids = builder.input("ids", i32(tokens));
  const updates = neg(builder.input("updates", f32(tokens, width)));
  let grad: Tensor = scatterAdd(updates, ids, { rows });
  if (way === "it alone is asked for") {
    builder.output("grad", grad);
    return builder.finish();
  }
  const param = builder.input("table", f32(rows, width));
  builder.output("hidden", gather(param, ids));
  if (way === "it is an output too") builder.output("grad", grad);
  if (way === "an op of the session reads it too") builder.output("other", neg(grad));
  if (way === "tied to the logits' weight")
    grad = add(grad, matmul(builder.input("a", f32(rows, 3)), builder.input("b", f32(3, width))));
  if (way === "added to what was accumulated") {
    grad = add(builder.input("sum", f32(rows, width)), grad);
    builder.output("nextSum", grad, { replaces: "sum" });
  }
  const [scale] = clipByGlobalNorm([grad], { maxNorm: 1 });
  const [m, v] = [builder.input("m", f32(rows, width)), builder.input("v", f32(rows, width))];
  const [lr, step] = [builder.input("lr", f32()), builder.input("step", i32())];
  const settings = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 };
  const next = adamw(param, grad, m, v, scale, lr, step, settings);
  for (const [i, name] of ["table", "m", "v"].entries())
    builder.output(`next ${name}`, next[i as 0 | 1 | 2], { replaces: name });
  return builder.finish();
}
