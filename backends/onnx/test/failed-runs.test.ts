// A run that fails in the worker: later runs that read its outputs fail with the same error, and no memory leaks.
import { f32, GraphBuilder, hostTensor, type TensorType, tanh } from "@cambium/ir";
import { expect, test } from "vitest";
import { compileGraph } from "../src/compile/compile.js";
import { openOptions } from "../src/options.js";
import type { Notice, Request } from "../src/protocol.js";
import { WorkerHost } from "../src/worker/host.js";
import { FlatMemory } from "../src/worker/storage.js";

type Unnumbered<R> = R extends Request ? Omit<R, "id"> : never;

test("the failure passes from run to run, and is dropped with the last handle", async () => {
  const host = new WorkerHost();
  const ask = async (request: Unnumbered<Request>) => (await host.call({ ...request, id: 0 } as Request)).result;
  await ask({ call: "open", argument: openOptions({ threads: 1 }, 1) });
  const type: TensorType = f32(3);
  const builder = new GraphBuilder();
  builder.output("state", tanh(builder.input("state", type)), { replaces: "state" });
  builder.output("y", tanh(builder.input("x", type)));
  const { plan } = compileGraph(builder.finish());
  await ask({ call: "compile", argument: { executable: 0, plan, fixed: {} } });
  const piece = hostTensor("f32", [3], [1, 2, 3]).data;
  for (const tensor of [1, 2]) await ask({ call: "upload", argument: { tensor, type, at: 0, piece } });

  const held = watch();
  const x = { data: piece };
  const run = (state: number, out: number) =>
    ask({
      call: "run",
      argument: { executable: 0, bindings: { state: { tensor: state }, x }, keep: { state: out }, fetch: ["y"] },
    });
  held.refuse = true;
  await expect(run(1, 11)).rejects.toMatchObject({ code: "E_OUT_OF_MEMORY" });
  held.refuse = false;
  await expect(run(11, 12)).rejects.toMatchObject({ code: "E_OUT_OF_MEMORY" });
  await expect(ask({ call: "download", argument: { tensor: 12 } })).rejects.toMatchObject({ code: "E_OUT_OF_MEMORY" });
  const notice: Notice = { free: 12 };
  await host.notice(notice);
  for (const tensor of [1, 11, 12]) {
    await expect(ask({ call: "download", argument: { tensor } })).rejects.toMatchObject({ code: "E_DISPOSED" });
  }
  const before = held.blocks;
  await run(2, 3);
  await run(3, 4);
  expect(held.blocks).toBe(before);
  held.restore();
  await ask({ call: "close", argument: undefined });

  /** Counts blocks from here on, and refuses to allocate on request. */
  function watch() {
    const { allocate, free } = FlatMemory.prototype;
    const counts = {
      blocks: 0,
      refuse: false,
      restore: () => Object.assign(FlatMemory.prototype, { allocate, free }),
    };
    FlatMemory.prototype.allocate = function (of) {
      if (counts.refuse) throw Object.assign(new Error("refused"), { code: "E_OUT_OF_MEMORY" });
      counts.blocks += 1;
      return allocate.call(this, of);
    };
    FlatMemory.prototype.free = function (block) {
      counts.blocks -= 1;
      free.call(this, block);
    };
    return counts;
  }
});
