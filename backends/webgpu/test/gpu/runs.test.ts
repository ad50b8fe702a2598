// Runs that fail or follow one another closely, and allocations at the same time: nothing leaks, and existing buffers
// are reused.

import type { DeviceTensor, RunResult } from "@cambium/backend";
import { useSwiftShader } from "@cambium/browser";
import { add, f32, GraphBuilder, hostTensor, neg, reduceSum } from "@cambium/ir";
import { expect, test } from "vitest";
import { webgpuDevice } from "../../src/device.js";
import { type Gpu, requestGpu } from "../../src/gpu/adapter.js";
import { Heap } from "../../src/gpu/heap.js";

await useSwiftShader();

const size = 2 ** 20;

test("a run that fails before it is submitted frees what it consumed and made", async () => {
  const gpu = await requestGpu();
  await using device = webgpuDevice(gpu);
  const builder = new GraphBuilder();
  const state = builder.input("state", f32(size));
  builder.output("state", add(state, 1), { replaces: "state" });
  builder.output("first", neg(state));
  builder.output("refused", neg(state));
  using executable = await device.compile(builder.finish());
  refuse(gpu, "refused");
  const peaks: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    const tensor = await device.upload(hostTensor("f32", [size]));
    await expect(executable.run({ state: tensor })).rejects.toThrow("no more");
    await expect(device.download(tensor)).rejects.toMatchObject({ code: "E_DISPOSED" });
    peaks.push((await device.memory()).heldPeakBytes);
  }
  expect(new Set(peaks).size).toBe(1);
  expect((await device.memory()).tensors).toBe(0);
});

test("runs in a row, their results looked at two runs later, allocate no buffer", async () => {
  const gpu = await requestGpu();
  await using device = webgpuDevice(gpu);
  const builder = new GraphBuilder();
  const state = builder.input("state", f32(size));
  const next = add(state, builder.input("x", f32()));
  builder.output("state", next, { replaces: "state" });
  builder.output("sum", reduceSum(next, { axes: [0] }));
  using executable = await device.compile(builder.finish());
  let tensor = await device.upload(hostTensor("f32", [size]));
  const results: RunResult["fetched"][] = [];
  const sums: (number | undefined)[] = [];
  const look = async () => void sums.push((await results.shift())?.["sum"]?.data[0]);
  let created = 0;
  const create = gpu.device.createBuffer.bind(gpu.device);
  gpu.device.createBuffer = (descriptor) => {
    created += 1;
    return create(descriptor);
  };
  let afterFour = 0;
  for (let run = 1; run <= 12; run++) {
    const { outputs, fetched } = await executable.run(
      { state: tensor, x: hostTensor("f32", [], [1]) },
      { fetch: ["sum"] },
    );
    tensor = outputs["state"] as DeviceTensor;
    results.push(fetched);
    if (results.length > 2) await look();
    if (run === 4) afterFour = created;
  }
  while (results.length > 0) await look();
  expect(sums).toEqual(Array.from({ length: 12 }, (_, i) => (i + 1) * size));
  expect(created).toBe(afterFour);
  tensor.dispose();
});

test("a fault that shows while runs are under way fails each of them and what they made, once", async () => {
  const gpu = await requestGpu();
  await using device = webgpuDevice(gpu);
  const builder = new GraphBuilder();
  builder.output("y", neg(builder.input("x", f32(3))));
  builder.output("kept", neg(builder.input("z", f32(3))));
  using executable = await device.compile(builder.finish());
  const x = hostTensor("f32", [3], [1, 2, 3]);
  const run = () => executable.run({ x, z: x }, { fetch: ["y"] });
  const [one, two] = [await run(), await run()];
  gpu.device.createBuffer({ size: 2 * gpu.limits.maxBufferSize, usage: 0x80, label: "beyond all limits" });
  await expect(one.fetched).rejects.toThrow("invalid call");
  await expect(two.fetched).rejects.toThrow("invalid call");
  await expect(device.download(one.outputs["kept"] as DeviceTensor)).rejects.toThrow("invalid call");
  const three = await run();
  expect([...((await three.fetched)["y"]?.data ?? [])]).toEqual([-1, -2, -3]);
  three.outputs["kept"]?.dispose();
  expect((await device.memory()).tensors).toBe(0);
});

test("allocations at the same time each get memory of their own", async () => {
  const gpu = await requestGpu();
  try {
    const heap = new Heap(gpu);
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => heap.allocate(size / 2, `tensor ${i}`)));
    const starts = new Set(all.map(({ buffer, offset }) => `${buffers(all).indexOf(buffer)}@${offset}`));
    expect(starts.size).toBe(8);
    heap.clear();
    expect(heap.held.bytes).toBe(0);
  } finally {
    gpu.device.destroy();
  }
});

function buffers(storages: readonly { readonly buffer: GPUBuffer }[]): GPUBuffer[] {
  return [...new Set(storages.map(({ buffer }) => buffer))];
}

/** Lets allocations of this label fail from now on. */
function refuse({ device }: Gpu, label: string): void {
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    if (descriptor.label === label) throw new Error("no more");
    return create(descriptor);
  };
}
