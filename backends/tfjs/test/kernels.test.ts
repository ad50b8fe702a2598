// Kernels of tfjs that are wrong or missing, each by name: the fault is there, and what the backend computes is right.
import { assertAgrees } from "@cambium/backend/conformance";
import { f32, GraphBuilder, hostTensor, i32, linearCrossEntropy, matmul, scatterAdd } from "@cambium/ir";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import backend from "../src/index.js";

test("wasm: UnsortedSegmentSum is not registered; scatterAdd loses no update", async () => {
  await using device = await backend.open({ engine: "wasm" });
  expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
  const builder = new GraphBuilder();
  builder.output("y", scatterAdd(builder.input("x", f32(4096, 2)), builder.input("to", i32(4096)), { rows: 3 }));
  const to = Int32Array.from({ length: 4096 }, (_, i) => (7 * i) % 3);
  const x = new Float32Array(8192).fill(1);
  await assertAgrees(device, builder.finish(), {
    x: hostTensor("f32", [4096, 2], x),
    to: hostTensor("i32", [4096], to),
  });
});

test("wasm: OneHot writes the bits of integers into a float32 tensor; the loss that reads it is right", async () => {
  await using device = await backend.open({ engine: "wasm" });
  const indices = tf.tensor1d([1, 0], "int32");
  const attrs = { depth: 2, dtype: "float32", onValue: 1, offValue: 0 } as const;
  const hot = tf.engine().runKernel("OneHot", { indices }, attrs) as tf.Tensor;
  expect(hot.dtype).toBe("float32");
  expect(Array.from(new Int32Array(hot.dataSync().slice().buffer))).toEqual([0, 1, 1, 0]);
  tf.dispose([indices, hot]);
  const builder = new GraphBuilder();
  const [loss] = linearCrossEntropy(
    builder.input("hidden", f32(3, 2)),
    builder.input("weight", f32(5, 2)),
    builder.input("targets", i32(3)),
  );
  builder.output("loss", loss);
  await assertAgrees(device, builder.finish(), {
    hidden: hostTensor("f32", [3, 2], [1, -1, 0.5, 2, 0, -3]),
    weight: hostTensor("f32", [5, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    targets: hostTensor("i32", [3], [4, 0, 2]),
  });
});

test("wasm: products with transposes and in stacks use the one fast kernel, and are right", async () => {
  await using device = await backend.open({ engine: "wasm", profile: true });
  const builder = new GraphBuilder();
  const [a, b] = [builder.input("a", f32(2, 7, 3)), builder.input("b", f32(2, 5, 7))];
  builder.output("y", matmul(a, b, { transA: true, transB: true }));
  const graph = builder.finish();
  const filled = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i));
  const inputs = { a: hostTensor("f32", [2, 7, 3], filled(42)), b: hostTensor("f32", [2, 5, 7], filled(70)) };
  await assertAgrees(device, graph, inputs);
  using executable = await device.compile(graph);
  await executable.run(inputs, { fetch: ["y"] });
  const counts = Object.fromEntries((await executable.profile())?.map(({ op, count }) => [op, count]) ?? []);
  expect(counts).toMatchObject({ BatchMatMul: 2, Transpose: 2, Slice: 4, Concat: 1 });
});
