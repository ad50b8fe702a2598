// Attention on software adapters: four invocations are the lanes of one SIMD register. Lanes run along rows of one head
// (queries, or keys), so that no sum crosses lanes; rows lie in private arrays, and what all of them meet is read once.
// Measured on SwiftShader: any load costs about 11 ns for its four lanes, whatever their addresses; a broadcast 1.5 ns,
// a multiply-add 0.6 ns, one that updates a variable 2 ns; each multiply-add in the code costs 0.3 ms to build.
import type { Value } from "@cambium/ir";
import type { DeviceTraits } from "../../lower/traits.js";
import type { Kernel, KernelIo } from "../../wgsl/kernel.js";
import { range } from "../range.js";
import type { AttentionSizes } from "./sizes.js";

export const simdLanes = 4;

export interface Unroll {
  /** Rows that an invocation holds. */
  readonly rows: number;
  /** Rows of the other side that one turn of the loop takes: sums carried from turn to turn are written once for all. */
  readonly steps: number;
}

/** What rows · steps · headDim, the products of one sum in the unrolled loop, may come to. */
const mostProducts = 128;

/** Short sequences, which have less time to win back what building takes, get half of the products. */
export function unrolled({ headDim, time }: AttentionSizes): Unroll {
  const most = time > 64 ? mostProducts : mostProducts / 2;
  const rows = time > 64 && headDim * 4 <= most ? 4 : headDim * 2 <= most ? 2 : 1;
  return { rows, steps: headDim * rows * 2 <= most ? 2 : 1 };
}

/**
 * Statements for each row that an invocation holds: number `r` of them, row `t` of the sequence. They stand in the code
 * once, for reads and writes of memory take long to build; the products between do not loop, and know rows by number.
 */
export function eachRow(rows: number, statements: readonly string[]): string[] {
  return [`for (var r = 0u; r < ${rows}u; r++) {`, `let t = first + r * ${simdLanes}u + lane;`, ...statements, "}"];
}

/** What kernels of this kind share: one SIMD register is a workgroup, so that its loops are uniform. */
export function simdKernel(traits: DeviceTraits): Pick<Kernel, "workgroup" | "enables"> {
  return { workgroup: [simdLanes, 1, 1], ...(traits.subgroups && { enables: ["subgroups"] }) };
}

/** Rows lie as vectors of four; the last is filled up with zeros. */
export function vectorsOf({ headDim }: AttentionSizes): number {
  return Math.ceil(headDim / 4);
}

/** WGSL of vector `c`, an expression, of the row that begins at element `base`, for prologues: one row per lane. */
export function rowVector(io: KernelIo, { headDim }: AttentionSizes, value: Value, base: string, c: string): string {
  if (headDim % 4 === 0) return io.load4(value, `(${base}) / 4u + ${c}`);
  const elements = range(4).map((i) => {
    const d = `4u * ${c} + ${i}u`;
    return `select(0f, ${io.load(value, `${base} + min(${d}, ${headDim - 1}u)`)}, ${d} < ${headDim}u)`;
  });
  return `vec4f(${elements.join(", ")})`;
}

/** Statements that store `expr`, a vec4, as vector `c` of a row. */
export function storeVector(
  io: KernelIo,
  { headDim }: AttentionSizes,
  value: Value,
  base: string,
  c: string,
  expr: string,
): string {
  if (headDim % 4 === 0) return io.store4(value, `(${base}) / 4u + ${c}`, expr);
  const elements = range(4).map((i) => {
    const d = `4u * ${c} + ${i}u`;
    return `if (${d} < ${headDim}u) { ${io.store(value, `${base} + ${d}`, `x[${i}]`)} }`;
  });
  return `let x = ${expr}; ${elements.join(" ")}`;
}

/**
 * A statement that defines `name` as vector `c`, a number, of the row that begins at `base`, the same for all lanes.
 * With subgroups a read fetches one element per lane, and broadcasts hand them round.
 */
export function spreadVector(
  io: KernelIo,
  traits: DeviceTraits,
  { headDim }: AttentionSizes,
  value: Value,
  base: string,
  name: string,
  c: number,
): string[] {
  const count = Math.min(4, headDim - 4 * c);
  const own = count === 4 ? "lane" : `min(lane, ${count - 1}u)`;
  const element = (i: number) =>
    i >= count
      ? "0f"
      : traits.subgroups
        ? `subgroupBroadcast(${name}x, ${i}u)`
        : io.load(value, `${base} + ${4 * c + i}u`);
  return [
    ...(traits.subgroups ? [`let ${name}x = ${io.load(value, `${base} + ${4 * c}u + ${own}`)};`] : []),
    `let ${name} = vec4f(${range(4).map(element).join(", ")});`,
  ];
}

/** A statement that adds `dot(a, b)`, of vectors `c`, to the sum so far; `name`_c is the sum up to there. */
export function dotStep(name: string, a: string, b: string, c: number): string {
  return `let ${name}_${c} = dot(${a}, ${b})${c === 0 ? "" : ` + ${name}_${c - 1}`};`;
}
