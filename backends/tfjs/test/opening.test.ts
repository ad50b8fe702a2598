// Opening: a tfjs handed in, the device's description, and falling back only if no engine is named.
import { assertAgrees } from "@cambium/backend/conformance";
import { cast, f32, GraphBuilder, hostTensor, tanh } from "@cambium/ir";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, test } from "vitest";
import { tfjsBackend } from "../src/backend.js";
import { portableEngine } from "../src/engines/portable.js";
import type { EngineSource } from "../src/engines/source.js";
import { backendTfjs, type Tfjs } from "../src/index.js";

const own = tf as unknown as Tfjs;
const absent: EngineSource = {
  name: "webgpu",
  load: () => portableEngine("webgpu").load(),
  probe: () => portableEngine("webgpu").probe(),
};

function graph() {
  const builder = new GraphBuilder();
  builder.output("y", tanh(builder.input("x", f32(3))));
  return { graph: builder.finish(), inputs: { x: hostTensor("f32", [3], [-1, 0, 2]) } };
}

describe("a tfjs handed in", () => {
  test.each(["cpu", "wasm"])("computes on its backend %s", async (backend) => {
    await using device = await backendTfjs({ tf: own, backend }).open();
    expect(device.info).toMatchObject({ backend: "tfjs", version: `tfjs ${tf.version_core}`, device: backend });
    const { graph: y, inputs } = graph();
    await assertAgrees(device, y, inputs);
  });

  test("two of its backends take turns", async () => {
    await using wasm = await backendTfjs({ tf: own, backend: "wasm" }).open();
    await using cpu = await backendTfjs({ tf: own, backend: "cpu" }).open();
    const { graph: y, inputs } = graph();
    for (const device of [wasm, cpu, wasm]) await assertAgrees(device, y, inputs);
  });

  test("without a name, on the backend that is active", async () => {
    await tf.setBackend("cpu");
    await using device = await backendTfjs({ tf: own }).open();
    expect(device.info.device).toBe("cpu");
  });

  test("an unsupported version and a missing backend are refused", async () => {
    await expect(backendTfjs({ tf: { ...own, version_core: "3.21.0" } as Tfjs }).open()).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      details: { got: "3.21.0", hint: expect.stringContaining("npm install") },
    });
    await expect(backendTfjs({ tf: own, backend: "abacus" }).open()).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      message: expect.stringContaining("abacus"),
    });
  });
});

/** The tfjs of this file with its engine replaced, to observe or disturb it. */
function around(engine: ReturnType<Tfjs["engine"]>): Tfjs {
  return Object.create(own, { engine: { value: () => engine } }) as Tfjs;
}

describe("a run", () => {
  /** Rounds on the host in between, which gives other runs their turn. */
  function rounding() {
    const builder = new GraphBuilder();
    const half = cast(builder.input("x", f32(3)), { to: "f16" });
    builder.output("y", tanh(cast(half, { to: "f32" })));
    return { graph: builder.finish(), inputs: { x: hostTensor("f32", [3], [-1, 0, 2]) } };
  }

  test("of two engines at the same time keeps to its own", async () => {
    const seen = new Set<string>();
    const open = (backend: string) => {
      const engine = Object.create(own.engine()) as ReturnType<Tfjs["engine"]>;
      engine.runKernel = (...args) => {
        seen.add(`${backend} on ${own.engine().backendName}`);
        return own.engine().runKernel(...args);
      };
      return backendTfjs({ tf: around(engine), backend }).open();
    };
    await using wasm = await open("wasm");
    await using cpu = await open("cpu");
    const { graph: y, inputs } = rounding();
    await Promise.all([wasm, cpu, wasm, cpu].map((device) => assertAgrees(device, y, inputs)));
    expect([...seen].sort()).toEqual(["cpu on cpu", "wasm on wasm"]);
  });

  test("that is in progress when the device closes ends first", async () => {
    const device = await backendTfjs({ tf: own, backend: "cpu" }).open();
    const { graph: y, inputs } = rounding();
    const running = (await device.compile(y)).run(inputs, { fetch: ["y"] });
    await device.close();
    expect((await (await running).fetched)["y"]?.data[1]).toBe(0);
  });

  test("whose inputs fail to upload leaves no tensor", async () => {
    const engine = Object.create(own.engine()) as ReturnType<Tfjs["engine"]>;
    await using device = await backendTfjs({ tf: around(engine), backend: "cpu" }).open();
    const builder = new GraphBuilder();
    const state = builder.input("state", f32(3));
    builder.output("state", tanh(builder.input("x", f32(3))), { replaces: "state" });
    builder.output("old", tanh(state));
    using executable = await device.compile(builder.finish());
    const { numTensors } = own.engine().memory();
    const held = await device.upload(hostTensor("f32", [3]));
    engine.makeTensor = () => {
      throw new RangeError("Array buffer allocation failed");
    };
    const x = hostTensor("f32", [3]);
    await expect(executable.run({ state: held, x })).rejects.toMatchObject({ code: "E_OUT_OF_MEMORY" });
    expect(own.engine().memory().numTensors).toBe(numTensors);
  });
});

describe("engines by name", () => {
  test("auto takes the first that runs, and the device says why not one before it", async () => {
    await using device = await tfjsBackend([absent, portableEngine("cpu")]).open();
    expect(device.info.device).toMatch(/^cpu, plain JavaScript; not webgpu: /);
  });

  test("a named engine that does not run is an error, not another engine", async () => {
    await expect(tfjsBackend([absent, portableEngine("cpu")]).open({ engine: "webgpu" })).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
    });
  });

  test("if none runs, all reasons are reported", async () => {
    await expect(tfjsBackend([absent]).open()).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      details: { reasons: [expect.objectContaining({ where: "webgpu" })] },
    });
  });

  test("an unknown engine is refused, naming the known ones", async () => {
    await expect(tfjsBackend([portableEngine("wasm")]).open({ engine: "abacus" })).rejects.toMatchObject({
      code: "E_BACKEND_OPTION",
      details: { reasons: [expect.objectContaining({ expected: "auto, wasm", got: "abacus" })] },
    });
  });
});
