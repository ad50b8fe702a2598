// Products on GPUs: a workgroup computes a tile of the result from strips of both sides that it stages in workgroup
// memory, k outermost and rows (columns) by fours; an invocation holds a block of it in registers.
import { numel } from "@cambium/ir";
import { type Kernel, type KernelIo, spread } from "../../wgsl/kernel.js";
import { range } from "../range.js";
import { byFour, label, matrixStart, type Product, type Side } from "./product.js";
import { storeResult, storeWidth, type Target } from "./target.js";

export interface TileShape {
  /** Rows and columns of a workgroup's tile, multiples of `rows` and `columns`. */
  readonly tileRows: number;
  readonly tileColumns: number;
  /** Steps of k staged at once, a multiple of 4. */
  readonly depth: number;
  /** Rows and columns that one invocation holds, multiples of 4. */
  readonly rows: number;
  readonly columns: number;
}

export function tileInvocations({ tileRows, tileColumns, rows, columns }: TileShape): number {
  return (tileRows / rows) * (tileColumns / columns);
}

/** Fours from one step of k to the next in a strip: one is left empty, so that blocks of a column meet other banks. */
function stripPitch(lines: number): number {
  return lines / 4 + 1;
}

export function tileWorkgroupBytes({ tileRows, tileColumns, depth }: TileShape): number {
  return 16 * depth * (stripPitch(tileRows) + stripPitch(tileColumns));
}

/**
 * @param splits parts that k is cut into; with more than one, the target takes the partial sums: for each part as many
 *   matrices as the product has
 */
export function tileKernel(product: Product, shape: TileShape, target: Target, splits = 1): Kernel {
  const { batch, m, n, k, a, b } = product;
  const { tileRows, tileColumns, depth, rows, columns } = shape;
  const invocations = tileInvocations(shape);
  const [tilesM, tilesN] = [Math.ceil(m / tileRows), Math.ceil(n / tileColumns)];
  const matrices = numel(batch);
  const { groups, linear } = spread(tilesM * tilesN * matrices * splits);
  const part = Math.ceil(k / depth / splits) * depth;
  const [across, down] = [tileColumns / columns, tileRows / rows];
  const [pitchA, pitchB] = [stripPitch(tileRows), stripPitch(tileColumns)];
  return {
    label: label(product) + (splits > 1 ? ` in ${splits} parts` : ""),
    reads: [...new Set([a.value, b.value, ...target.reads])],
    writes: target.writes,
    workgroup: [invocations, 1, 1],
    groups,
    body: (io) => {
      const ragged = k % depth !== 0;
      const stageA = stage(io, "a", a, product, shape, tileRows, ragged);
      const stageB = stage(io, "b", b, product, shape, tileColumns, ragged);
      const blocksA = (tileRows / 4) * (depth / 4);
      const blocksB = (tileColumns / 4) * (depth / 4);
      const staging =
        blocksA + blocksB <= invocations
          ? [
              `if (lane < ${blocksA}u) {`,
              "let block = lane;",
              ...stageA,
              `} else if (lane < ${blocksA + blocksB}u) {`,
              `let block = lane - ${blocksA}u;`,
              ...stageB,
              "}",
            ]
          : [
              `for (var block = lane; block < ${blocksA}u; block += ${invocations}u) {`,
              ...stageA,
              `}\nfor (var block = lane; block < ${blocksB}u; block += ${invocations}u) {`,
              ...stageB,
              "}",
            ];
      const [fourRows, fourColumns] = [rows / 4, columns / 4];
      const rowOf = (g: number, i: number) => `firstRow + (down + ${g * down}u) * 4u + ${i}u`;
      const columnOf = (h: number) => `firstColumn + (across + ${h * across}u) * 4u`;
      const whole = m % tileRows === 0 && n % tileColumns === 0;
      const width = storeWidth(product, columns);
      const each = <T>(visit: (g: number, i: number, h: number) => T): T[] =>
        range(fourRows).flatMap((g) => range(4).flatMap((i) => range(fourColumns).map((h) => visit(g, i, h))));
      return {
        declarations: [
          `var<workgroup> stripA: array<vec4<f32>, ${depth * pitchA}>;`,
          `var<workgroup> stripB: array<vec4<f32>, ${depth * pitchB}>;`,
        ].join("\n"),
        main: [
          `let tile = ${linear};`,
          `if (tile >= ${tilesM * tilesN * matrices * splits}u) { return; }`,
          `let firstColumn = tile % ${tilesN}u * ${tileColumns}u;`,
          `let firstRow = tile / ${tilesN}u % ${tilesM}u * ${tileRows}u;`,
          `let matrix = tile / ${tilesN * tilesM}u % ${matrices}u;`,
          `let split = tile / ${tilesN * tilesM * matrices}u;`,
          `let aStart = ${matrixStart(a, batch, "matrix", byFour(a, k) ? 4 : 1)};`,
          `let bStart = ${matrixStart(b, batch, "matrix", byFour(b, k) ? 4 : 1)};`,
          `let across = lane % ${across}u;`,
          `let down = lane / ${across}u;`,
          ...each((g, i, h) => `var c${g}_${i}_${h} = vec4<f32>();`),
          `for (var k = split * ${part}u; k < min((split + 1u) * ${part}u, ${k}u); k += ${depth}u) {`,
          ...staging,
          "workgroupBarrier();",
          `for (var step = 0u; step < ${depth}u; step++) {`,
          ...range(fourRows).map((g) => `let a${g} = stripA[step * ${pitchA}u + down + ${g * down}u];`),
          ...range(fourColumns).map((h) => `let b${h} = stripB[step * ${pitchB}u + across + ${h * across}u];`),
          ...each((g, i, h) => `c${g}_${i}_${h} = fma(vec4<f32>(a${g}[${i}]), b${h}, c${g}_${i}_${h});`),
          "}",
          "workgroupBarrier();",
          "}",
          ...each((g, i, h) => {
            const place = {
              matrix: `(split * ${matrices}u + matrix)`,
              matrices: matrices * splits,
              row: rowOf(g, i),
              whole,
            };
            const name = `c${g}_${i}_${h}`;
            return width === 4
              ? storeResult(io, product, target, { ...place, column: columnOf(h), values: name })
              : range(4)
                  .map((e) =>
                    storeResult(io, product, target, {
                      ...place,
                      column: `${columnOf(h)} + ${e}u`,
                      values: [`${name}[${e}]`],
                    }),
                  )
                  .join("\n");
          }),
        ].join("\n"),
      };
    },
  };
}

/** Statements that stage 4×4 block number `block` of a side's strip: whole fours are written, so that no two race. */
function stage(
  io: KernelIo,
  name: string,
  side: Side,
  product: Product,
  { depth }: TileShape,
  lines: number,
  ragged: boolean,
): string[] {
  const { value, size, alongK, pitch } = side;
  const fours = byFour(side, product.k);
  const first = name === "a" ? "firstRow" : "firstColumn";
  const strip = name === "a" ? "stripA" : "stripB";
  const [inK, inLines] = alongK
    ? [`block % ${depth / 4}u`, `block / ${depth / 4}u`]
    : [`block / ${lines / 4}u`, `block % ${lines / 4}u`];
  const known = (step: string, expr: string, zero: string) =>
    ragged ? `select(${zero}, ${expr}, ${step} < ${product.k}u)` : expr;
  const write = (e: number, expr: string) =>
    `${strip}[(4u * inK + ${e}u) * ${stripPitch(lines)}u + inLines] = ${expr};`;
  const head = [
    `let inK = ${inK};`,
    `let inLines = ${inLines};`,
    "let at = k + 4u * inK;",
    `let line = ${first} + 4u * inLines;`,
  ];
  const zero4 = "vec4<f32>()";
  if (fours && alongK) {
    return [
      ...head,
      ...range(4).map((i) => {
        const index = `${name}Start + min(line + ${i}u, ${size - 1}u) * ${pitch / 4}u + at / 4u`;
        return `let f${i} = ${known("at", io.load4(value, index), zero4)};`;
      }),
      ...range(4).map((e) => write(e, `vec4<f32>(f0[${e}], f1[${e}], f2[${e}], f3[${e}])`)),
    ];
  }
  if (fours) {
    return [
      ...head,
      `let four = ${name}Start + min(line, ${size - 4}u) / 4u;`,
      ...range(4).map((e) =>
        write(e, known(`at + ${e}u`, io.load4(value, `four + (at + ${e}u) * ${pitch / 4}u`), zero4)),
      ),
    ];
  }
  return [
    ...head,
    ...range(4).map((e) => {
      const each = range(4).map((i) => {
        const at = `min(line + ${i}u, ${size - 1}u)`;
        const index = alongK ? `${at} * ${pitch}u + at + ${e}u` : `(at + ${e}u) * ${pitch}u + ${at}`;
        return io.load(value, `${name}Start + ${index}`);
      });
      return write(e, known(`at + ${e}u`, `vec4<f32>(${each.join(", ")})`, zero4));
    }),
  ];
}
