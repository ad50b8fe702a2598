// Runs that fail, runs that a closing device finds under way, and allocations at the same time: nothing leaks or is cut off.
import { useSwiftShader } from "@cambium/browser";
import { add, f32, GraphBuilder, hostTensor, neg } from "@cambium/ir";
import { expect, test } from "vitest";
import { webgpuDevice } from "../../src/device.js";
import { type Gpu, requestGpu } from "../../src/gpu/adapter.js";
import { Heap } from "../../src/gpu/heap.js";
import backend from "../../src/index.js";

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

test("closing waits for a run that is under way", async () => {
  const device = await backend.open();
  const builder = new GraphBuilder();
  builder.output("y", neg(builder.input("x", f32(3))));
  const executable = await device.compile(builder.finish());
  const running = executable.run({ x: hostTensor("f32", [3], [1, 2, 3]) }, { fetch: ["y"] });
  await device.close();
  expect([...((await running).fetched["y"]?.data ?? [])]).toEqual([-1, -2, -3]);
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
