// The device: compiles graphs to programs of WGSL kernels, and holds tensors in a heap on the GPU.
import {
  checkLimits,
  type Device,
  type DeviceInfo,
  type DeviceTensor,
  type Executable,
  Pending,
  TensorLedger,
} from "@cambium/backend";
import { CambiumError, type DType, type Graph, type HostTensor, hostTensor } from "@cambium/ir";
import { version } from "../package.json";
import { deviceBytes } from "./compile/layout.js";
import { compileProgram } from "./compile/program.js";
import { createExecutable, type Engine } from "./executable.js";
import type { Gpu } from "./gpu/adapter.js";
import { watchFaults } from "./gpu/errors.js";
import { Heap, type Storage } from "./gpu/heap.js";
import { Pipelines } from "./gpu/pipelines.js";
import { gpuDtypes } from "./gpu/probe.js";
import { Copier, Readback, toDevice } from "./gpu/transfer.js";
import { loweredComposites } from "./lower/index.js";
import type { Choose } from "./lower/lowering.js";
import type { DeviceTraits } from "./lower/traits.js";
import { userStore } from "./tune/store.js";
import { clock } from "./tune/time.js";
import { Tuner } from "./tune/tuner.js";

export interface DeviceOptions {
  readonly profile?: boolean;
  /** Which family of kernels; default by the adapter: software adapters get their own. */
  readonly kernels?: DeviceTraits["kind"];
  /** Time the variants of kernels on this device, once, and take the fastest; what is found is kept. */
  readonly tune?: boolean;
  /** Largest range of one binding, bytes, when it is to be smaller than the adapter's; `bindingUnit` at least. */
  readonly maxBindingBytes?: number;
}

/** What kernels may know of a GPU. */
export function traitsOf(
  { adapter, features, limits }: Gpu,
  { kernels, maxBindingBytes }: DeviceOptions,
  subgroupSize = 0,
): DeviceTraits {
  return {
    kind: kernels ?? (isSoftware(adapter) ? "cpu" : "gpu"),
    subgroups: features.has("subgroups"),
    subgroupSize,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: Math.min(limits.maxStorageBufferBindingSize, maxBindingBytes ?? Number.POSITIVE_INFINITY),
    // Measured on Mesa 22.3: half a megabyte and a few milliseconds for each dispatch of a product, never given back.
    numbers: /llvmpipe/i.test(adapter.name) ? "storage" : "uniform",
  };
}

/** With what was asked for and decides bits: a run that is continued otherwise is another run. */
function deviceName({ adapter, source }: Gpu, { kernels, tune }: DeviceOptions): string {
  const software = isSoftware(adapter);
  const usual = software ? "cpu" : "gpu";
  const notes = [
    source,
    ...(software ? ["software"] : []),
    ...(kernels !== undefined && kernels !== usual ? [`kernels=${kernels}`] : []),
    ...(tune ? ["tuned"] : []),
  ];
  return `${adapter.name} (${notes.join(", ")})`;
}

function isSoftware({ isFallback, name, architecture }: Gpu["adapter"]): boolean {
  return isFallback || /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${name} ${architecture}`);
}

/** @param subgroupSize see `DeviceTraits.subgroupSize` */
export function webgpuDevice(gpu: Gpu, options: DeviceOptions = {}, subgroupSize = 0): Device {
  const { device, adapter, limits } = gpu;
  const heap = new Heap(gpu);
  const ledger = new TensorLedger<Storage>((storage) => heap.free(storage));
  const executables = new Set<Executable>();
  const traits = traitsOf(gpu, options, subgroupSize);
  const engine: Engine = {
    gpu,
    heap,
    ledger,
    pipelines: new Pipelines(device),
    readback: new Readback(device),
    copier: new Copier(device),
    faults: watchFaults(device, adapter.name),
    pending: new Pending(),
    maxBindingBytes: traits.maxBindingBytes,
    profile: options.profile === true,
  };
  const info: DeviceInfo = {
    backend: "webgpu",
    version,
    device: deviceName(gpu, options),
    ...gpuDtypes(gpu.features),
    composites: loweredComposites,
    limits: { maxTensorBytes: limits.maxBufferSize },
  };
  let open = true;
  const mustBeOpen = () => {
    if (!open) throw new CambiumError("E_DISPOSED", "the webgpu device is closed");
    engine.faults.check();
  };
  const close = async () => {
    if (!open) return;
    open = false;
    await engine.pending.settled();
    for (const executable of [...executables]) executable.dispose();
    ledger.clear();
    heap.clear();
    engine.readback.clear();
    engine.copier.clear();
    device.destroy();
  };
  const build = async (graph: Graph, choose?: Choose): Promise<Executable> => {
    const program = compileProgram(graph, {
      traits,
      choose,
      alignment: Math.max(limits.minStorageBufferOffsetAlignment, limits.minUniformBufferOffsetAlignment),
      maxBufferBytes: limits.maxBufferSize,
    });
    const executable = await createExecutable(graph, program, engine, executables);
    executables.add(executable);
    return executable;
  };
  const upload = async (host: HostTensor): Promise<DeviceTensor> => {
    mustBeOpen();
    const { dtype, shape, data } = hostTensor(host.dtype, host.shape, host.data);
    mustAccept(info, dtype);
    const storage = await heap.allocate(deviceBytes({ type: { dtype, shape } }), "a tensor");
    device.queue.writeBuffer(storage.buffer, storage.offset, toDevice({ dtype, shape, data } as HostTensor));
    return ledger.add({ dtype, shape }, storage);
  };
  const download = async (tensor: DeviceTensor): Promise<HostTensor> => {
    mustBeOpen();
    const { type } = tensor;
    const encoder = device.createCommandEncoder();
    const storage = { ...ledger.storage(tensor), bytes: deviceBytes(tensor) };
    const read = await engine.readback.copy(encoder, [{ type, storage }]);
    device.queue.submit([encoder.finish()]);
    const [host] = await engine.faults.during(read());
    return host as HostTensor;
  };
  const tuner = options.tune
    ? new Tuner({ device: `${adapter.name} ${version}`, traits, store: userStore(), time: clock(build, { upload }) })
    : undefined;
  return {
    info,
    async compile(graph) {
      mustBeOpen();
      checkLimits(graph, info);
      await tuner?.tune(graph);
      return await build(graph, tuner?.choose);
    },
    upload,
    download: (tensor) => engine.pending.track(download(tensor)),
    memory: async () => ({ ...ledger.stats(executables.size), heldPeakBytes: heap.held.peakBytes }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function mustAccept({ device, accepts }: DeviceInfo, dtype: DType): void {
  if (accepts.includes(dtype)) return;
  throw new CambiumError("E_UNSUPPORTED", `${device} holds no ${dtype}`, { expected: accepts.join(", ") });
}
