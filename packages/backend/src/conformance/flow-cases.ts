// The contract's half about time: runs handed over while others are under way, and results that are looked at later.
import { add, f32, type HostTensor, hostTensor, neg } from "@cambium/ir";
import type { RunResult } from "../contract.js";
import { assertRejects, assertSameBits, assertThat } from "./agree.js";
import { type ConformanceCase, contractCase as test } from "./case.js";
import { accumulate, graphOf, negate, take, vector } from "./small-graphs.js";

/** Runs in a row, more than a device would have under way at once. */
const many = 12;

/** @param computes whether the device computes values; the null device does not. */
export function flowCases(computes: boolean): ConformanceCase[] {
  const same = (got: HostTensor | undefined, want: HostTensor, label: string) => {
    if (!got) throw new Error(`${label} is missing`);
    if (computes) assertSameBits(got, want, label);
  };
  const scalar = (value: number) => hostTensor("f32", [], [value]);
  return [
    test("runs are handed over one after another; each result is its own, in whatever order they are looked at", async (device) => {
      using executable = await device.compile(accumulate);
      let state = await device.upload(vector(0, 0, 0));
      const x = vector(0, 0, 0);
      const results: RunResult["fetched"][] = [];
      for (let step = 1; step <= many; step++) {
        x.data.fill(step);
        const { outputs, fetched } = await executable.run({ state, x }, { fetch: ["sum"] });
        // What was bound is copied by now.
        x.data.fill(1e6);
        state = take(outputs, "state");
        results.push(fetched);
      }
      for (let step = many; step >= 1; step--) {
        const { sum } = await (results[step - 1] as RunResult["fetched"]);
        same(sum, scalar((3 * step * (step + 1)) / 2), `the sum of step ${step}`);
      }
      const total = (many * (many + 1)) / 2;
      same(await device.download(state), vector(total, total, total), "the state");
      state.dispose();
    }),
    test("state that was fetched is what it was, though later runs have overwritten it", async (device) => {
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
      same(await device.download(state), vector(-1, -2, -3), "the state");
      same((await fetched)["before"], vector(-2, -3, -4), "the state before the second increment");
      same((await fetched)["after"], vector(-1, -2, -3), "the state after it");
      same((await first)["before"], vector(1, 2, 3), "the state before the first increment");
      same((await first)["after"], vector(2, 3, 4), "the state after it");
    }),
    test("a refused run rejects by itself, and leaves those under way alone", async (device) => {
      using executable = await device.compile(accumulate);
      const given = await device.upload(vector(1, 2, 3));
      const { outputs, fetched } = await executable.run({ state: given, x: vector(1, 1, 1) }, { fetch: ["sum"] });
      using state = take(outputs, "state");
      await assertRejects(executable.run({ state }), "E_INPUT", "x");
      await assertRejects(executable.run({ state: given, x: vector(1, 1, 1) }), "E_DISPOSED", "state");
      same((await fetched)["sum"], scalar(9), "the sum");
      same(await device.download(state), vector(2, 3, 4), "the state");
    }),
    test("what a run uses and makes may be disposed while it is under way", async (device) => {
      const executable = await device.compile(negate);
      const x = await device.upload(vector(1, 2, 3));
      const kept = await executable.run({ x });
      const last = await executable.run({ x }, { fetch: ["y"] });
      x.dispose();
      executable.dispose();
      take(kept.outputs, "y").dispose();
      using other = await device.upload(vector(7, 7, 7));
      same((await last.fetched)["y"], vector(-1, -2, -3), "the result");
      same(await device.download(other), vector(7, 7, 7), "what was made since");
    }),
    test("the end of a run that fetches nothing can be waited for", async (device) => {
      using executable = await device.compile(negate);
      const { outputs, fetched } = await executable.run({ x: vector(1, 2, 3) });
      assertThat(Object.keys(await fetched).length === 0, "nothing was asked for");
      using y = take(outputs, "y");
      same(await device.download(y), vector(-1, -2, -3), "the output");
    }),
    test("closing finishes what is under way: runs, results, a download", async (_, open) => {
      const device = await open();
      const executable = await device.compile(accumulate);
      let state = await device.upload(vector(0, 0, 0));
      const results: RunResult["fetched"][] = [];
      for (let step = 1; step <= 3; step++) {
        const { outputs, fetched } = await executable.run({ state, x: vector(1, 1, 1) }, { fetch: ["sum"] });
        state = take(outputs, "state");
        results.push(fetched);
      }
      const download = device.download(state);
      await device.close();
      for (const [i, result] of results.entries())
        same((await result)["sum"], scalar(3 * i + 3), `the sum of run ${i}`);
      same(await download, vector(3, 3, 3), "the state");
    }),
    test("closing finishes what is under way: a run that is being handed over", async (_, open) => {
      const device = await open();
      const executable = await device.compile(accumulate);
      const running = executable.run({ state: vector(1, 2, 3), x: vector(1, 1, 1) }, { fetch: ["sum"] });
      await device.close();
      same((await (await running).fetched)["sum"], scalar(9), "the sum");
    }),
  ];
}
