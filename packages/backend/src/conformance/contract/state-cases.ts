// State: inputs that outputs replace.
import { add, f32, type HostTensor, hostTensor, mul, neg, type Tensor } from "@cambium/ir";
import { assertRejects, assertSameBits, assertThat } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import { accumulate, graphOf, take, vector } from "../small-graphs.js";
import type { Values } from "../values.js";

export function stateCases(values: Values): ConformanceCase[] {
  return [
    test("state: a replaced input is consumed, its output takes its place, and the number of tensors stays the same", async (device) => {
      using executable = await device.compile(accumulate);
      using x = await device.upload(vector(1, 10, 100));
      let state = await device.upload(vector(0, 0, 0));
      const { tensors } = await device.memory();
      for (let step = 1; step <= 5; step++) {
        const { outputs, fetched } = await executable.run({ state, x }, { fetch: ["sum"] });
        await assertRejects(device.download(state), "E_DISPOSED");
        if (step === 1) await assertRejects(executable.run({ state, x }), "E_DISPOSED", "state");
        state = take(outputs, "state");
        if (values.computed)
          assertSameBits(
            (await fetched)["sum"] as HostTensor,
            hostTensor("f32", [], [111 * step]),
            `sum of step ${step}`,
          );
        assertThat((await device.memory()).tensors === tensors, `step ${step} changed the number of tensors`);
      }
      values.same(await device.download(state), [5, 50, 500], "the state");
      values.same(await device.download(x), [1, 10, 100], "the input that no output replaces");
      state.dispose();
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
        values.same(await device.download(tensor), [value, value, value], name);
      }
    }),
    ...orderCases(values),
  ];
}

/** When a state is read and when it is written: within one run, and by runs that follow each other. */
function orderCases(values: Values): ConformanceCase[] {
  return [
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
      values.same((await fetched)["both"], [9, 18, 27], "10 · state − state");
      values.same(await device.download(state), [-1, -2, -3], "the state");
    }),
    test("fetched state keeps its values even though later runs overwrite the state", async (device) => {
      const increment = graphOf((builder) => {
        const state = builder.input("state", f32(3));
        const next = add(state, 1);
        builder.output("state", next, { replaces: "state" });
        builder.output("before", state);
        builder.output("after", next);
      });
      const turn = graphOf((builder) => {
        builder.output("state", neg(builder.input("state", f32(3))), { replaces: "state" });
      });
      using incrementing = await device.compile(increment);
      using turning = await device.compile(turn);
      const fetch = ["before", "after"];
      let { outputs, fetched } = await incrementing.run({ state: await device.upload(vector(1, 2, 3)) }, { fetch });
      const first = fetched;
      ({ outputs } = await turning.run({ state: take(outputs, "state") }));
      ({ outputs, fetched } = await incrementing.run({ state: take(outputs, "state") }, { fetch }));
      using state = take(outputs, "state");
      values.same(await device.download(state), vector(-1, -2, -3), "the state");
      values.same((await fetched)["before"], vector(-2, -3, -4), "the state before the second increment");
      values.same((await fetched)["after"], vector(-1, -2, -3), "the state after it");
      values.same((await first)["before"], vector(1, 2, 3), "the state before the first increment");
      values.same((await first)["after"], vector(2, 3, 4), "the state after it");
    }),
  ];
}
