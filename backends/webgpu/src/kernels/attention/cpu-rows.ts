// Attention on software adapters: four invocations are the lanes of one SIMD register. Lanes run along rows of one head
// (queries, or keys), so that no sum crosses lanes; rows lie in private arrays, and what all of them meet is read once.
// Measured on SwiftShader: any load costs about 11 ns for its four lanes, whatever their addresses; a broadcast 1.5 ns,
// a multiply-add 0.6 ns, one that updates a variable 2 ns. Each statement of the unrolled loop costs 0.3 ms to build.
import type { Value } from "@cambium/ir";
import type { DeviceTraits, Kernel, KernelIo } from "../../compile/kernel.js";
import { type AttentionSizes, range } from "./sizes.js";

export const simdLanes = 4;

export interface Unroll {
  /** Rows that an invocation holds. */
  readonly rows: number;
  /** Rows of the other side that one turn of the loop takes: sums carried from turn to turn are written once for all. */
  readonly steps: number;
}

/** @param most statements of about `rows · steps · headDim` that the loop may hold */
export function unrolled({ headDim, time }: AttentionSizes, most: number): Unroll {
  const rows = time > 64 && headDim * 4 <= most ? 4 : headDim * 2 <= most ? 2 : 1;
  return { rows, steps: headDim * rows * 2 <= most ? 2 : 1 };
}

/** What kernels of this kind share: one SIMD register is a workgroup, so that its loops are uniform. */
export function simdKernel(traits: DeviceTraits): Pick<Kernel, "workgroup" | "enables"> {
  return { workgroup: [simdLanes, 1, 1], ...(traits.subgroups && { enables: ["subgroups"] }) };
}

/** Elements of a row that are read together. */
export interface Chunk {
  readonly first: number;
  readonly count: number;
}

export function chunks(headDim: number): Chunk[] {
  return range(Math.ceil(headDim / simdLanes)).map((i) => ({
    first: i * simdLanes,
    count: Math.min(simdLanes, headDim - i * simdLanes),
  }));
}

/**
 * Statements that read a chunk of the row that begins at `base`, the same for all lanes, as `name``d`.
 * With subgroups a read fetches one element per lane, and broadcasts hand them round.
 */
export function spreadChunk(
  io: KernelIo,
  traits: DeviceTraits,
  value: Value,
  base: string,
  name: string,
  { first, count }: Chunk,
): string[] {
  const at = range(count).map((i) => first + i);
  if (!traits.subgroups) return at.map((d) => `let ${name}${d} = ${io.load(value, `${base} + ${d}u`)};`);
  const own = count === simdLanes ? "lane" : `min(lane, ${count - 1}u)`;
  return [
    `let ${name}of${first} = ${io.load(value, `${base} + ${first}u + ${own}`)};`,
    ...at.map((d) => `let ${name}${d} = subgroupBroadcast(${name}of${first}, ${d - first}u);`),
  ];
}

/** A statement that adds a chunk's `Σ a_d · b_d` to the sum so far; `name`_`headDim` is the whole. */
export function dotChunk(name: string, a: (d: number) => string, b: (d: number) => string, chunk: Chunk): string {
  const { first, count } = chunk;
  const sum = range(count).reduce(
    (acc, i) => {
      const [x, y] = [a(first + i), b(first + i)];
      return acc === "" ? `${x} * ${y}` : `fma(${x}, ${y}, ${acc})`;
    },
    first === 0 ? "" : `${name}_${first}`,
  );
  return `let ${name}_${first + count} = ${sum};`;
}
