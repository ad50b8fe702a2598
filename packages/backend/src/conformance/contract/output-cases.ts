// The outputs that a run returns.
import { f32, gather, type HostTensor, hostTensor, i32, matmul, neg, reduceSum, scatterAdd, tanh } from "@cambium/ir";
import { assertRejects, assertSameBits, assertThat } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import { accumulate, graphOf, negate, ramp, take, vector } from "../small-graphs.js";
import type { Values } from "../values.js";

export function outputCases(values: Values): ConformanceCase[] {
  return [
    test("a fetched output gets no device tensor, even if it replaces an input", async (device) => {
      using executable = await device.compile(accumulate);
      const state = await device.upload(vector(1, 2, 3));
      const { outputs, fetched } = await executable.run({ state, x: vector(1, 1, 1) }, { fetch: ["state", "sum"] });
      assertThat(Object.keys(outputs).length === 0, "everything was fetched");
      values.same((await fetched)["state"], [2, 3, 4], "the state");
      await assertRejects(device.download(state), "E_DISPOSED");
    }),
    test("fetched memory is the caller's: the next run does not write to it", async (device) => {
      using executable = await device.compile(negate);
      const y = async (...x: number[]) =>
        (await (await executable.run({ x: vector(...x) }, { fetch: ["y"] })).fetched)["y"];
      const first = await y(1, 2, 3);
      await y(4, 5, 6);
      values.same(first, [-1, -2, -3], "the first result");
    }),
    test("outputs are tensors of their own: an input passed on, one value under two names", async (device) => {
      const graph = graphOf((builder) => {
        const x = builder.input("x", f32(3));
        const y = neg(x);
        for (const [name, tensor] of Object.entries({ x, again: x, y, same: y })) builder.output(name, tensor);
      });
      using executable = await device.compile(graph);
      using x = await device.upload(vector(1, 2, 3));
      const { outputs } = await executable.run({ x });
      take(outputs, "x").dispose();
      take(outputs, "y").dispose();
      using again = take(outputs, "again");
      using twin = take(outputs, "same");
      values.same(await device.download(again), [1, 2, 3], "the input under its second name");
      values.same(await device.download(twin), [-1, -2, -3], "the value under its second name");
      values.same(await device.download(x), [1, 2, 3], "the input itself");
    }),
    test("two runs give the same bits", async (device) => {
      const graph = graphOf((builder) => {
        const rows = gather(builder.input("table", f32(96, 160)), builder.input("ids", i32(256)));
        const y = tanh(matmul(rows, builder.input("w", f32(192, 160)), { transB: true }));
        builder.output("y", y);
        builder.output("sum", reduceSum(y, { axes: [0, 1] }));
        builder.output("scattered", scatterAdd(y, builder.input("to", i32(256)), { rows: 7 }));
      });
      const indices = (below: number) =>
        hostTensor(
          "i32",
          [256],
          Array.from({ length: 256 }, (_, i) => (i * i + 3 * i) % below),
        );
      const inputs = { table: ramp(96, 160), ids: indices(96), w: ramp(192, 160), to: indices(7) };
      using executable = await device.compile(graph);
      const fetch = graph.outputs.map(({ name }) => name);
      const results = async () => (await executable.run(inputs, { fetch })).fetched;
      const [first, second] = [await results(), await results()];
      for (const name of fetch) assertSameBits(second[name] as HostTensor, first[name] as HostTensor, name);
    }),
  ];
}
