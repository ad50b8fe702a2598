// The building blocks of the attention kernels for GPUs. A workgroup holds a block of rows of one head (queries, or
// keys) and goes through the other side in tiles; products use workgroup memory and register blocks.
import type { KernelIo } from "../../../wgsl/kernel.js";
import { joinedLanes } from "../../group-reduction.js";
import { range } from "../../range.js";
import type { AttentionSizes } from "../node.js";
import { type HeadRows, readGroup, storeGroup } from "./rows.js";
import { across, heldColumns, heldPairs, staged, stride, type Tiling } from "./tiling.js";

export class Tiles {
  readonly tiling: Tiling;
  readonly io: KernelIo;
  readonly #sizes: AttentionSizes;

  constructor(sizes: AttentionSizes, tiling: Tiling, io: KernelIo) {
    this.tiling = tiling;
    this.io = io;
    this.#sizes = sizes;
  }

  declarations(): string {
    const { rows, columns, wide } = this.tiling;
    return [
      `var<workgroup> rowTile: array<vec4f, ${rows * stride}>;`,
      `var<workgroup> columnTile: array<vec4f, ${Math.max(columns * stride, columns * wide)}>;`,
      // The weights of a tile, column by column, four rows together.
      `var<workgroup> weights: array<vec4f, ${columns * (rows / 4 + 1)}>;`,
      `var<workgroup> partial: array<f32, ${rows * (across + 1)}>;`,
      `var<workgroup> rowA: array<f32, ${rows}>;`,
      `var<workgroup> rowB: array<f32, ${rows}>;`,
    ].join("\n");
  }

  /** Names of this thread's places: `cx`, `ry` in a score tile, `sx`, `sy` in a sum. */
  places(): string[] {
    const { wide } = this.tiling;
    return [
      `let cx = lane % ${across}u; let ry = lane / ${across}u;`,
      `let sx = lane % ${wide}u; let sy = lane / ${wide}u;`,
    ];
  }

  /** See `readGroup`. */
  read(rows: HeadRows, position: string, group: string): string {
    return readGroup(this.io, this.#sizes, rows, position, group);
  }

  /** Defines `name`i_j, the products of rows `ry`·4 + i of `a` and columns `cx` + 16·j of `b`. */
  products(name: string, a: HeadRows, firstA: string, b: HeadRows, firstB: string): string[] {
    const { rows, columns, stagedTiles } = this.tiling;
    return [
      ...heldPairs.map(([i, j]) => `var ${name}${i}_${j} = 0f;`),
      `for (var base = 0u; base < ${stagedTiles * staged}u; base += ${staged}u) {`,
      "workgroupBarrier();",
      ...this.#stage("rowTile", a, firstA, rows),
      ...this.#stage("columnTile", b, firstB, columns),
      "workgroupBarrier();",
      `for (var g = 0u; g < ${staged}u; g++) {`,
      ...range(4).map((i) => `let a${i} = rowTile[(ry * 4u + ${i}u) * ${stride}u + g];`),
      ...heldColumns.map((j) => `let b${j} = columnTile[(cx + ${j * across}u) * ${stride}u + g];`),
      ...heldPairs.map(([i, j]) => `${name}${i}_${j} += dot(a${i}, b${j});`),
      "}",
      "}",
    ];
  }

  #stage(tile: string, rows: HeadRows, first: string, count: number): string[] {
    return [
      `for (var i = lane; i < ${count * staged}u; i += ${this.tiling.threads}u) {`,
      `let g = i % ${staged}u + base;`,
      `${tile}[i / ${staged}u * ${stride}u + i % ${staged}u] = ${this.read(rows, `(${first} + i / ${staged}u)`, "g")};`,
      "}",
    ];
  }

  /** Puts every thread's `element(i, j)` where `addProducts` reads it. Earlier reads there must be over. */
  putWeights(element: (i: number, j: number) => string): string[] {
    const quads = this.tiling.rows / 4 + 1;
    return heldColumns.map((j) => {
      const column = range(4).map((i) => element(i, j));
      return `weights[(cx + ${j * across}u) * ${quads}u + ry] = vec4f(${column.join(", ")});`;
    });
  }

  /** Declares the sums `name`tile_r, a vec4 each. */
  declareSum(name: string): string[] {
    return this.ofSums((tile, r) => [`var ${name}${tile}_${r} = vec4f();`]);
  }

  /** Statements for each sum of a thread: the r-th row of each wide tile. */
  ofSums(statements: (tile: number, r: number) => string[]): string[] {
    const { wideTiles, summed } = this.tiling;
    return range(wideTiles).flatMap((tile) => range(summed).flatMap((r) => statements(tile, r)));
  }

  /** The row of the block that the r-th row of a sum is. */
  rowOfSum(r: number): string {
    return `sy * ${this.tiling.summed}u + ${r}u`;
  }

  /** Adds weights · rows of `b` to the sums `name`; waits for the weights. */
  addProducts(name: string, b: HeadRows, firstB: string): string[] {
    const { rows, columns, threads, wide, wideTiles, summed } = this.tiling;
    const quads = rows / 4 + 1;
    const quad = `weights[c * ${quads}u + sy * ${summed}u / 4u]`;
    const weight = (r: number) => (summed === 4 ? `w[${r}]` : `${quad}[(${this.rowOfSum(r)}) % 4u]`);
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
   * Stores this thread's part of the rows from `first` on: `element(tile, r)` is the vec4 of a wide tile and the r-th
   * row.
   */
  storeSum(rows: HeadRows, first: string, element: (tile: number, r: number) => string): string[] {
    const { wide, wideTiles, summed } = this.tiling;
    return range(summed).flatMap((r) => [
      `{ let t = ${first} + ${this.rowOfSum(r)};`,
      `if (t < ${this.#sizes.context}u) {`,
      ...range(wideTiles).flatMap((tile) => {
        const place = { t: "t", group: `(sx + ${tile * wide}u)`, expr: element(tile, r) };
        return storeGroup(this.io, this.#sizes, rows, place);
      }),
      "} }",
    ]);
  }

  /**
   * Reduces one f32 per thread and row over the threads of the row: `element(i)` is the thread's own value for its i-th row.
   * `finish` then runs in one thread a row, where `lane` is the row and `all` the result. Ends with a barrier.
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
