// Products on software adapters: every invocation holds a block of results in registers, and nothing is shared through
// workgroup memory. On SwiftShader four invocations are the lanes of one SIMD register, and each read of memory costs
// about as much as twenty multiply-adds whatever its addresses: it fetches one lane after the other. So the lanes of a
// quad read different rows and different columns, and pass one side's values around with quad swaps, which cost one
// shuffle each: 8 reads feed 64 multiply-adds per step of k where separate lanes would need 20.
import { numel } from "@cambium/ir";
import { type Kernel, type KernelIo, spread } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";
import { label, type Product } from "../product.js";
import { storeResult, storeWidth, type Target } from "../target.js";
import { multiply, sumNames } from "./multiply.js";
import { LineReader } from "./read.js";
import { type BlockShape, lanesOf, lineAt, swaps, swapsA } from "./shape.js";

/** Invocations of a workgroup: the lanes of one SIMD register. */
const invocations = 4;

export function blockKernel(product: Product, shape: BlockShape, target: Target): Kernel {
  const { batch, m, n, k, a, b } = product;
  const { quad, rows, columns, depth } = shape;
  const lanes = lanesOf(shape);
  const [tilesM, tilesN] = [Math.ceil(m / (rows * lanes)), Math.ceil(n / (columns * lanes))];
  const tiles = tilesM * tilesN * numel(batch);
  const { groups, linear } = spread(quad ? tiles : Math.ceil(tiles / invocations));
  return {
    label: label(product),
    reads: [...new Set([a.value, b.value, ...target.reads])],
    writes: target.writes,
    workgroup: [invocations, 1, 1],
    groups,
    ...(quad && { enables: ["subgroups"] }),
    body: (io) => {
      // Sizes are numbers, not text: products of all sizes share these kernels, which take long to build.
      const left = new LineReader(io, "a", product, rows, lanes);
      const right = new LineReader(io, "b", product, columns, lanes);
      const turn = (first: string, steps: number) => [
        ...left.read(first, steps),
        ...right.read(first, steps),
        multiply(shape, steps),
      ];
      const whole = Math.floor(k / depth) * depth;
      const [downN, acrossN] = [io.number(tilesM), io.number(tilesN)];
      const main = [
        `let tile = ${quad ? linear : `${linear} * ${invocations}u + lane`};`,
        `if (tile >= ${io.number(tiles)}) { return; }`,
        ...(quad ? ["let q0 = lane;", ...[1, 2, 3].map((x) => `let q${x} = ${swaps[x]}(q0);`)] : ["let q0 = 0u;"]),
        `let firstRow = tile / ${acrossN} % ${downN} * ${rows * lanes}u;`,
        `let firstColumn = tile % ${acrossN} * ${columns * lanes}u;`,
        `let matrix = tile / (${acrossN} * ${downN});`,
        ...left.prepare("firstRow"),
        ...right.prepare("firstColumn"),
        ...sumNames(shape).map(({ name }) => `var ${name} = 0f;`),
        ...(whole > 0 ? [`for (var k = 0u; k < ${io.number(whole)}; k += ${depth}u) {`, ...turn("k", depth), "}"] : []),
        ...(whole < k ? turn(io.number(whole), k - whole) : []),
        ...stores(io, product, shape, target),
      ];
      return { main: main.join("\n") };
    },
  };
}

/**
 * Stores in a loop: the code for a result (its place, the elementwise work fused onto it, the store) is written once,
 * because a software adapter takes longer to build sixteen copies of it than to run the loop.
 */
function stores(io: KernelIo, product: Product, shape: BlockShape, target: Target): string[] {
  const { quad, rows, columns } = shape;
  const lanes = lanesOf(shape);
  const width = storeWidth(product, columns);
  const groups = columns / width;
  const count = lanes * rows * groups;
  const whole = product.m % (rows * lanes) === 0 && product.n % (columns * lanes) === 0;
  const sizes = { m: io.number(product.m), n: io.number(product.n), line: io.number(product.n / width) };
  const part = quad ? `q[s / ${rows * groups}u]` : "0u";
  const [rowLane, columnLane] = swapsA(shape) ? [part, "q0"] : ["q0", part];
  const [row, column] = [`s / ${groups}u % ${rows}u`, `s % ${groups}u * ${width}u`];
  return [
    ...(quad ? ["var q = array<u32, 4>(q0, q1, q2, q3);"] : []),
    `var sums = array<${width === 4 ? "vec4f" : "f32"}, ${count}>(${sumsBy(width, shape).join(", ")});`,
    `for (var s = 0u; s < ${count}u; s++) {`,
    storeResult(io, product, target, {
      matrix: "matrix",
      row: `firstRow + ${lineAt(row, rows, lanes, rowLane)}`,
      column: `firstColumn + ${lineAt(column, columns, lanes, columnLane)}`,
      values: width === 4 ? "sums[s]" : ["sums[s]"],
      whole,
      sizes,
    }),
    "}",
  ];
}

/** The sums, alone or joined with their neighbours of a row to fours. */
function sumsBy(width: 1 | 4, shape: BlockShape): string[] {
  const names = sumNames(shape).map(({ name }) => name);
  if (width === 1) return names;
  return range(names.length / 4).map((g) => `vec4f(${names.slice(4 * g, 4 * g + 4).join(", ")})`);
}
