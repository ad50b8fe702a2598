// Kernels: what one dispatch runs, as WGSL that names its values and leaves their bindings open.
import type { Value } from "@cambium/ir";
import type { Code } from "./code.js";
import type { FunctionName } from "./functions.js";

export type Triple = readonly [number, number, number];

/** Reads and writes of a kernel's values, as WGSL. Indices are WGSL expressions of type u32 over row-major elements. */
export interface KernelIo {
  /** Element `flat` of a value that the kernel lists in `reads`: f32, i32, or u32 0/1 for bool. */
  load(value: Value, flat: string): string;
  /** Elements 4·`flat4` … 4·`flat4` + 3 as vec4<f32>. The value is f32 and its element count a multiple of 4. */
  load4(value: Value, flat4: string): string;
  /**
   * Statements that store `expr` as element `flat` of a value listed in `writes`. Elementwise work that was fused onto
   * the value happens here, so each element must be stored exactly once, with its final sum.
   */
  store(value: Value, flat: string, expr: string): string;
  /** Like `store`, for four neighbouring elements; `expr` is a vec4<f32>. */
  store4(value: Value, flat4: string, expr: string): string;
  /**
   * The name of a u32 that holds `value` at run time, so that kernels which differ only in such numbers are built once.
   * A kernel must make these calls in the same order whatever the values are.
   */
  number(value: number): string;
  /**
   * Statements under construction, for kernels that read expressions element by element (`KernelLowering.expressions`).
   */
  code(): Code;
}

/** The WGSL of a kernel without its bindings and entry point. */
export interface KernelBody {
  /** Module scope: constants, workgroup variables, functions. */
  readonly declarations?: string;
  /** The functions of `wgsl/functions.ts` that it calls. */
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
  /** The WGSL extensions it needs, e.g. `subgroups`. */
  readonly enables?: readonly string[];
  body(io: KernelIo): KernelBody;
}

const maxGroups = 65_535;

/**
 * Spreads `count` workgroups over two axes. `linear` is the WGSL expression of a workgroup's number, which may exceed
 * `count`.
 */
export function spread(count: number): { groups: Triple; linear: string } {
  if (count <= maxGroups) return { groups: [count, 1, 1], linear: "wid.x" };
  const rows = Math.ceil(count / maxGroups);
  const columns = Math.ceil(count / rows);
  return { groups: [columns, rows, 1], linear: `(wid.x + wid.y * ${columns}u)` };
}
