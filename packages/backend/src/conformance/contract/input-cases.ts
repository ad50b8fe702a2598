// The inputs that a run accepts and refuses.
import { add, f32, hostTensor, i32, mul, neg } from "@cambium/ir";
import { assertRejects, assertSameBits, runFetched } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import { accumulate, graphOf, ramp, take, vector } from "../small-graphs.js";
import type { Values } from "../values.js";

export function inputCases(values: Values): ConformanceCase[] {
  return [
    test("every misfitting input is named at once, and none is consumed: E_INPUT", async (device) => {
      using executable = await device.compile(accumulate);
      using state = await device.upload(vector(1, 2, 3));
      await assertRejects(executable.run({ state }), "E_INPUT", "x");
      await assertRejects(executable.run({ state, x: ramp(4) }), "E_INPUT", "x", "f32[3]", "f32[4]");
      await assertRejects(executable.run({ state, x: hostTensor("i32", [3]) }), "E_INPUT", "x", "i32[3]");
      await assertRejects(
        executable.run({ state, x: { dtype: "f32", shape: [3], data: new Float32Array(2) } }),
        "E_INPUT",
        "x",
      );
      await assertRejects(executable.run({ y: ramp(3), stae: state }), "E_INPUT", "state", "x", "y", "stae");
      await assertRejects(executable.run({ state, x: ramp(3) }, { fetch: ["total"] }), "E_INPUT", "total");
      values.same(await device.download(state), [1, 2, 3], "the state after refused runs");
    }),
    test("a disposed input is refused: E_DISPOSED", async (device) => {
      using executable = await device.compile(accumulate);
      using state = await device.upload(vector(1, 2, 3));
      const x = await device.upload(vector(1, 1, 1));
      x.dispose();
      await assertRejects(executable.run({ state, x }), "E_DISPOSED", "x");
      values.same(await device.download(state), [1, 2, 3], "the state after a refused run");
    }),
    test("a host tensor bound to a replaced input is copied, not written to", async (device) => {
      using executable = await device.compile(accumulate);
      const host = vector(1, 2, 3);
      const { outputs } = await executable.run({ state: host, x: vector(1, 1, 1) }, { fetch: ["sum"] });
      using state = take(outputs, "state");
      values.same(await device.download(state), [2, 3, 4], "the state");
      assertSameBits(host, vector(1, 2, 3), "the caller's memory");
    }),
    test("one tensor may stand for two inputs, unless the run consumes it: E_INPUT", async (device) => {
      const product = graphOf((builder) =>
        builder.output("y", mul(builder.input("a", f32(3)), builder.input("b", f32(3)))),
      );
      using both = await device.compile(product);
      using consuming = await device.compile(accumulate);
      using t = await device.upload(vector(1, 2, 3));
      const { fetched } = await both.run({ a: t, b: t }, { fetch: ["y"] });
      values.same((await fetched)["y"], [1, 4, 9], "the square");
      await assertRejects(consuming.run({ state: t, x: t }), "E_INPUT", "state", "x");
      values.same(await device.download(t), [1, 2, 3], "the tensor");
    }),
    test("graphs without inputs, without nodes, with an input that nothing reads", async (device) => {
      const fixed = graphOf((builder) => builder.output("y", add(builder.constant(vector(1, 2, 3)), 1)));
      values.same((await runFetched(device, fixed, {}))["y"], [2, 3, 4], "the constant");
      const wire = graphOf((builder) => builder.output("y", builder.input("x", f32(3))));
      values.same((await runFetched(device, wire, { x: vector(1, 2, 3) }))["y"], [1, 2, 3], "the input");
      const unread = graphOf((builder) => {
        builder.input("unread", i32(2, 2));
        builder.output("y", neg(builder.input("x", f32(3))));
      });
      values.same(
        (await runFetched(device, unread, { unread: hostTensor("i32", [2, 2]), x: vector(1, 2, 3) }))["y"],
        [-1, -2, -3],
        "y",
      );
    }),
    test("names are any text", async (device) => {
      const [odd, other] = ['model.layers.0.mlp/down_proj:weight é"\\ 日本', "toString"];
      const graph = graphOf((builder) => {
        const x = builder.input(odd, f32(3));
        builder.output(other, neg(x));
        builder.output(odd, add(x, builder.input(other, f32(3))));
      });
      const inputs = { [odd]: vector(1, 2, 3), [other]: vector(4, 4, 4) };
      values.outputs(await runFetched(device, graph, inputs), graph, inputs);
    }),
  ];
}
