// The building blocks of the attention kernels for software adapters. Lanes run along rows of one head (queries, or
// keys), so that no sum crosses lanes. The rows that an invocation holds are in private arrays; each row of the other
// side is read once and serves all of them.
import type { Value } from "@cambium/ir";
import type { DeviceTraits } from "../../../lower/traits.js";
import type { Kernel, KernelIo } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";
import { type AttentionSizes, keyRow, queryRow, sizesLabel } from "../node.js";
import { type TaskOptions, tasksOf } from "../tasks.js";
import { simdLanes, type Unroll, unrolled } from "./unroll.js";
import { Vectors } from "./vectors.js";

export interface RowKernel extends Pick<Kernel, "label" | "reads" | "writes">, Pick<TaskOptions, "over"> {
  /** The statements that follow the task's header. */
  statements(rows: Rows): readonly string[];
}

/** A kernel whose workgroup is one SIMD register, so that its loops are uniform. */
export function rowKernel(
  sizes: AttentionSizes,
  traits: DeviceTraits,
  { label, reads, writes, over, statements }: RowKernel,
): Kernel {
  const unroll = unrolled(sizes);
  const { groups, header } = tasksOf(sizes, { over, rows: unroll.rows * simdLanes });
  return {
    label: `${label} ${sizesLabel(sizes)}`,
    reads,
    writes,
    workgroup: [simdLanes, 1, 1],
    groups,
    ...(traits.subgroups && { enables: ["subgroups"] }),
    body: (io) => ({
      main: [...header, ...statements(new Rows(sizes, unroll, new Vectors(sizes.headDim, traits, io), io))].join("\n"),
    }),
  };
}

/** Products to be summed: held rows `held` times the rows of `value`, whose vectors are named `vector`. */
export interface Products {
  readonly sum: string;
  readonly held: string;
  readonly value: Value;
  readonly vector: string;
}

export class Rows {
  readonly sizes: AttentionSizes;
  readonly io: KernelIo;
  readonly vectors: Vectors;
  /** Indices of the rows that an invocation holds. */
  readonly held: readonly number[];
  /** Indices of the rows of the other side that one iteration of the loop takes. */
  readonly steps: readonly number[];
  /** Indices of a row's vectors. */
  readonly parts: readonly number[];

  constructor(sizes: AttentionSizes, { rows, steps }: Unroll, vectors: Vectors, io: KernelIo) {
    this.sizes = sizes;
    this.io = io;
    this.vectors = vectors;
    this.held = range(rows);
    this.steps = range(steps);
    this.parts = range(vectors.count);
  }

  /** Rows of a block: those that its four lanes hold. */
  get block(): number {
    return this.held.length * simdLanes;
  }

  /** Declares arrays of the held rows' vectors. */
  declare(...names: readonly string[]): string[] {
    return names.map((name) => `var ${name}: array<vec4f, ${this.held.length * this.vectors.count}>;`);
  }

  /** Vector `c` of held row `r` in the array `name`. */
  at(name: string, r: number, c: number): string {
    return `${name}[${r * this.vectors.count + c}]`;
  }

  /** The same where both are expressions in the loops of `eachRow` and `eachVector`. */
  looped(name: string): string {
    return `${name}[r * ${this.vectors.count}u + c]`;
  }

  /** The position of held row `r` of this lane. */
  position(r: number): string {
    return `first + ${r * simdLanes}u + lane`;
  }

  /**
   * Statements for each held row, in a loop over its index `r`; `t` is its row in the sequence. Memory accesses belong
   * in this loop because they take long to build; the products in between are unrolled, with constant indices.
   */
  eachRow(statements: readonly string[]): string[] {
    return [
      `for (var r = 0u; r < ${this.held.length}u; r++) {`,
      `let t = first + r * ${simdLanes}u + lane;`,
      ...statements,
      "}",
    ];
  }

  /** As `eachRow`, for the rows that exist: a block may reach beyond the sequence. */
  eachRealRow(statements: readonly string[]): string[] {
    return this.eachRow([`if (t < ${this.sizes.context}u) {`, ...statements, "}"]);
  }

  eachVector(statements: readonly string[]): string[] {
    return [`for (var c = 0u; c < ${this.vectors.count}u; c++) {`, ...statements, "}"];
  }

  /** `t`, or the last row where it is beyond the sequence. */
  clamped(t: string): string {
    return `min(${t}, ${this.sizes.context - 1}u)`;
  }

  /** The first element of query row `t`. */
  query(t: string): string {
    return `(${queryRow(this.sizes, t)}) * ${this.sizes.headDim}u`;
  }

  /** The first element of key row `t` of key/value head `kvHead`. */
  key(t: string, kvHead: string): string {
    return `(${keyRow(this.sizes, t, kvHead)}) * ${this.sizes.headDim}u`;
  }

  /**
   * Defines dot products of every held row r with the rows that begin at `at_0`, `at_1`, …; `total` names them. The vectors
   * of those rows are defined on the way: vector c of the j-th is `vector`j_c.
   */
  products(...all: readonly Products[]): string[] {
    return this.parts.flatMap((c) =>
      this.steps.flatMap((j) =>
        all.flatMap(({ sum, held, value, vector }) => [
          ...this.vectors.define(`${vector}${j}_${c}`, value, `at_${j}`, c),
          ...this.held.map((r) => {
            const before = c === 0 ? "" : ` + ${sum}${r}_${j}_${c - 1}`;
            return `let ${sum}${r}_${j}_${c} = dot(${this.at(held, r, c)}, ${vector}${j}_${c})${before};`;
          }),
        ]),
      ),
    );
  }

  /** The product `sum` of held row `r` with the j-th row. */
  total(sum: string, r: number, j: number): string {
    return `${sum}${r}_${j}_${this.vectors.count - 1}`;
  }
}
