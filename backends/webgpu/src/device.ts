// The device: what WebGPU adds to the shell that all devices share. Graphs become programs, and tensors lie in a heap.
import { type Device, type DeviceInfo, type DeviceParts, deviceShell } from "@cambium/backend";
import type { Graph } from "@cambium/ir";
import { version } from "../package.json";
import { deviceBytes } from "./compile/layout.js";
import { compileProgram } from "./compile/program.js";
import { closeEngine, type Engine, engineOf } from "./engine.js";
import type { Gpu } from "./gpu/adapter.js";
import { toDevice } from "./gpu/elements.js";
import type { HeapPart } from "./gpu/heap.js";
import { gpuDtypes } from "./gpu/probe.js";
import { deviceName, standsIn, traitsOf } from "./gpu/traits.js";
import { loweredComposites } from "./lower/index.js";
import type { Choose } from "./lower/lowering.js";
import type { DeviceOptions } from "./options.js";
import { buildProgram } from "./run/build.js";
import { userStore } from "./tune/store.js";
import { clock } from "./tune/time.js";
import { Tuner } from "./tune/tuner.js";

/** @param subgroupSize see `DeviceTraits.subgroupSize` */
export function webgpuDevice(gpu: Gpu, options: DeviceOptions = {}, subgroupSize = 0): Device {
  const traits = traitsOf(gpu, options, subgroupSize);
  const engine = engineOf(gpu, traits, options);
  const parts = deviceParts(infoOf(gpu, options), engine);
  const build = (graph: Graph, choose?: Choose) => buildGraph(graph, engine, choose);
  if (!options.tune) return deviceShell({ ...parts, build: (graph) => build(graph), close: () => closeEngine(engine) });
  const tuner = new Tuner({
    device: `${gpu.adapter.name} ${version}`,
    traits,
    store: userStore(),
    // A separate device on the same engine, so that closing it frees everything that the measurement used.
    time: clock((choose) => deviceShell({ ...parts, build: (graph) => build(graph, choose) })),
  });
  return deviceShell({
    ...parts,
    build: async (graph) => {
      await tuner.tune(graph);
      return await build(graph, tuner.choose);
    },
    close: () => closeEngine(engine),
  });
}

function infoOf(gpu: Gpu, options: DeviceOptions): DeviceInfo {
  return {
    backend: "webgpu",
    version,
    device: deviceName(gpu, options),
    ...standsIn(gpu),
    ...gpuDtypes(gpu.features),
    composites: loweredComposites,
    limits: { maxTensorBytes: gpu.limits.maxBufferSize },
  };
}

function deviceParts(info: DeviceInfo, engine: Engine): Omit<DeviceParts<HeapPart>, "build"> {
  const { heap, readback, faults } = engine;
  const { device } = engine.gpu;
  return {
    info,
    async store(host) {
      const storage = await heap.allocate(deviceBytes({ type: host }), "a tensor");
      device.queue.writeBuffer(storage.buffer, storage.offset, toDevice(host));
      return storage;
    },
    async load(storage, type) {
      const encoder = device.createCommandEncoder();
      const read = await readback.copy(encoder, [{ type, storage: { ...storage, bytes: deviceBytes({ type }) } }]);
      device.queue.submit([encoder.finish()]);
      const [host] = (await faults.during(read())) as [Awaited<ReturnType<typeof read>>[number]];
      return host;
    },
    free: (storage) => heap.free(storage),
    checkHealth: () => faults.check(),
    memory: () => ({ heldPeakBytes: heap.held.peakBytes }),
  };
}

function buildGraph(graph: Graph, engine: Engine, choose?: Choose) {
  const { limits } = engine.gpu;
  const program = compileProgram(graph, {
    traits: engine.traits,
    choose,
    alignment: Math.max(limits.minStorageBufferOffsetAlignment, limits.minUniformBufferOffsetAlignment),
    maxBufferBytes: limits.maxBufferSize,
  });
  return buildProgram(program, engine);
}
