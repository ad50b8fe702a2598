// Products of few rows with a matrix on GPUs, as when a model generates: the matrix is read once, as fast as memory
// allows, and the invocations of a workgroup share k.
import { numel } from "@cambium/ir";
import { type Kernel, type KernelIo, spread } from "../../wgsl/kernel.js";
import { range } from "../range.js";
import { byFour, label, matrixStart, type Product } from "./product.js";
import { storeResult, type Target } from "./target.js";

/** Most rows: as many as fit a vec4. */
const maxRows = 4;
/** Invocations that share a column (b along k) or a four of columns, and the number of those in a workgroup. */
const sharing = 16;
const columnsOrFours = 8;

export function isFewRows({ m, k, a, b }: Product): boolean {
  return m <= maxRows && a.alongK && byFour(a, k) && byFour(b, k);
}

export function fewRowsKernel(product: Product, target: Target): Kernel {
  const { batch, n, b } = product;
  const columns = b.alongK ? columnsOrFours : 4 * columnsOrFours;
  const tiles = Math.ceil(n / columns);
  const { groups, linear } = spread(tiles * numel(batch));
  return {
    label: `${label(product)} by rows`,
    reads: [...new Set([product.a.value, b.value, ...target.reads])],
    writes: target.writes,
    workgroup: [sharing * columnsOrFours, 1, 1],
    groups,
    body: (io) => ({
      declarations: `var<workgroup> sums: array<vec4<f32>, ${sharing * columnsOrFours * (b.alongK ? 1 : product.m)}>;`,
      main: [
        `let tile = ${linear};`,
        `if (tile >= ${tiles * numel(batch)}u) { return; }`,
        `let matrix = tile / ${tiles}u;`,
        `let aStart = ${matrixStart(product.a, batch, "matrix", 4)};`,
        `let bStart = ${matrixStart(b, batch, "matrix", 4)};`,
        ...(b.alongK ? dots(io, product, target, tiles) : combinations(io, product, target, tiles)),
      ].join("\n"),
    }),
  };
}

/** b's columns lie along k: neighbouring invocations read neighbouring fours of one column. */
function dots(io: KernelIo, product: Product, target: Target, tiles: number): string[] {
  const { m, n, k, a, b } = product;
  const rows = range(m);
  return [
    `let share = lane % ${sharing}u;`,
    `let column = tile % ${tiles}u * ${columnsOrFours}u + lane / ${sharing}u;`,
    `let line = bStart + min(column, ${n - 1}u) * ${b.pitch / 4}u;`,
    "var sum = vec4<f32>();",
    `for (var k4 = share; k4 < ${k / 4}u; k4 += ${sharing}u) {`,
    `let w = ${io.load4(b.value, "line + k4")};`,
    ...rows.map((r) => `sum[${r}] += dot(w, ${io.load4(a.value, `aStart + k4 + ${(r * a.pitch) / 4}u`)});`),
    "}",
    "sums[lane] = sum;",
    ...halvings((by) => `sums[lane] += sums[lane + ${by}u];`),
    "if (share == 0u) {",
    "let total = sums[lane];",
    ...rows.map((r) =>
      storeResult(io, product, target, {
        matrix: "matrix",
        row: `${r}u`,
        column: "column",
        values: [`total[${r}]`],
        whole: n % columnsOrFours === 0,
      }),
    ),
    "}",
  ];
}

/** b's rows lie along n: neighbouring invocations read neighbouring fours of one row. */
function combinations(io: KernelIo, product: Product, target: Target, tiles: number): string[] {
  const { m, n, k, a, b } = product;
  const rows = range(m);
  const width = sharing * columnsOrFours;
  return [
    `let share = lane / ${columnsOrFours}u;`,
    `let column = (tile % ${tiles}u * ${columnsOrFours}u + lane % ${columnsOrFours}u) * 4u;`,
    `let line = bStart + min(column, ${n - 4}u) / 4u;`,
    ...rows.map((r) => `var sum${r} = vec4<f32>();`),
    `for (var k4 = share; k4 < ${k / 4}u; k4 += ${sharing}u) {`,
    ...rows.map((r) => `let x${r} = ${io.load4(a.value, `aStart + k4 + ${(r * a.pitch) / 4}u`)};`),
    ...range(4).flatMap((e) => [
      `let w${e} = ${io.load4(b.value, `line + (4u * k4 + ${e}u) * ${b.pitch / 4}u`)};`,
      ...rows.map((r) => `sum${r} = fma(vec4<f32>(x${r}[${e}]), w${e}, sum${r});`),
    ]),
    "}",
    ...rows.map((r) => `sums[${r * width}u + lane] = sum${r};`),
    ...halvings((by) =>
      rows.map((r) => `sums[${r * width}u + lane] += sums[${r * width + by * columnsOrFours}u + lane];`).join(" "),
    ),
    "if (share == 0u) {",
    ...rows.map((r) =>
      storeResult(io, product, target, {
        matrix: "matrix",
        row: `${r}u`,
        column: "column",
        values: `sums[${r * width}u + lane]`,
        whole: n % (4 * columnsOrFours) === 0,
      }),
    ),
    "}",
  ];
}

function halvings(add: (by: number) => string): string[] {
  const steps = ["workgroupBarrier();"];
  for (let by = sharing / 2; by >= 1; by /= 2) steps.push(`if (share < ${by}u) { ${add(by)} }`, "workgroupBarrier();");
  return steps;
}
