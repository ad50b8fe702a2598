// Reductions over a workgroup on GPUs: through subgroups where the device has them, else as a tree in workgroup memory.
// The order is fixed either way, so that two runs give the same bits.
import type { DeviceTraits } from "../lower/traits.js";

/** What is reduced: values of a WGSL type, two of which `join` to one. `join` is associative and commutative. */
export interface Joining {
  readonly type: string;
  join(a: string, b: string): string;
}

export const adding: Joining = { type: "f32", join: (a, b) => `${a} + ${b}` };

export interface GroupReduction {
  /** The WGSL extensions it needs. */
  readonly enables: readonly string[];
  /** Declares the workgroup variable `shares`. */
  readonly declarations: string;
  /**
   * Statements after which `result` is all invocations' `expr` joined. They need uniform control flow, and may be in a
   * loop.
   */
  statements(expr: string): string[];
  /** The result, the same in every invocation. */
  readonly result: string;
}

/** @param threads of the workgroup, a power of two */
export function groupReduction(threads: number, { subgroupSize }: DeviceTraits, joining = adding): GroupReduction {
  const { type, join } = joining;
  if (subgroupSize < 4) {
    return {
      enables: [],
      declarations: `var<workgroup> shares: array<${type}, ${threads}>;`,
      statements: (expr) => [
        "workgroupBarrier();",
        `shares[lane] = ${expr};`,
        `for (var half = ${threads / 2}u; half > 0u; half /= 2u) {`,
        "workgroupBarrier();",
        `if (lane < half) { shares[lane] = ${join("shares[lane]", "shares[lane + half]")}; }`,
        "}",
        "workgroupBarrier();",
      ],
      result: "shares[0]",
    };
  }
  const width = Math.min(subgroupSize, threads);
  return {
    enables: ["subgroups"],
    declarations: `var<workgroup> shares: array<${type}, ${threads / width}>;`,
    statements: (expr) => [
      `var part = ${expr};`,
      ...joinedLanes("part", width, joining),
      "workgroupBarrier();",
      `if (lane % ${width}u == 0u) { shares[lane / ${width}u] = part; }`,
      "workgroupBarrier();",
      "var whole = shares[0];",
      `for (var i = 1u; i < ${threads / width}u; i++) { whole = ${join("whole", "shares[i]")}; }`,
    ],
    result: "whole",
  };
}

/** Sums over a workgroup that invocation 0 finishes. */
export interface GroupTotal extends Pick<GroupReduction, "enables" | "declarations"> {
  /** Statements that open a block of invocation 0, in which `name` is the sum of all invocations' `expr`. */
  statements(expr: string, name: string): string[];
}

/**
 * For kernels that both families share. On software adapters, where barriers are expensive, invocation 0 adds
 * everything up.
 */
export function groupTotal(invocations: number, traits: DeviceTraits): GroupTotal {
  if (traits.kind === "cpu") {
    return {
      enables: [],
      declarations: `var<workgroup> sums: array<f32, ${invocations}>;`,
      statements: (expr, name) => [
        `sums[lane] = ${expr};`,
        "workgroupBarrier();",
        "if (lane == 0u) {",
        `var ${name} = 0f;`,
        `for (var k = 0u; k < ${invocations}u; k++) { ${name} += sums[k]; }`,
      ],
    };
  }
  const { enables, declarations, statements, result } = groupReduction(invocations, traits);
  return {
    enables,
    declarations,
    statements: (expr, name) => [...statements(expr), "if (lane == 0u) {", `let ${name} = ${result};`],
  };
}

/**
 * Statements that replace the variable `name` by the joined variables of `width` neighbours, a power of two that is at most
 * `DeviceTraits.subgroupSize`. Neighbours are invocations with the same ⌊number / width⌋.
 */
export function joinedLanes(name: string, width: number, { join }: Joining): string[] {
  const steps: string[] = [];
  for (let by = 1; by < width; by *= 2) steps.push(`${name} = ${join(name, `subgroupShuffleXor(${name}, ${by}u)`)};`);
  return steps;
}
