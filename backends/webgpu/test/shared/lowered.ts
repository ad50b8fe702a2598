// Runs one node's kernels as its lowering gives them, for any device traits: no fusion, one buffer a value.
import { useSwiftShader } from "@cambium/browser";
import { type HostTensor, type Node, numel, type TensorType, type Value } from "@cambium/ir";
import { requestGpu } from "../../src/gpu/adapter.js";
import { GPU_BUFFER_USAGE } from "../../src/gpu/heap.js";
import type { KernelLowering } from "../../src/lower/lowering.js";
import type { DeviceTraits } from "../../src/lower/traits.js";
import { Code } from "../../src/wgsl/code.js";
import type { Kernel, KernelIo } from "../../src/wgsl/kernel.js";

export interface Lowered {
  readonly kernels: readonly Kernel[];
  /** Values made by `LowerContext.temp`. */
  readonly temps: readonly Value[];
}

/** What a desktop GPU and SwiftShader offer; `kind` chooses the family of kernels. */
export function traitsOf(kind: DeviceTraits["kind"], changes: Partial<DeviceTraits> = {}): DeviceTraits {
  return {
    kind,
    subgroups: kind === "cpu",
    subgroupSize: 0,
    maxInvocations: 256,
    maxWorkgroupBytes: 32_768,
    maxStorageBuffers: 8,
    maxBindingBytes: 1 << 28,
    numbers: "uniform",
    ...changes,
  };
}

/** A title's arguments for each way in which kernels that reduce are made: their family, and the subgroups it may use. */
export const reducers = [
  ["gpu", 0],
  ["gpu", 4],
  ["cpu", 0],
] as const;

export function lowered(lowering: KernelLowering, node: Node, traits: DeviceTraits): Lowered {
  const kernels: Kernel[] = [];
  const temps: Value[] = [];
  lowering.lower(node, {
    traits,
    temp: (type: TensorType) => {
      const value = { id: 1_000_000 + temps.length, type };
      temps.push(value);
      return value;
    },
    emit: (kernel) => void kernels.push(kernel),
    emitMany: ({ label }) => {
      throw new Error(`${label} is no kernel of one node`);
    },
  });
  return { kernels, temps };
}

/** The WGSL of a kernel; binding i is the i-th of its reads and writes. */
export function shaderOf(kernel: Kernel): string {
  const values = [...kernel.reads, ...kernel.writes];
  const wide = new Set<number>();
  const name = (value: Value) => {
    const at = values.findIndex(({ id }) => id === value.id);
    if (at < 0) throw new Error(`${kernel.label} uses a value it does not list`);
    return `b${at}`;
  };
  const io: KernelIo = {
    load: (value, flat) =>
      wide.has(value.id) ? `${name(value)}[(${flat}) / 4u][(${flat}) % 4u]` : `${name(value)}[${flat}]`,
    load4: (value, flat4) => {
      wide.add(value.id);
      return `${name(value)}[${flat4}]`;
    },
    store: (value, flat, expr) => `${name(value)}[${flat}] = ${expr};`,
    store4: (value, flat4, expr) => {
      wide.add(value.id);
      return `${name(value)}[${flat4}] = ${expr};`;
    },
    number: (value) => `${value}u`,
    code: () => new Code({ expression: () => undefined, maker: () => undefined, load: io.load }, new Set()),
  };
  // The first pass shows which values are read or written by four.
  kernel.body(io);
  const { declarations = "", main } = kernel.body(io);
  const bindings = values.map((value, i) => {
    const element = value.type.dtype === "bool" ? "u32" : value.type.dtype;
    const access = i < kernel.reads.length ? "read" : "read_write";
    const type = wide.has(value.id) ? `vec4<${element}>` : element;
    return `@group(0) @binding(${i}) var<storage, ${access}> b${i}: array<${type}>;`;
  });
  return `${(kernel.enables ?? []).map((extension) => `enable ${extension};`).join("\n")}
${bindings.join("\n")}
${declarations}
@compute @workgroup_size(${kernel.workgroup.join(", ")})
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(local_invocation_id) lid: vec3<u32>,
  @builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
${main}
}
`;
}

/** A node's kernels with buffers and pipelines; `run` dispatches them all, `read` copies an output out. */
export interface Prepared {
  run(times?: number): Promise<void>;
  read(value: Value): Promise<Float32Array>;
  destroy(): void;
}

export async function prepare(
  device: GPUDevice,
  { kernels }: Lowered,
  node: Node,
  inputs: readonly HostTensor[],
): Promise<Prepared> {
  const buffers = new Map<number, GPUBuffer>();
  const bufferOf = (value: Value): GPUBuffer => {
    const held = buffers.get(value.id);
    if (held) return held;
    const buffer = device.createBuffer({
      size: Math.max(16, Math.ceil(numel(value.type.shape) / 4) * 16),
      usage: GPU_BUFFER_USAGE.STORAGE | GPU_BUFFER_USAGE.COPY_SRC | GPU_BUFFER_USAGE.COPY_DST,
    });
    // What nobody wrote must not pass for a zero.
    device.queue.writeBuffer(buffer, 0, new Float32Array(buffer.size / 4).fill(Number.NaN));
    buffers.set(value.id, buffer);
    return buffer;
  };
  node.inputs.forEach((value, i) => {
    const { data } = inputs[i] as HostTensor;
    device.queue.writeBuffer(bufferOf(value), 0, data as Float32Array<ArrayBuffer>);
  });
  const dispatches = await Promise.all(
    kernels.map(async (kernel) => {
      const module = device.createShaderModule({ code: shaderOf(kernel) });
      const errors = (await module.getCompilationInfo()).messages.filter(({ type }) => type === "error");
      if (errors.length > 0)
        throw new Error(
          `${kernel.label}: ${errors.map(({ message, lineNum }) => `${lineNum}: ${message}`)}\n${shaderOf(kernel)}`,
        );
      const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
      const entries = [...kernel.reads, ...kernel.writes].map((value, binding) => ({
        binding,
        resource: { buffer: bufferOf(value) },
      }));
      return {
        kernel,
        pipeline,
        group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
      };
    }),
  );
  return {
    async run(times = 1) {
      const encoder = device.createCommandEncoder();
      for (let i = 0; i < times; i++) {
        for (const { kernel, pipeline, group } of dispatches) {
          const pass = encoder.beginComputePass();
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(...kernel.groups);
          pass.end();
        }
      }
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    },
    async read(value) {
      const count = numel(value.type.shape);
      const staging = device.createBuffer({
        size: Math.ceil(count / 4) * 16,
        usage: GPU_BUFFER_USAGE.COPY_DST | GPU_BUFFER_USAGE.MAP_READ,
      });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(bufferOf(value), 0, staging, 0, staging.size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(1);
      const data = new Float32Array(staging.getMappedRange().slice(0)).subarray(0, count);
      staging.destroy();
      return data;
    },
    destroy() {
      for (const buffer of buffers.values()) buffer.destroy();
    },
  };
}

/** A device on SwiftShader with all that kernels may use. */
export async function openRawDevice(): Promise<GPUDevice> {
  await useSwiftShader();
  return (await requestGpu()).device;
}
