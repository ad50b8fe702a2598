// The contract's half about running: what a run takes, what it consumes, what it returns, and what stays the same.
import {
  add,
  f32,
  type Graph,
  gather,
  type HostTensor,
  hostTensor,
  i32,
  matmul,
  mul,
  neg,
  reduceSum,
  scatterAdd,
  type Tensor,
  tanh,
} from "@cambium/ir";
import type { Executable } from "../contract.js";
import { assertOutputs, assertRejects, assertSameBits, assertThat, runFetched } from "./agree.js";
import { type ConformanceCase, contractCase as test } from "./case.js";
import { accumulate, graphOf, negate, ramp, take, vector } from "./small-graphs.js";

/** @param computes whether the device computes values; the null device does not. */
export function runCases(computes: boolean): ConformanceCase[] {
  const same = (got: HostTensor | undefined, values: readonly number[], label: string) => {
    if (!got) throw new Error(`${label} is missing`);
    if (computes) assertSameBits(got, vector(...values), label);
  };
  const outputsOf = (
    got: Readonly<Record<string, HostTensor>>,
    graph: Graph,
    inputs: Readonly<Record<string, HostTensor>>,
  ) => {
    if (computes) assertOutputs(got, graph, inputs);
    else
      assertThat(
        graph.outputs.every(({ name }) => name in got),
        "every output must be there",
      );
  };
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
      same(await device.download(state), [1, 2, 3], "the state after refused runs");
    }),
    test("a disposed input is refused: E_DISPOSED", async (device) => {
      using executable = await device.compile(accumulate);
      using state = await device.upload(vector(1, 2, 3));
      const x = await device.upload(vector(1, 1, 1));
      x.dispose();
      await assertRejects(executable.run({ state, x }), "E_DISPOSED", "x");
      same(await device.download(state), [1, 2, 3], "the state after a refused run");
    }),
    test("state: a replaced input is consumed, its output goes on, and the number of tensors stays", async (device) => {
      using executable = await device.compile(accumulate);
      using x = await device.upload(vector(1, 10, 100));
      let state = await device.upload(vector(0, 0, 0));
      const { tensors } = await device.memory();
      for (let step = 1; step <= 5; step++) {
        const { outputs, fetched } = await executable.run({ state, x }, { fetch: ["sum"] });
        await assertRejects(device.download(state), "E_DISPOSED");
        if (step === 1) await assertRejects(executable.run({ state, x }), "E_DISPOSED", "state");
        state = take(outputs, "state");
        if (computes)
          assertSameBits(
            (await fetched)["sum"] as HostTensor,
            hostTensor("f32", [], [111 * step]),
            `sum of step ${step}`,
          );
        assertThat((await device.memory()).tensors === tensors, `step ${step} changed the number of tensors`);
      }
      same(await device.download(state), [5, 50, 500], "the state");
      same(await device.download(x), [1, 10, 100], "the input that no output replaces");
      state.dispose();
    }),
    test("a host tensor bound to a replaced input is copied, not written to", async (device) => {
      using executable = await device.compile(accumulate);
      const host = vector(1, 2, 3);
      const { outputs } = await executable.run({ state: host, x: vector(1, 1, 1) }, { fetch: ["sum"] });
      using state = take(outputs, "state");
      same(await device.download(state), [2, 3, 4], "the state");
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
      same((await fetched)["y"], [1, 4, 9], "the square");
      await assertRejects(consuming.run({ state: t, x: t }), "E_INPUT", "state", "x");
      same(await device.download(t), [1, 2, 3], "the tensor");
    }),
    test("what is fetched has no device tensor, also when it replaces an input", async (device) => {
      using executable = await device.compile(accumulate);
      const state = await device.upload(vector(1, 2, 3));
      const { outputs, fetched } = await executable.run({ state, x: vector(1, 1, 1) }, { fetch: ["state", "sum"] });
      assertThat(Object.keys(outputs).length === 0, "everything was fetched");
      same((await fetched)["state"], [2, 3, 4], "the state");
      await assertRejects(device.download(state), "E_DISPOSED");
    }),
    test("fetched memory is the caller's: the next run does not write to it", async (device) => {
      using executable = await device.compile(negate);
      const y = async (...x: number[]) =>
        (await (await executable.run({ x: vector(...x) }, { fetch: ["y"] })).fetched)["y"];
      const first = await y(1, 2, 3);
      await y(4, 5, 6);
      same(first, [-1, -2, -3], "the first result");
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
      same(await device.download(again), [1, 2, 3], "the input under its second name");
      same(await device.download(twin), [-1, -2, -3], "the value under its second name");
      same(await device.download(x), [1, 2, 3], "the input itself");
    }),
    test("states that swap places, and one that stays as it is", async (device) => {
      const graph = graphOf((builder) => {
        const [a, b, c] = ["a", "b", "c"].map((name) => builder.input(name, f32(3))) as [Tensor, Tensor, Tensor];
        builder.output("a", b, { replaces: "a" });
        builder.output("b", a, { replaces: "b" });
        builder.output("c", c, { replaces: "c" });
      });
      using executable = await device.compile(graph);
      const [a, b, c] = [
        await device.upload(vector(1, 1, 1)),
        await device.upload(vector(2, 2, 2)),
        await device.upload(vector(3, 3, 3)),
      ];
      const { outputs } = await executable.run({ a, b, c });
      for (const [name, value] of Object.entries({ a: 2, b: 1, c: 3 })) {
        using tensor = take(outputs, name);
        same(await device.download(tensor), [value, value, value], name);
      }
    }),
    test("a replaced input is read to the end before it is overwritten", async (device) => {
      const graph = graphOf((builder) => {
        const state = builder.input("state", f32(3));
        const next = neg(state);
        builder.output("state", next, { replaces: "state" });
        builder.output("both", add(mul(state, 10), next));
      });
      using executable = await device.compile(graph);
      const { outputs, fetched } = await executable.run(
        { state: await device.upload(vector(1, 2, 3)) },
        { fetch: ["both"] },
      );
      using state = take(outputs, "state");
      same((await fetched)["both"], [9, 18, 27], "10 · state − state");
      same(await device.download(state), [-1, -2, -3], "the state");
    }),
    test("graphs without inputs, without nodes, with an input that nothing reads", async (device) => {
      const fixed = graphOf((builder) => builder.output("y", add(builder.constant(vector(1, 2, 3)), 1)));
      same((await runFetched(device, fixed, {}))["y"], [2, 3, 4], "the constant");
      const wire = graphOf((builder) => builder.output("y", builder.input("x", f32(3))));
      same((await runFetched(device, wire, { x: vector(1, 2, 3) }))["y"], [1, 2, 3], "the input");
      const unread = graphOf((builder) => {
        builder.input("unread", i32(2, 2));
        builder.output("y", neg(builder.input("x", f32(3))));
      });
      same(
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
      outputsOf(await runFetched(device, graph, inputs), graph, inputs);
    }),
    test("several executables are alive at once and feed one another", async (device) => {
      const doubled = graphOf((builder) => builder.output("y", mul(builder.input("x", f32(3)), 2)));
      const first = await device.compile(negate);
      using second = await device.compile(doubled);
      using a = take((await first.run({ x: vector(1, 2, 3) })).outputs, "y");
      using b = take((await second.run({ x: a })).outputs, "y");
      using c = take((await first.run({ x: b })).outputs, "y");
      first.dispose();
      first.dispose();
      using d = take((await second.run({ x: c })).outputs, "y");
      same(await device.download(d), [4, 8, 12], "−(2 · −x) · 2");
      same(await device.download(a), [-1, -2, -3], "a result that outlives its executable");
      await assertRejects(first.run({ x: vector(1, 2, 3) }), "E_DISPOSED");
    }),
    test("memory counts executables, and their statistics are numbers", async (device) => {
      const before = (await device.memory()).executables;
      const executable: Executable = await device.compile(accumulate);
      assertThat((await device.memory()).executables === before + 1, "a compiled graph is one more executable");
      const { nodes, plannedBytes, compileSeconds } = executable.stats;
      assertThat(
        [nodes, plannedBytes, compileSeconds].every((n) => Number.isFinite(n) && n >= 0),
        "stats must be finite and ≥ 0",
      );
      const profile = await executable.profile();
      assertThat(profile === null || Array.isArray(profile), "profile is a list or null");
      executable[Symbol.dispose]();
      assertThat((await device.memory()).executables === before, "a disposed executable must not count");
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
