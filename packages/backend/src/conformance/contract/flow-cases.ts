// Runs that are handed over while others are under way, and results that are awaited later.
import { hostTensor } from "@cambium/ir";
import type { RunResult } from "../../contract.js";
import { assertRejects, assertThat } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import { accumulate, negate, take, vector } from "../small-graphs.js";
import type { Values } from "../values.js";

/** The number of runs in a row: more than a device would have under way at once. */
const many = 12;

export function flowCases(values: Values): ConformanceCase[] {
  return [
    test("runs are handed over one after another; each result is its own, in whatever order they are awaited", async (device) => {
      using executable = await device.compile(accumulate);
      let state = await device.upload(vector(0, 0, 0));
      const x = vector(0, 0, 0);
      const results: RunResult["fetched"][] = [];
      for (let step = 1; step <= many; step++) {
        x.data.fill(step);
        const { outputs, fetched } = await executable.run({ state, x }, { fetch: ["sum"] });
        // The host tensor has been copied by now.
        x.data.fill(1e6);
        state = take(outputs, "state");
        results.push(fetched);
      }
      for (let step = many; step >= 1; step--) {
        const { sum } = await (results[step - 1] as RunResult["fetched"]);
        values.same(sum, hostTensor("f32", [], [(3 * step * (step + 1)) / 2]), `the sum of step ${step}`);
      }
      const total = (many * (many + 1)) / 2;
      values.same(await device.download(state), vector(total, total, total), "the state");
      state.dispose();
    }),
    test("a refused run rejects and leaves the runs under way alone", async (device) => {
      using executable = await device.compile(accumulate);
      const given = await device.upload(vector(1, 2, 3));
      const { outputs, fetched } = await executable.run({ state: given, x: vector(1, 1, 1) }, { fetch: ["sum"] });
      using state = take(outputs, "state");
      await assertRejects(executable.run({ state }), "E_INPUT", "x");
      await assertRejects(executable.run({ state: given, x: vector(1, 1, 1) }), "E_DISPOSED", "state");
      values.same((await fetched)["sum"], hostTensor("f32", [], [9]), "the sum");
      values.same(await device.download(state), vector(2, 3, 4), "the state");
    }),
    test("the inputs, outputs and executable of a run may be disposed while it is under way", async (device) => {
      const executable = await device.compile(negate);
      const x = await device.upload(vector(1, 2, 3));
      const kept = await executable.run({ x });
      const last = await executable.run({ x }, { fetch: ["y"] });
      x.dispose();
      executable.dispose();
      take(kept.outputs, "y").dispose();
      using other = await device.upload(vector(7, 7, 7));
      values.same((await last.fetched)["y"], vector(-1, -2, -3), "the result");
      values.same(await device.download(other), vector(7, 7, 7), "what was made since");
    }),
    test("an input and the executable may be disposed while a run is being handed over", async (device) => {
      const executable = await device.compile(accumulate);
      const [state, x] = [await device.upload(vector(1, 2, 3)), await device.upload(vector(1, 1, 1))];
      const running = executable.run({ state, x }, { fetch: ["sum"] });
      x.dispose();
      executable.dispose();
      using other = await device.upload(vector(7, 7, 7));
      const { outputs, fetched } = await running;
      using next = take(outputs, "state");
      values.same((await fetched)["sum"], hostTensor("f32", [], [9]), "the sum");
      values.same(await device.download(next), vector(2, 3, 4), "the state");
      values.same(await device.download(other), vector(7, 7, 7), "a tensor made in the meantime");
    }),
    test("the end of a run that fetches nothing can be awaited", async (device) => {
      using executable = await device.compile(negate);
      const { outputs, fetched } = await executable.run({ x: vector(1, 2, 3) });
      assertThat(Object.keys(await fetched).length === 0, "nothing was to be fetched");
      using y = take(outputs, "y");
      values.same(await device.download(y), vector(-1, -2, -3), "the output");
    }),
  ];
}
