// RMS norm on GPUs: a workgroup per row, or per block of rows, where each thread holds a few of the columns in
// registers.
import type { Node, Value } from "@cambium/ir";
import type { LowerContext } from "../../lower/lowering.js";
import { type Kernel, spread } from "../../wgsl/kernel.js";
import { groupReduction } from "../group-reduction.js";
import { Columns } from "./columns.js";
import { access, backwardOf, forwardOf, inverse } from "./node.js";

export function forwardPerGroup(node: Node, { traits, emit }: LowerContext): void {
  const { x, weight, y, inverseRms, sizes, eps } = forwardOf(node);
  const { rows, hidden } = sizes;
  const columns = new Columns(sizes, traits);
  const { groups, linear } = spread(rows);
  const reduction = groupReduction(columns.threads, traits);
  emit({
    label: `rmsNorm ${rows}×${hidden}`,
    reads: [x, weight],
    writes: [y, inverseRms],
    workgroup: [columns.threads, 1, 1],
    groups,
    enables: reduction.enables,
    body: (io) => {
      const { type, load, store, sum } = access(io, sizes);
      const main = [
        `let row = ${linear};`,
        `if (row >= ${rows}u) { return; }`,
        `let at = row * ${sizes.columns}u;`,
        `var squares = ${type}();`,
        ...columns.each((i, column, guard) => [
          `var x${i} = ${type}();`,
          `${guard} { x${i} = ${load(x, `at + ${column}`)}; }`,
          `squares += x${i} * x${i};`,
        ]),
        ...reduction.statements(sum("squares")),
        `let inverse = ${inverse(reduction.result, sizes, eps)};`,
        `if (lane == 0u) { ${io.store(inverseRms, "row", "inverse")} }`,
        ...columns.each((i, column, guard) => [
          `${guard} { ${store(y, `at + ${column}`, `x${i} * inverse * ${load(weight, column)}`)} }`,
        ]),
      ];
      return { declarations: reduction.declarations, main: main.join("\n") };
    },
  });
}

/** Most blocks of rows whose shares of the weight's gradient are summed separately. */
const mostBlocks = 256;

export function backwardPerGroup(node: Node, context: LowerContext): void {
  const { rows, hidden } = backwardOf(node).sizes;
  const rowsPerBlock = Math.ceil(rows / mostBlocks);
  const blocks = Math.ceil(rows / rowsPerBlock);
  const partial = context.temp({ dtype: "f32", shape: [blocks, hidden] });
  context.emit(gradKernel(node, context, partial, { rowsPerBlock, blocks }));
  context.emit(weightGradKernel(node, partial, blocks));
}

/** The gradient of x, and in `partial` [blocks, hidden] each block's share of the weight's. */
function gradKernel(
  node: Node,
  { traits }: LowerContext,
  partial: Value,
  { rowsPerBlock, blocks }: { readonly rowsPerBlock: number; readonly blocks: number },
): Kernel {
  const { x, weight, inverseRms, grad, xGrad, sizes } = backwardOf(node);
  const { rows, hidden } = sizes;
  const columns = new Columns(sizes, traits);
  const reduction = groupReduction(columns.threads, traits);
  return {
    label: `rmsNorm gradient ${rows}×${hidden}`,
    reads: [x, weight, inverseRms, grad],
    writes: [xGrad, partial],
    workgroup: [columns.threads, 1, 1],
    groups: [blocks, 1, 1],
    enables: reduction.enables,
    body: (io) => {
      const { type, load, store, sum } = access(io, sizes);
      const main = [
        ...columns.each((i, column, guard) => [
          `var w${i} = ${type}(); var total${i} = ${type}();`,
          `${guard} { w${i} = ${load(weight, column)}; }`,
        ]),
        `for (var row = wid.x * ${rowsPerBlock}u; row < min((wid.x + 1u) * ${rowsPerBlock}u, ${rows}u); row++) {`,
        `let at = row * ${sizes.columns}u;`,
        `let inverse = ${io.load(inverseRms, "row")};`,
        `var products = ${type}();`,
        ...columns.each((i, column, guard) => [
          `var n${i} = ${type}(); var g${i} = ${type}();`,
          `${guard} { n${i} = inverse * ${load(x, `at + ${column}`)}; g${i} = ${load(grad, `at + ${column}`)}; }`,
          `products += g${i} * w${i} * n${i};`,
          `total${i} += g${i} * n${i};`,
        ]),
        ...reduction.statements(sum("products")),
        `let mean = ${reduction.result} / ${hidden}f;`,
        ...columns.each((i, column, guard) => [
          `${guard} { ${store(xGrad, `at + ${column}`, `(g${i} * w${i} - n${i} * mean) * inverse`)} }`,
        ]),
        "}",
        ...columns.each((i, column, guard) => [
          `${guard} { ${store(partial, `wid.x * ${sizes.columns}u + ${column}`, `total${i}`)} }`,
        ]),
      ];
      return { declarations: reduction.declarations, main: main.join("\n") };
    },
  };
}

/** Adds up the blocks' shares, always in the same order. */
function weightGradKernel(node: Node, partial: Value, blocks: number): Kernel {
  const { weightGrad, sizes } = backwardOf(node);
  const { hidden } = sizes;
  const { groups, linear } = spread(Math.ceil(hidden / 64));
  return {
    label: `rmsNorm weight gradient ${blocks}×${hidden}`,
    reads: [partial],
    writes: [weightGrad],
    workgroup: [64, 1, 1],
    groups,
    body: (io) => ({
      main: [
        `let c = ${linear} * 64u + lane;`,
        `if (c >= ${hidden}u) { return; }`,
        "var total = 0f;",
        `for (var block = 0u; block < ${blocks}u; block++) { total += ${io.load(partial, `block * ${hidden}u + c`)}; }`,
        io.store(weightGrad, "c", "total"),
      ].join("\n"),
    }),
  };
}
