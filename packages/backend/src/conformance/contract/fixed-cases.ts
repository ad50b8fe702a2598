// Inputs that are fixed when a graph is compiled.
import { add, f32, hostTensor, matmul, mul, reduceSum } from "@cambium/ir";
import { assertRejects } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import { accumulate, graphOf, negate, vector } from "../small-graphs.js";
import type { Values } from "../values.js";

/** y = x · wᵀ, one row; z = Σ w, a second reader; v = x ∘ scale. */
const projected = graphOf((builder) => {
  const [x, w, scale] = [
    builder.input("x", f32(1, 3)),
    builder.input("w", f32(2, 3)),
    builder.input("scale", f32(1, 3)),
  ];
  builder.output("y", add(matmul(x, w, { transB: true }), 1));
  builder.output("z", reduceSum(w, { axes: [0, 1] }));
  builder.output("v", mul(x, scale));
});

const row = (...data: number[]) => hostTensor("f32", [1, data.length], data);

export function fixedCases(values: Values): ConformanceCase[] {
  return [
    test("fixed inputs are the same in every run, which does not name them", async (device) => {
      const matrix = hostTensor("f32", [2, 3], [1, 2, 3, 4, 5, 6]);
      using w = await device.upload(matrix);
      using scale = await device.upload(row(2, 2, 2));
      using executable = await device.compile(projected, { fixed: { w, scale } });
      for (const k of [1, 2]) {
        const { fetched } = await executable.run({ x: row(k, 0, -k) }, { fetch: ["y", "z", "v"] });
        const { y, z, v } = await fetched;
        values.same(y, row(1 - 2 * k, 1 - 2 * k), "the product");
        values.same(z, hostTensor("f32", [], [21]), "the sum");
        values.same(v, row(2 * k, 0, -2 * k), "the scaled row");
      }
      values.same(await device.download(w), matrix, "the fixed matrix afterwards");
    }),
    test("two executables may fix the same tensor", async (device) => {
      using x = await device.upload(vector(1, 2, 3));
      const first = await device.compile(negate, { fixed: { x } });
      using second = await device.compile(negate, { fixed: { x } });
      first.dispose();
      values.same((await (await second.run({}, { fetch: ["y"] })).fetched)["y"], [-1, -2, -3], "−x");
    }),
    test("a fixed input that does not fit, or that an output replaces, is refused: E_INPUT", async (device) => {
      using x = await device.upload(row(1, 2));
      using state = await device.upload(vector(1, 2, 3));
      const fixed = { x, state, y: x };
      await assertRejects(device.compile(accumulate, { fixed }), "E_INPUT", "x", "f32[3]", "f32[1,2]", "state", "y");
    }),
    test("a run that names a fixed input is refused: E_INPUT; one that was disposed: E_DISPOSED", async (device) => {
      const x = await device.upload(vector(1, 2, 3));
      using executable = await device.compile(negate, { fixed: { x } });
      await assertRejects(executable.run({ x: vector(4, 5, 6) }), "E_INPUT", "x", "fixed");
      x.dispose();
      await assertRejects(executable.run({}), "E_DISPOSED", "x");
      await assertRejects(device.compile(negate, { fixed: { x } }), "E_DISPOSED");
    }),
  ];
}
