// A program bound to memory: its dispatches with pipelines and bind groups, for one choice of tensors as inputs.
/// <reference types="@webgpu/types" />
import type { Triple } from "../compile/kernel.js";
import { deviceBytes, type Placement } from "../compile/layout.js";
import type { Access, Dispatch, Program } from "../compile/program.js";
import type { Gpu } from "./adapter.js";
import type { Heap, Storage } from "./heap.js";
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
  resolve(placement: Placement): Storage;
}

/** Builds the pipelines that need no inputs to be known, all at once. */
export async function buildPipelines({ dispatches }: Program, pipelines: Pipelines): Promise<void> {
  const ones = dispatches.filter((dispatch): dispatch is Dispatch => dispatch.kind === "one");
  await Promise.all(ones.map((dispatch) => pipelineOf(dispatch, pipelines)));
}

function pipelineOf({ wgsl, bindings, label }: Dispatch, pipelines: Pipelines): Promise<GPUComputePipeline> {
  return pipelines.get(
    wgsl,
    bindings.map(({ access }) => access),
    label,
  );
}

export async function bindProgram(program: Program, context: BindContext): Promise<BoundProgram> {
  const { gpu, heap, pipelines, maxBindingBytes, resolve } = context;
  const { device, limits } = gpu;
  const tables: GPUBuffer[] = [];
  const dispose = () => {
    for (const table of tables.splice(0)) heap.release(table);
  };
  const dispatches: BoundDispatch[] = [];
  const add = async (
    { label, scope }: { readonly label: string; readonly scope: string | undefined },
    pipeline: GPUComputePipeline,
    windows: readonly { readonly storage: Storage; readonly access: Access }[],
    groups: Triple,
  ) => {
    const layout = pipelines.layout(windows.map(({ access }) => access));
    const entries = windows.map(({ storage: { buffer, offset, bytes } }, binding) => ({
      binding,
      resource: { buffer, offset, size: bytes },
    }));
    dispatches.push({ label, scope, pipeline, group: device.createBindGroup({ layout, entries }), groups });
  };
  try {
    for (const dispatch of program.dispatches) {
      if (dispatch.kind === "one") {
        const windows = dispatch.bindings.map(({ placement, offset, bytes, access }) => {
          const storage = resolve(placement);
          return { storage: { ...storage, offset: storage.offset + offset, bytes }, access };
        });
        await add(dispatch, await pipelineOf(dispatch, pipelines), windows, dispatch.groups);
        continue;
      }
      const storageOf = (value: Parameters<typeof dispatch.place>[0]): Storage => ({
        ...resolve(dispatch.place(value)),
        bytes: deviceBytes(value),
      });
      const bounds = { maxBindingBytes, maxStorageBuffers: limits.maxStorageBuffersPerShaderStage };
      for (const part of bindMany(dispatch.kernel, storageOf, bounds)) {
        const table = await heap.buffer(part.table.byteLength, `table of ${dispatch.label}`);
        tables.push(table);
        device.queue.writeBuffer(table, 0, part.table);
        const all: { storage: Storage; access: Access }[] = [
          { storage: { buffer: table, offset: 0, bytes: part.table.byteLength }, access: "read" },
          ...part.windows,
        ];
        const pipeline = await pipelines.get(
          part.wgsl,
          all.map(({ access }) => access),
          dispatch.label,
        );
        await add(dispatch, pipeline, all, part.groups);
      }
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return { dispatches, dispose };
}
