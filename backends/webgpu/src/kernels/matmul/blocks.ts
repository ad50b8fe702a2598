// Products on software adapters: every invocation holds a block of results in registers, and nothing is shared through
// workgroup memory. On SwiftShader four invocations are the lanes of one SIMD register, and each read of memory costs
// about as much as twenty multiply-adds whatever its addresses: it fetches one lane after the other. So the lanes of a
// quad read different rows and different columns, and hand one side's around with quad swaps, which cost one shuffle:
// 8 reads feed 64 multiply-adds per step of k where separate lanes would need 20.
import { numel } from "@cambium/ir";
import { type Kernel, type KernelIo, spread } from "../../wgsl/kernel.js";
import { range } from "../range.js";
import { byFour, label, matrixStart, type Product, type Side } from "./product.js";
import { storeResult, storeWidth, type Target } from "./target.js";

export interface BlockShape {
  /** Lanes of a quad work on one block of 4·rows × 4·columns; else each has a block of its own. */
  readonly quad: boolean;
  /** Rows and columns that an invocation reads for each k. */
  readonly rows: number;
  readonly columns: number;
  /** Steps of k that a turn of the loop takes: what is carried from turn to turn is written once for all of them. */
  readonly depth: number;
}

const swaps = ["", "quadSwapX", "quadSwapY", "quadSwapDiagonal"];

export function blockKernel(product: Product, shape: BlockShape, target: Target): Kernel {
  const { batch, m, n, k, a, b } = product;
  const { quad, rows, columns, depth } = shape;
  const lanes = quad ? 4 : 1;
  const [tilesM, tilesN] = [Math.ceil(m / (rows * lanes)), Math.ceil(n / (columns * lanes))];
  const tiles = tilesM * tilesN * numel(batch);
  const invocations = 4;
  const { groups, linear } = spread(quad ? tiles : Math.ceil(tiles / invocations));
  return {
    label: label(product),
    reads: [...new Set([a.value, b.value, ...target.reads])],
    writes: target.writes,
    workgroup: [invocations, 1, 1],
    groups,
    ...(quad && { enables: ["subgroups"] }),
    body: (io) => {
      // Sizes are numbers, not text: products of all sizes share the kernels, which take long to build.
      const count = (value: number) => io.number(value);
      const left = reader(io, "a", a, product, rows, lanes);
      const right = reader(io, "b", b, product, columns, lanes);
      const swapA = rows <= columns;
      const accumulators = range(lanes).flatMap((x) =>
        range(rows).flatMap((i) => range(columns).map((j) => `c${x}_${i}_${j}`)),
      );
      /** Reads of `steps` steps from `first` on (a multiple of 4 when steps are), swaps, and their products. */
      const turn = (first: string, steps: number) => [
        ...left.read(first, steps),
        ...right.read(first, steps),
        products(shape, steps),
      ];
      const whole = Math.floor(k / depth) * depth;
      const [downN, acrossN] = [count(tilesM), count(tilesN)];
      return {
        main: [
          `let tile = ${quad ? linear : `${linear} * ${invocations}u + lane`};`,
          `if (tile >= ${count(tiles)}) { return; }`,
          ...(quad ? ["let q0 = lane;", ...[1, 2, 3].map((x) => `let q${x} = ${swaps[x]}(q0);`)] : ["let q0 = 0u;"]),
          `let firstRow = tile / ${acrossN} % ${downN} * ${rows * lanes}u;`,
          `let firstColumn = tile % ${acrossN} * ${columns * lanes}u;`,
          `let matrix = tile / (${acrossN} * ${downN});`,
          ...left.prepare("firstRow"),
          ...right.prepare("firstColumn"),
          ...accumulators.map((name) => `var ${name} = 0f;`),
          ...(whole > 0 ? [`for (var k = 0u; k < ${count(whole)}; k += ${depth}u) {`, ...turn("k", depth), "}"] : []),
          ...(whole < k ? turn(count(whole), k - whole) : []),
          ...stores(io, product, shape, target, swapA),
        ].join("\n"),
      };
    },
  };
}

const knownProducts = new Map<string, string>();

/** What follows the reads of `steps` steps of k: swaps, and every product added to its sum. Written once for all kernels. */
function products({ quad, rows, columns }: BlockShape, steps: number): string {
  const key = [quad, rows, columns, steps].join();
  const known = knownProducts.get(key);
  if (known !== undefined) return known;
  const lanes = quad ? 4 : 1;
  const swapA = rows <= columns;
  const [side, count] = swapA ? ["a", rows] : ["b", columns];
  const text = [
    ...range(steps).flatMap((u) =>
      range(lanes - 1).flatMap((s) =>
        range(count).map((i) => `let ${side}${u}_${i}_${s + 1} = ${swaps[s + 1]}(${side}${u}_${i}_0);`),
      ),
    ),
    ...range(lanes).flatMap((x) =>
      range(rows).flatMap((i) =>
        range(columns).map((j) => {
          const sum = range(steps).reduce(
            (before, u) => `(${before} + a${u}_${i}_${swapA ? x : 0} * b${u}_${j}_${swapA ? 0 : x})`,
            `c${x}_${i}_${j}`,
          );
          return `c${x}_${i}_${j} = ${sum};`;
        }),
      ),
    ),
  ].join("\n");
  knownProducts.set(key, text);
  return text;
}

/** Line `i` of what a lane holds, relative to the block's first: fours of neighbours, a four to each lane in turn. */
function lineOf(i: number, count: number, lanes: number, lane: string): string {
  if (lanes === 1) return `${i}u`;
  const four = Math.min(4, count);
  const fixed = Math.floor(i / four) * four * lanes + (i % four);
  return fixed === 0 ? `${four}u * ${lane}` : `${four}u * ${lane} + ${fixed}u`;
}

/** How a side is read: `prepare` before the loop, then per turn the names `side``step`_`line`_0. */
function reader(io: KernelIo, name: string, side: Side, product: Product, count: number, lanes: number) {
  const { value, size, alongK, pitch } = side;
  const covered = size % (count * lanes) === 0;
  const fours = byFour(side, product.k) && (alongK || count % 4 === 0);
  const unit = fours ? 4 : 1;
  const start = matrixStart(side, product.batch, "matrix", unit, io.number);
  const pitchN = io.number(pitch / unit);
  const lastN = covered ? "" : io.number(!alongK && fours ? size - 4 : size - 1);
  /** Lines are read beyond the matrix's edge as its last ones: what comes of them is not stored. */
  const clamp = (line: string) => (covered ? line : `min(${line}, ${lastN})`);
  const prepare = (first: string): string[] => {
    const base = [`let ${name}Start = ${start};`];
    if (!alongK && fours) {
      return [
        ...base,
        ...range(count / 4).map(
          (g) =>
            `let ${name}Line${g} = ${name}Start + (${clamp(`${first} + ${lineOf(4 * g, count, lanes, "q0")}`)}) / 4u;`,
        ),
      ];
    }
    return [
      ...base,
      ...range(count).map((i) => {
        const line = clamp(`${first} + ${lineOf(i, count, lanes, "q0")}`);
        return `let ${name}Line${i} = ${name}Start + ${alongK ? `(${line}) * ${pitchN}` : line};`;
      }),
    ];
  };
  const read = (first: string, steps: number): string[] => {
    if (fours && alongK) {
      return range(count).flatMap((i) =>
        range(steps / 4).flatMap((v) => [
          `let ${name}Four${i}_${v} = ${io.load4(value, `${name}Line${i} + ${first} / 4u${v === 0 ? "" : ` + ${v}u`}`)};`,
          ...range(4).map((e) => `let ${name}${4 * v + e}_${i}_0 = ${name}Four${i}_${v}[${e}];`),
        ]),
      );
    }
    return range(steps).flatMap((u) => {
      const step = u === 0 ? first : `(${first} + ${u}u)`;
      if (fours) {
        return range(count / 4).flatMap((g) => [
          `let ${name}Four${u}_${g} = ${io.load4(value, `${name}Line${g} + ${step} * ${pitchN}`)};`,
          ...range(4).map((e) => `let ${name}${u}_${4 * g + e}_0 = ${name}Four${u}_${g}[${e}];`),
        ]);
      }
      return range(count).map(
        (i) =>
          `let ${name}${u}_${i}_0 = ${io.load(value, `${name}Line${i} + ${alongK ? step : `${step} * ${pitchN}`}`)};`,
      );
    });
  };
  return { prepare, read };
}

/**
 * Stores in a loop: what happens to a result (its place, elementwise work fused onto it, the store) is written once, for
 * a software adapter takes longer to build sixteen copies of that than to run through them.
 */
function stores(
  io: KernelIo,
  product: Product,
  { quad, rows, columns }: BlockShape,
  target: Target,
  swapA: boolean,
): string[] {
  const lanes = quad ? 4 : 1;
  const width = storeWidth(product, columns);
  const groups = columns / width;
  const count = lanes * rows * groups;
  const whole = product.m % (rows * lanes) === 0 && product.n % (columns * lanes) === 0;
  const sizes = { m: io.number(product.m), n: io.number(product.n), line: io.number(product.n / width) };
  const sums = range(lanes).flatMap((x) =>
    range(rows).flatMap((i) =>
      range(groups).map((g) => {
        const values = range(width).map((e) => `c${x}_${i}_${width * g + e}`);
        return width === 4 ? `vec4f(${values.join(", ")})` : (values[0] as string);
      }),
    ),
  );
  const part = quad ? `q[s / ${rows * groups}u]` : "0u";
  const [row, column] = [`s / ${groups}u % ${rows}u`, `s % ${groups}u * ${width}u`];
  return [
    ...(quad ? ["var q = array<u32, 4>(q0, q1, q2, q3);"] : []),
    `var sums = array<${width === 4 ? "vec4f" : "f32"}, ${count}>(${sums.join(", ")});`,
    `for (var s = 0u; s < ${count}u; s++) {`,
    storeResult(io, product, target, {
      matrix: "matrix",
      row: `firstRow + ${lineAt(row, rows, lanes, swapA ? part : "q0")}`,
      column: `firstColumn + ${lineAt(column, columns, lanes, swapA ? "q0" : part)}`,
      values: width === 4 ? "sums[s]" : ["sums[s]"],
      whole,
      sizes,
    }),
    "}",
  ];
}

/** `lineOf` where `i` is an expression. */
function lineAt(i: string, count: number, lanes: number, lane: string): string {
  if (lanes === 1) return i;
  const four = Math.min(4, count);
  const within = count > four ? `(${i}) / ${four}u * ${four * lanes}u + (${i}) % ${four}u` : i;
  return `${four}u * ${lane} + ${within}`;
}
