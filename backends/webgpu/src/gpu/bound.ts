// A program bound to memory: its dispatches with pipelines and bind groups, for one choice of tensors as inputs.
/// <reference types="@webgpu/types" />

import type { Access } from "../compile/binding.js";
import { deviceBytes, type Placement } from "../compile/layout.js";
import type { Dispatch, Program } from "../compile/program.js";
import type { Triple } from "../wgsl/kernel.js";
import type { Gpu } from "./adapter.js";
import type { Heap, HeapPart } from "./heap.js";
import { bindMany } from "./many.js";
import type { Pipelines } from "./pipelines.js";

export interface BoundDispatch {
  readonly label: string;
  readonly scope: string | undefined;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly groups: Triple;
}

export interface BoundProgram {
  readonly dispatches: readonly BoundDispatch[];
  dispose(): void;
}

export interface BindContext {
  readonly gpu: Gpu;
  readonly heap: Heap;
  readonly pipelines: Pipelines;
  readonly maxBindingBytes: number;
  resolve(placement: Placement): HeapPart;
}

/** Builds, all at once, the pipelines that do not depend on where the inputs lie. */
export async function buildPipelines({ dispatches }: Program, pipelines: Pipelines): Promise<void> {
  const ones = dispatches.filter((dispatch): dispatch is Dispatch => dispatch.kind === "one");
  const accesses = ({ bindings }: Dispatch) => bindings.map(({ access }) => access);
  await Promise.all(ones.map((dispatch) => pipelines.get(dispatch.wgsl, accesses(dispatch), dispatch.label)));
}

export async function bindProgram(program: Program, context: BindContext): Promise<BoundProgram> {
  const { gpu, heap, pipelines, maxBindingBytes, resolve } = context;
  const { device, limits } = gpu;
  const tables: GPUBuffer[] = [];
  const dispose = () => {
    for (const table of tables.splice(0)) heap.release(table);
  };
  const bound: Promise<BoundDispatch>[] = [];
  /** A pipeline that is not built yet is built while the others are. */
  const add = (
    { label, scope }: { readonly label: string; readonly scope: string | undefined },
    wgsl: string,
    windows: readonly { readonly storage: HeapPart; readonly access: Access }[],
    groups: Triple,
  ) => {
    const accesses = windows.map(({ access }) => access);
    const entries = windows.map(({ storage: { buffer, offset, bytes } }, binding) => ({
      binding,
      resource: { buffer, offset, size: bytes },
    }));
    const group = device.createBindGroup({ layout: pipelines.layout(accesses), entries });
    const built = pipelines.get(wgsl, accesses, label).then((pipeline) => ({ label, scope, pipeline, group, groups }));
    built.catch(() => {}); // A failure is thrown where all of them are awaited.
    bound.push(built);
  };
  try {
    for (const dispatch of program.dispatches) {
      if (dispatch.kind === "one") {
        const windows = dispatch.bindings.map(({ placement, offset, bytes, access }) => {
          const storage = resolve(placement);
          return { storage: { ...storage, offset: storage.offset + offset, bytes }, access };
        });
        add(dispatch, dispatch.wgsl, windows, dispatch.groups);
        continue;
      }
      const storageOf = (value: Parameters<typeof dispatch.place>[0]): HeapPart => ({
        ...resolve(dispatch.place(value)),
        bytes: deviceBytes(value),
      });
      const bounds = { maxBindingBytes, maxStorageBuffers: limits.maxStorageBuffersPerShaderStage };
      for (const part of bindMany(dispatch.kernel, storageOf, bounds)) {
        const table = await heap.buffer(part.table.byteLength, `table of ${dispatch.label}`);
        tables.push(table);
        device.queue.writeBuffer(table, 0, part.table);
        const storage = { buffer: table, offset: 0, bytes: part.table.byteLength };
        add(dispatch, part.wgsl, [{ storage, access: "read" }, ...part.windows], part.groups);
      }
    }
    return { dispatches: await Promise.all(bound), dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
