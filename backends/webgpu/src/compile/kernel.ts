// Kernels and lowerings: what an op becomes. A lowering is a pure function from a node to kernels; no GPU is at hand here.
import { type Node, numel, type TensorType, type Value } from "@cambium/ir";
import type { Code } from "../wgsl/code.js";
import type { FunctionName } from "../wgsl/functions.js";
import type { Index } from "../wgsl/index-map.js";

/** The name of the variant to take for the work that `key` names; undefined: the usual one. */
export type Choose = (key: string) => string | undefined;

export type Triple = readonly [number, number, number];

/** What a lowering may know about the device: kernels for GPUs and for software adapters differ. */
export interface DeviceTraits {
  /** `cpu`: a software adapter (SwiftShader, lavapipe, WARP), where workgroup memory and barriers cost more than they save. */
  readonly kind: "gpu" | "cpu";
  readonly subgroups: boolean;
  /**
   * Neighbours among a workgroup's invocations that may shuffle, a power of two: their numbers are in the order of the
   * subgroup's. 0 where kernels should not: WGSL does not promise that order, `gpu/subgroups.ts` asks the device.
   */
  readonly subgroupSize: number;
  readonly maxInvocations: number;
  readonly maxWorkgroupBytes: number;
  readonly maxStorageBuffers: number;
  /** Largest range of one binding, bytes; larger values are bound in parts. */
  readonly maxBindingBytes: number;
  /** Kind of buffer that `KernelIo.number` reads. `storage` where the driver builds kernels anew for each content of a uniform one. */
  readonly numbers: "uniform" | "storage";
}

/** What is larger than a binding may be is bound in parts of a multiple of so many bytes, which every alignment divides. */
export const bindingUnit = 1024;

/** Reads and writes of a kernel's values, as WGSL. Indices are WGSL expressions of type u32 over row-major elements. */
export interface KernelIo {
  /** Element `flat` of a value that the kernel lists in `reads`: f32, i32, or u32 0/1 for bool. */
  load(value: Value, flat: string): string;
  /** Elements 4·`flat4` … 4·`flat4` + 3 as vec4<f32>; the value is f32 and its element count a multiple of 4. */
  load4(value: Value, flat4: string): string;
  /**
   * Statements that store `expr` as element `flat` of a value listed in `writes`. Whatever elementwise work was fused
   * onto the value happens here, so every element must be stored exactly once, with its final sum.
   */
  store(value: Value, flat: string, expr: string): string;
  /** As `store` for four neighbouring elements, `expr` a vec4<f32>. */
  store4(value: Value, flat4: string, expr: string): string;
  /**
   * Name of a u32 that stands for `value` without being spelled out, so that kernels which differ in it only are built
   * once. Call it in the same order whatever the values are.
   */
  number(value: number): string;
  /** Statements in the making, for kernels that read expressions (`KernelLowering.expressions`) element by element. */
  code(): Code;
}

/** The WGSL of a kernel without its bindings and entry point. */
export interface KernelBody {
  /** Module scope: constants, workgroup variables, functions. */
  readonly declarations?: string;
  /** Functions of `wgsl/functions.ts` that it calls. */
  readonly uses?: readonly FunctionName[];
  /**
   * Statements of the entry point. In scope: `gid` global_invocation_id, `lid` local_invocation_id, `wid` workgroup_id
   * (all vec3<u32>), `lane` local_invocation_index (u32).
   */
  readonly main: string;
}

/** One dispatch of one WGSL module. */
export interface Kernel {
  /** Names it in profiles and traces, e.g. `matmul 512×128×128`. */
  readonly label: string;
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
  readonly workgroup: Triple;
  /** Workgroups per axis, each at most 65,535 (see `spread`). */
  readonly groups: Triple;
  /** WGSL extensions it needs, e.g. `subgroups`. */
  readonly enables?: readonly string[];
  body(io: KernelIo): KernelBody;
}

/** One tensor of each role that a kernel over many tensors works on; all have as many elements. */
export interface ManyItem {
  readonly values: readonly Value[];
  /** Handed to the kernel with each element, as f32. */
  readonly parameter: number;
}

/** Reads and writes of a kernel over many tensors. */
export interface ManyIo extends Pick<KernelIo, "load" | "store"> {
  /** f32 at element `at` (u32, within the item's tensors) of the value with this role. */
  item(role: number, at: string): string;
  /** Statement that stores it. */
  storeItem(role: number, at: string, expr: string): string;
}

/**
 * A kernel over many f32 tensors, whatever buffers they lie in. The tensors are cut into chunks of `chunk` elements, one
 * workgroup each. In `main`'s scope are `lane`, `begin` and `end` (the chunk's elements within the item), `parameter`
 * (f32) and `chunkId` (u32, numbered over all items in order).
 */
export interface ManyKernel {
  readonly label: string;
  readonly items: readonly ManyItem[];
  /** By role: whether the kernel writes it. */
  readonly writes: readonly boolean[];
  readonly chunk: number;
  /** Invocations of a workgroup. */
  readonly invocations: number;
  /** Values read and written as in other kernels. */
  readonly sharedReads: readonly Value[];
  readonly sharedWrites: readonly Value[];
  /** WGSL extensions it needs. */
  readonly enables?: readonly string[];
  body(io: ManyIo): KernelBody;
}

/** Chunks that `items` are cut into. */
export function chunkCount(items: readonly ManyItem[], chunk: number): number {
  return items.reduce((sum, { values }) => sum + Math.ceil(numel((values[0] as Value).type.shape) / chunk), 0);
}

export interface LowerContext {
  readonly traits: DeviceTraits;
  /** Which variant of a kernel was measured to be the fastest; undefined where nothing was. */
  readonly choose?: Choose | undefined;
  /** A value for intermediate results, alive from the first kernel that writes it to the last that reads it. */
  temp(type: TensorType): Value;
  emit(kernel: Kernel): void;
  /** Emits one kernel over many tensors, in few dispatches. */
  emitMany(kernel: ManyKernel): void;
}

/** An op whose outputs are written to memory by kernels of its own. */
export interface KernelLowering {
  readonly kind: "kernels";
  /** Its kernels read their inputs through `io.code().eval`, so inputs need not stand in memory. */
  readonly expressions?: boolean;
  /** It stores its results by other means than `io.store`: elementwise work cannot be fused onto them. */
  readonly closed?: boolean;
  lower(node: Node, context: LowerContext): void;
  /** Whether two nodes are done by the same kernels; then `lowerAll` gets every run of such neighbours. */
  joins?(a: Node, b: Node): boolean;
  lowerAll?(nodes: readonly Node[], context: LowerContext): void;
}

/** An op that is an expression of its inputs' elements: it is computed inside the kernels that use it. */
export interface InlineLowering {
  readonly kind: "inline";
  /** No arithmetic: only another place to read from. */
  readonly view?: boolean;
  /** Reads each input at the output's own place, stretched where the input is smaller. */
  readonly pointwise?: boolean;
  /** WGSL expression of the output's element at `at`; evaluates inputs through `code.eval`. */
  element(node: Node, at: Index, code: Code): string;
}

export type Lowering = KernelLowering | InlineLowering;

const maxGroups = 65_535;

/** `count` workgroups over two axes; `linear` is the WGSL expression of a workgroup's number, which may exceed `count`. */
export function spread(count: number): { groups: Triple; linear: string } {
  if (count <= maxGroups) return { groups: [count, 1, 1], linear: "wid.x" };
  const rows = Math.ceil(count / maxGroups);
  const columns = Math.ceil(count / rows);
  return { groups: [columns, rows, 1], linear: `(wid.x + wid.y * ${columns}u)` };
}
