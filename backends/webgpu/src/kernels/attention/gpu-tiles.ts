// Attention on GPUs, the parts its kernels are made of: a workgroup holds a block of rows of one head (queries, or keys)
// and meets the other side in tiles. Products go through workgroup memory with register blocks.
import { numel, type Value } from "@cambium/ir";
import type { DeviceTraits } from "../../lower/traits.js";
import type { KernelIo } from "../../wgsl/kernel.js";
import { joinedLanes } from "../group-reduction.js";
import { range } from "../range.js";
import type { AttentionSizes } from "./sizes.js";

/** Threads along the columns of a score tile; each holds the columns `cx`, `cx + 16`. */
const across = 16;
/** Score columns per thread. */
const held = 2;
/** Four-element groups of headDim that a score tile's operands are staged by, and one more against bank conflicts. */
const staged = 8;
const stride = staged + 1;

/** Rows of a tensor [batch, time, heads, headDim] of one head; `row` makes a row's number from its time. */
export interface Rows {
  readonly value: Value;
  readonly row: (time: string) => string;
}

export interface Tiling {
  /** Rows of a block and columns of a tile. */
  readonly rows: number;
  readonly columns: number;
  readonly threads: number;
  /** Four-element groups of headDim: in all, and in a tile that sums are taken over. */
  readonly groups: number;
  readonly wide: number;
  /** Tiles of `wide` groups, and of `staged` ones. */
  readonly wideTiles: number;
  readonly stagedTiles: number;
  /** Rows of a sum that a thread holds, one group wide. */
  readonly summed: number;
  /** Neighbours of a row of threads whose shares are joined by shuffles; 1: none. */
  readonly shuffled: number;
}

export function tiling({ headDim, time }: AttentionSizes, traits: DeviceTraits): Tiling {
  const large = traits.maxInvocations >= 256 && traits.maxWorkgroupBytes >= 32_768;
  const rows = large && time > 32 ? 64 : 32;
  const groups = Math.ceil(headDim / 4);
  const wide = groups <= 4 ? 4 : groups <= 8 || !large ? 8 : 16;
  return {
    rows,
    columns: across * held,
    threads: (rows / 4) * across,
    groups,
    wide,
    wideTiles: Math.ceil(groups / wide),
    stagedTiles: Math.ceil(groups / staged),
    summed: wide / 4,
    shuffled: traits.subgroupSize < 4 ? 1 : Math.min(across, traits.subgroupSize),
  };
}

export class Tiles {
  readonly tiling: Tiling;
  readonly #sizes: AttentionSizes;
  readonly #io: KernelIo;

  constructor(sizes: AttentionSizes, tiling: Tiling, io: KernelIo) {
    this.tiling = tiling;
    this.#sizes = sizes;
    this.#io = io;
  }

  declarations(): string {
    const { rows, columns, wide } = this.tiling;
    return [
      `var<workgroup> rowTile: array<vec4f, ${rows * stride}>;`,
      `var<workgroup> columnTile: array<vec4f, ${Math.max(columns * stride, columns * wide)}>;`,
      // Weights of a tile, four rows together, column by column.
      `var<workgroup> weights: array<vec4f, ${columns * (rows / 4 + 1)}>;`,
      `var<workgroup> partial: array<f32, ${rows * (across + 1)}>;`,
      `var<workgroup> rowA: array<f32, ${rows}>;`,
      `var<workgroup> rowB: array<f32, ${rows}>;`,
    ].join("\n");
  }

  /** Names of this thread's places: `cx`, `ry` in a score tile, `sx`, `sy` in a sum. */
  places(): string[] {
    return [
      `let cx = lane % ${across}u; let ry = lane / ${across}u;`,
      `let sx = lane % ${this.tiling.wide}u; let sy = lane / ${this.tiling.wide}u;`,
    ];
  }

  /** Elements 4·`group` … of the row at `time`: clamped to the last row, zero beyond headDim. */
  read({ value, row }: Rows, time: string, group: string): string {
    const { headDim, time: times } = this.#sizes;
    const { groups } = this.tiling;
    const at = row(`min(${time}, ${times - 1}u)`);
    if (headDim % 4 === 0 && numel(value.type.shape) % 4 === 0) {
      const whole = this.#io.load4(value, `(${at}) * ${groups}u + min(${group}, ${groups - 1}u)`);
      return `select(vec4f(), ${whole}, ${group} < ${groups}u)`;
    }
    const elements = range(4).map((i) => {
      const d = `4u * ${group} + ${i}u`;
      return `select(0f, ${this.#io.load(value, `(${at}) * ${headDim}u + min(${d}, ${headDim - 1}u)`)}, ${d} < ${headDim}u)`;
    });
    return `vec4f(${elements.join(", ")})`;
  }

  /** Stores this thread's part of a row: `element(tile, r)` is the vec4 of a wide tile and the r-th row of a sum. */
  storeSum({ value, row }: Rows, first: string, element: (tile: number, r: number) => string): string[] {
    const { headDim, time } = this.#sizes;
    const { wide, wideTiles, groups, summed } = this.tiling;
    return range(summed).flatMap((r) => [
      `{ let t = ${first} + sy * ${summed}u + ${r}u;`,
      `if (t < ${time}u) {`,
      ...range(wideTiles).flatMap((tile) => {
        const group = `(sx + ${tile * wide}u)`;
        if (headDim % 4 === 0 && numel(value.type.shape) % 4 === 0) {
          const store = this.#io.store4(value, `(${row("t")}) * ${groups}u + ${group}`, element(tile, r));
          return [`if (${group} < ${groups}u) { ${store} }`];
        }
        return range(4).map((i) => {
          const d = `(4u * ${group} + ${i}u)`;
          const store = this.#io.store(value, `(${row("t")}) * ${headDim}u + ${d}`, `${element(tile, r)}[${i}]`);
          return `if (${d} < ${headDim}u) { ${store} }`;
        });
      }),
      "} }",
    ]);
  }

  /** Defines `name`i_j, the products of rows `ry`·4 + i of `a` and columns `cx` + 16·j of `b`. */
  products(name: string, a: Rows, firstA: string, b: Rows, firstB: string): string[] {
    const { rows, columns, threads, stagedTiles } = this.tiling;
    const stage = (tile: string, source: Rows, first: string, count: number) => [
      `for (var i = lane; i < ${count * staged}u; i += ${threads}u) {`,
      `let g = i % ${staged}u + base;`,
      `${tile}[i / ${staged}u * ${stride}u + i % ${staged}u] = ${this.read(source, `(${first} + i / ${staged}u)`, "g")};`,
      "}",
    ];
    const pairs = range(4).flatMap((i) => range(held).map((j) => [i, j] as const));
    return [
      ...pairs.map(([i, j]) => `var ${name}${i}_${j} = 0f;`),
      `for (var base = 0u; base < ${stagedTiles * staged}u; base += ${staged}u) {`,
      "workgroupBarrier();",
      ...stage("rowTile", a, firstA, rows),
      ...stage("columnTile", b, firstB, columns),
      "workgroupBarrier();",
      `for (var g = 0u; g < ${staged}u; g++) {`,
      ...range(4).map((i) => `let a${i} = rowTile[(ry * 4u + ${i}u) * ${stride}u + g];`),
      ...range(held).map((j) => `let b${j} = columnTile[(cx + ${j * across}u) * ${stride}u + g];`),
      ...pairs.map(([i, j]) => `${name}${i}_${j} += dot(a${i}, b${j});`),
      "}",
      "}",
    ];
  }

  /** Puts `element(i, j)` of every thread where `addProducts` reads it. Others' reads must have ended. */
  putWeights(element: (i: number, j: number) => string): string[] {
    const quads = this.tiling.rows / 4 + 1;
    return range(held).map((j) => {
      const column = range(4).map((i) => element(i, j));
      return `weights[(cx + ${j * across}u) * ${quads}u + ry] = vec4f(${column.join(", ")});`;
    });
  }

  /** Declares the sums `name`tile_r, vec4 each. */
  declareSum(name: string): string[] {
    const { wideTiles, summed } = this.tiling;
    return range(wideTiles).flatMap((tile) => range(summed).map((r) => `var ${name}${tile}_${r} = vec4f();`));
  }

  /** Adds weights · rows of `b` to the sums `name`; waits for the weights. */
  addProducts(name: string, b: Rows, firstB: string): string[] {
    const { rows, columns, threads, wide, wideTiles, summed } = this.tiling;
    const quads = rows / 4 + 1;
    const quad = `weights[c * ${quads}u + sy * ${summed}u / 4u]`;
    const weight = (r: number) => (summed === 4 ? `w[${r}]` : `${quad}[(sy * ${summed}u + ${r}u) % 4u]`);
    return range(wideTiles).flatMap((tile) => [
      "workgroupBarrier();",
      `for (var i = lane; i < ${columns * wide}u; i += ${threads}u) {`,
      `let g = i % ${wide}u + ${tile * wide}u;`,
      `columnTile[i] = ${this.read(b, `(${firstB} + i / ${wide}u)`, "g")};`,
      "}",
      "workgroupBarrier();",
      `for (var c = 0u; c < ${columns}u; c++) {`,
      ...(summed === 4 ? [`let w = ${quad};`] : []),
      `let x = columnTile[c * ${wide}u + sx];`,
      ...range(summed).map((r) => `${name}${tile}_${r} += ${weight(r)} * x;`),
      "}",
    ]);
  }

  /**
   * Reduces one f32 per thread and row over the threads of the row: `element(i)` is the thread's own of its i-th row;
   * `finish` then runs in one thread a row, `lane` being the row and `all` the result. Ends with a barrier.
   */
  reduceRows(combine: (a: string, b: string) => string, element: (i: number) => string, finish: string[]): string[] {
    const { rows, shuffled } = this.tiling;
    const parts = across / shuffled;
    const place = (i: number) => `partial[(ry * 4u + ${i}u) * ${parts + 1}u + cx / ${shuffled}u]`;
    const joining = { type: "f32", join: combine };
    return [
      "workgroupBarrier();",
      ...(shuffled === 1
        ? range(4).map((i) => `partial[(ry * 4u + ${i}u) * ${across + 1}u + cx] = ${element(i)};`)
        : range(4).flatMap((i) => [
            `{ var own = ${element(i)};`,
            ...joinedLanes("own", shuffled, joining),
            `if (cx % ${shuffled}u == 0u) { ${place(i)} = own; } }`,
          ])),
      "workgroupBarrier();",
      `if (lane < ${rows}u) {`,
      `var all = partial[lane * ${parts + 1}u];`,
      `for (var i = 1u; i < ${parts}u; i++) { all = ${combine("all", `partial[lane * ${parts + 1}u + i]`)}; }`,
      ...finish,
      "}",
      "workgroupBarrier();",
    ];
  }
}

export const tileColumn = (j: number) => `(cx + ${j * across}u)`;
export const tileRow = (i: number) => `(ry * 4u + ${i}u)`;
export const heldColumns = range(held);

/** Rows of query heads and of key/value heads, with `batch`, `head` and the key/value head's number in scope. */
export function rowsOf({ time, heads, kvHeads }: AttentionSizes, kvHead: string) {
  return {
    ofHead: (value: Value): Rows => ({ value, row: (t) => `(batch * ${time}u + ${t}) * ${heads}u + head` }),
    ofGroup: (value: Value): Rows => ({ value, row: (t) => `(batch * ${time}u + ${t}) * ${kvHeads}u + ${kvHead}` }),
  };
}
