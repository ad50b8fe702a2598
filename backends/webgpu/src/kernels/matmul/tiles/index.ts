// Products on GPUs: a workgroup computes a tile of the result from strips of both sides that it stages in workgroup
// memory; an invocation holds a block of the tile in registers.
import { numel } from "@cambium/ir";
import { type Kernel, type KernelIo, spread } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";
import { byFour, label, matrixStart, type Product } from "../product.js";
import { storeResult, storeWidth, type Target } from "../target.js";
import { stripPitch, type TileShape, tileInvocations } from "./shape.js";
import { staging } from "./stage.js";

/** A product cut into tiles, and k into `splits` parts. */
interface Job {
  readonly product: Product;
  readonly shape: TileShape;
  readonly target: Target;
  readonly splits: number;
  readonly matrices: number;
  /** Tiles along rows and columns. */
  readonly tilesM: number;
  readonly tilesN: number;
  /** Invocations along a tile's rows and columns. */
  readonly down: number;
  readonly across: number;
}

/**
 * @param splits parts that k is cut into; with more than one, the target takes the partial sums: for each part as many
 *   matrices as the product has
 */
export function tileKernel(product: Product, shape: TileShape, target: Target, splits = 1): Kernel {
  const { m, n, a, b } = product;
  const { tileRows, tileColumns, rows, columns, depth } = shape;
  const job: Job = {
    ...{ product, shape, target, splits, matrices: numel(product.batch) },
    ...{ tilesM: Math.ceil(m / tileRows), tilesN: Math.ceil(n / tileColumns) },
    ...{ down: tileRows / rows, across: tileColumns / columns },
  };
  const { groups, linear } = spread(job.tilesM * job.tilesN * job.matrices * splits);
  return {
    label: label(product) + (splits > 1 ? ` in ${splits} parts` : ""),
    reads: [...new Set([a.value, b.value, ...target.reads])],
    writes: target.writes,
    workgroup: [tileInvocations(shape), 1, 1],
    groups,
    body: (io) => ({
      declarations: [
        `var<workgroup> stripA: array<vec4<f32>, ${depth * stripPitch(tileRows)}>;`,
        `var<workgroup> stripB: array<vec4<f32>, ${depth * stripPitch(tileColumns)}>;`,
      ].join("\n"),
      main: [...header(job, linear), ...loop(io, job), ...stores(io, job)].join("\n"),
    }),
  };
}

/** Which tile this is, where its matrices begin, and the invocation's place in it. */
function header({ product, shape, splits, matrices, tilesM, tilesN, across }: Job, linear: string): string[] {
  const { batch, a, b, k } = product;
  return [
    `let tile = ${linear};`,
    `if (tile >= ${tilesM * tilesN * matrices * splits}u) { return; }`,
    `let firstColumn = tile % ${tilesN}u * ${shape.tileColumns}u;`,
    `let firstRow = tile / ${tilesN}u % ${tilesM}u * ${shape.tileRows}u;`,
    `let matrix = tile / ${tilesN * tilesM}u % ${matrices}u;`,
    `let split = tile / ${tilesN * tilesM * matrices}u;`,
    `let aStart = ${matrixStart(a, batch, "matrix", byFour(a, k) ? 4 : 1)};`,
    `let bStart = ${matrixStart(b, batch, "matrix", byFour(b, k) ? 4 : 1)};`,
    `let across = lane % ${across}u;`,
    `let down = lane / ${across}u;`,
  ];
}

/** Sums `c`g_i_h, a vec4 each, over the part of k. */
function loop(io: KernelIo, job: Job): string[] {
  const { product, shape, splits, down, across } = job;
  const { tileRows, tileColumns, depth, rows, columns } = shape;
  const { k } = product;
  const part = Math.ceil(k / depth / splits) * depth;
  const [pitchA, pitchB] = [stripPitch(tileRows), stripPitch(tileColumns)];
  return [
    ...eachFour(shape, (g, i, h) => `var c${g}_${i}_${h} = vec4<f32>();`),
    `for (var k = split * ${part}u; k < min((split + 1u) * ${part}u, ${k}u); k += ${depth}u) {`,
    ...staging(io, product, shape),
    "workgroupBarrier();",
    `for (var step = 0u; step < ${depth}u; step++) {`,
    ...range(rows / 4).map((g) => `let a${g} = stripA[step * ${pitchA}u + down + ${g * down}u];`),
    ...range(columns / 4).map((h) => `let b${h} = stripB[step * ${pitchB}u + across + ${h * across}u];`),
    ...eachFour(shape, (g, i, h) => `c${g}_${i}_${h} = fma(vec4<f32>(a${g}[${i}]), b${h}, c${g}_${i}_${h});`),
    "}",
    "workgroupBarrier();",
    "}",
  ];
}

function stores(io: KernelIo, { product, shape, target, splits, matrices, down, across }: Job): string[] {
  const { tileRows, tileColumns, columns } = shape;
  const whole = product.m % tileRows === 0 && product.n % tileColumns === 0;
  const width = storeWidth(product, columns);
  return eachFour(shape, (g, i, h) => {
    const name = `c${g}_${i}_${h}`;
    const column = `firstColumn + (across + ${h * across}u) * 4u`;
    const place = {
      matrix: `(split * ${matrices}u + matrix)`,
      matrices: matrices * splits,
      row: `firstRow + (down + ${g * down}u) * 4u + ${i}u`,
      whole,
    };
    if (width === 4) return storeResult(io, product, target, { ...place, column, values: name });
    return range(4)
      .map((e) => {
        const result = { ...place, column: `${column} + ${e}u`, values: [`${name}[${e}]`] };
        return storeResult(io, product, target, result);
      })
      .join("\n");
  });
}

/** For each vec4 that an invocation holds: row i of the g-th four of rows, the h-th four of columns. */
function eachFour({ rows, columns }: TileShape, visit: (g: number, i: number, h: number) => string): string[] {
  return range(rows / 4).flatMap((g) => range(4).flatMap((i) => range(columns / 4).map((h) => visit(g, i, h))));
}
