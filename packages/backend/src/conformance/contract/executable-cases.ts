// Executables: several at once, counted, disposed.
import { f32, mul } from "@cambium/ir";
import type { Executable } from "../../contract.js";
import { assertRejects, assertThat } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import { accumulate, graphOf, negate, take, vector } from "../small-graphs.js";
import type { Values } from "../values.js";

export function executableCases(values: Values): ConformanceCase[] {
  return [
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
      values.same(await device.download(d), [4, 8, 12], "−(2 · −x) · 2");
      values.same(await device.download(a), [-1, -2, -3], "a result that outlives its executable");
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
  ];
}
