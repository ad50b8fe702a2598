// Closing a device: work under way finishes, and no new work starts.
import { f32, GraphBuilder, hostTensor, neg } from "@cambium/ir";
import type { RunResult } from "../../contract.js";
import { assertRejects } from "../agree.js";
import { type ConformanceCase, contractCase as test } from "../case.js";
import { accumulate, take, vector } from "../small-graphs.js";
import type { Values } from "../values.js";

export function closingCases(values: Values): ConformanceCase[] {
  return [
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
        values.same((await result)["sum"], hostTensor("f32", [], [3 * i + 3]), `the sum of run ${i}`);
      values.same(await download, vector(3, 3, 3), "the state");
    }),
    test("closing finishes what is under way: a run that is being handed over", async (_, open) => {
      const device = await open();
      const executable = await device.compile(accumulate);
      const running = executable.run({ state: vector(1, 2, 3), x: vector(1, 1, 1) }, { fetch: ["sum"] });
      await device.close();
      values.same((await (await running).fetched)["sum"], hostTensor("f32", [], [9]), "the sum");
    }),
    test("a closed device refuses everything: E_DISPOSED; closing twice is allowed", async (_, open) => {
      const device = await open();
      const builder = new GraphBuilder();
      builder.output("y", neg(builder.input("x", f32(2))));
      const graph = builder.finish();
      const host = hostTensor("f32", [2]);
      const [tensor, executable] = [await device.upload(host), await device.compile(graph)];
      await device.close();
      await assertRejects(device.upload(host), "E_DISPOSED");
      await assertRejects(device.compile(graph), "E_DISPOSED");
      await assertRejects(device.download(tensor), "E_DISPOSED");
      await assertRejects(executable.run({ x: host }), "E_DISPOSED");
      tensor.dispose();
      executable.dispose();
      await device.close();
    }),
  ];
}
