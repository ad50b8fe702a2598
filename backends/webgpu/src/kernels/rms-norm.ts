// RMS norm and its gradient. GPUs: a workgroup per row (or block of rows), each thread a few of its columns in registers.
// Software adapters: an invocation per row; a load costs the same for any four addresses, and rows need no sum across lanes.
import { type Node, numel, type Value } from "@cambium/ir";
import type { KernelLowering, LowerContext } from "../lower/lowering.js";
import { type KernelIo, spread } from "../wgsl/kernel.js";
import { groupReduction } from "./group-reduction.js";

export const rmsNorm: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => (context.traits.kind === "cpu" ? forwardPerRow : forwardPerGroup)(node, context),
};

export const rmsNormGrad: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => (context.traits.kind === "cpu" ? backwardPerRow : backwardPerGroup)(node, context),
};

interface Sizes {
  readonly rows: number;
  readonly hidden: number;
  /** Elements that are read together, 4 or 1; and how many such there are in a row. */
  readonly width: 4 | 1;
  readonly columns: number;
}

function sizesOf(node: Node): Sizes {
  const { shape } = (node.inputs[0] as Value).type;
  const hidden = shape.at(-1) as number;
  const width = hidden % 4 === 0 ? 4 : 1;
  return { rows: numel(shape) / hidden, hidden, width, columns: hidden / width };
}

/** Loads, stores and sums of `width` elements. */
function access(io: KernelIo, { width }: Sizes) {
  return width === 4
    ? { type: "vec4f", load: io.load4, store: io.store4, sum: (x: string) => `dot(${x}, vec4f(1f))` }
    : { type: "f32", load: io.load, store: io.store, sum: (x: string) => x };
}

function inverse(sum: string, { hidden }: Sizes, node: Node): string {
  return `inverseSqrt(${sum} / ${hidden}f + f32(${node.attrs["eps"]}))`;
}

/** Rows of a workgroup on software adapters: enough workgroups for all cores, few enough to be cheap. */
const rowsPerGroup = 16;

function forwardPerRow(node: Node, { emit }: LowerContext): void {
  const [x, weight] = node.inputs as [Value, Value];
  const [y, inverseRms] = node.outputs as [Value, Value];
  const sizes = sizesOf(node);
  const { rows, hidden, columns } = sizes;
  const { groups, linear } = spread(Math.ceil(rows / rowsPerGroup));
  emit({
    label: `rmsNorm ${rows}×${hidden}`,
    reads: [x, weight],
    writes: [y, inverseRms],
    workgroup: [rowsPerGroup, 1, 1],
    groups,
    body: (io) => {
      const { type, load, store, sum } = access(io, sizes);
      return {
        main: [
          `let row = ${linear} * ${rowsPerGroup}u + lane;`,
          `if (row >= ${rows}u) { return; }`,
          `let at = row * ${columns}u;`,
          `var squares = ${type}();`,
          `for (var c = 0u; c < ${columns}u; c++) { let x = ${load(x, "at + c")}; squares += x * x; }`,
          `let inverse = ${inverse(sum("squares"), sizes, node)};`,
          io.store(inverseRms, "row", "inverse"),
          `for (var c = 0u; c < ${columns}u; c++) {`,
          store(y, "at + c", `${load(x, "at + c")} * inverse * ${load(weight, "c")}`),
          "}",
        ].join("\n"),
      };
    },
  });
}

function backwardPerRow(node: Node, { emit }: LowerContext): void {
  const [x, weight, inverseRms, grad] = node.inputs as [Value, Value, Value, Value];
  const [xGrad, weightGrad] = node.outputs as [Value, Value];
  const sizes = sizesOf(node);
  const { rows, hidden, columns } = sizes;
  const { groups, linear } = spread(Math.ceil(rows / rowsPerGroup));
  emit({
    label: `rmsNorm gradient ${rows}×${hidden}`,
    reads: [x, weight, inverseRms, grad],
    writes: [xGrad],
    workgroup: [rowsPerGroup, 1, 1],
    groups,
    body: (io) => {
      const { type, load, store, sum } = access(io, sizes);
      const scaled = `${load(grad, "at + c")} * ${load(weight, "c")}`;
      return {
        main: [
          `let row = ${linear} * ${rowsPerGroup}u + lane;`,
          `if (row >= ${rows}u) { return; }`,
          `let at = row * ${columns}u;`,
          `let inverse = ${io.load(inverseRms, "row")};`,
          `var products = ${type}();`,
          `for (var c = 0u; c < ${columns}u; c++) { products += ${scaled} * ${load(x, "at + c")}; }`,
          `let mean = ${sum("products")} * inverse / ${hidden}f;`,
          `for (var c = 0u; c < ${columns}u; c++) {`,
          store(xGrad, "at + c", `(${scaled} - ${load(x, "at + c")} * inverse * mean) * inverse`),
          "}",
        ].join("\n"),
      };
    },
  });
  const columnGroups = spread(Math.ceil(hidden / 4));
  emit({
    label: `rmsNorm weight gradient ${rows}×${hidden}`,
    reads: [x, inverseRms, grad],
    writes: [weightGrad],
    workgroup: [4, 1, 1],
    groups: columnGroups.groups,
    body: (io) => ({
      main: [
        `let c = ${columnGroups.linear} * 4u + lane;`,
        `if (c >= ${hidden}u) { return; }`,
        // Sums of stretches, then theirs: errors grow with the length of a chain of additions.
        "var total = 0f;",
        `for (var first = 0u; first < ${rows}u; first += 64u) {`,
        "var part = 0f;",
        `for (var row = first; row < min(first + 64u, ${rows}u); row++) {`,
        `let at = row * ${hidden}u + c;`,
        `part += ${io.load(grad, "at")} * ${io.load(x, "at")} * ${io.load(inverseRms, "row")};`,
        "}",
        "total += part;",
        "}",
        io.store(weightGrad, "c", "total"),
      ].join("\n"),
    }),
  });
}

/** Threads of a workgroup that share a row, and the columns of each: `lane`, `lane` + threads, … */
function sharing({ columns }: Sizes, { traits }: LowerContext) {
  const threads = Math.min(256, traits.maxInvocations, 2 ** Math.ceil(Math.log2(Math.max(columns, 32))));
  const own = Array.from({ length: Math.ceil(columns / threads) }, (_, i) => i);
  const guard = (i: number) => (i * threads + threads <= columns ? "" : `if (lane + ${i * threads}u < ${columns}u)`);
  return { threads, own, guard, column: (i: number) => (i === 0 ? "lane" : `(lane + ${i * threads}u)`) };
}

function forwardPerGroup(node: Node, context: LowerContext): void {
  const [x, weight] = node.inputs as [Value, Value];
  const [y, inverseRms] = node.outputs as [Value, Value];
  const sizes = sizesOf(node);
  const { rows, hidden, columns } = sizes;
  const { threads, own, guard, column } = sharing(sizes, context);
  const { groups, linear } = spread(rows);
  const reduction = groupReduction(threads, context.traits);
  context.emit({
    label: `rmsNorm ${rows}×${hidden}`,
    reads: [x, weight],
    writes: [y, inverseRms],
    workgroup: [threads, 1, 1],
    groups,
    enables: reduction.enables,
    body: (io) => {
      const { type, load, store, sum } = access(io, sizes);
      return {
        declarations: reduction.declarations,
        main: [
          `let row = ${linear};`,
          `if (row >= ${rows}u) { return; }`,
          `let at = row * ${columns}u;`,
          `var squares = ${type}();`,
          ...own.flatMap((i) => [
            `var x${i} = ${type}();`,
            `${guard(i)} { x${i} = ${load(x, `at + ${column(i)}`)}; }`,
            `squares += x${i} * x${i};`,
          ]),
          ...reduction.statements(sum("squares")),
          `let inverse = ${inverse(reduction.result, sizes, node)};`,
          `if (lane == 0u) { ${io.store(inverseRms, "row", "inverse")} }`,
          ...own.map(
            (i) => `${guard(i)} { ${store(y, `at + ${column(i)}`, `x${i} * inverse * ${load(weight, column(i))}`)} }`,
          ),
        ].join("\n"),
      };
    },
  });
}

/** Blocks of rows whose sums for the weight's gradient are taken apart. */
const mostBlocks = 256;

function backwardPerGroup(node: Node, context: LowerContext): void {
  const [x, weight, inverseRms, grad] = node.inputs as [Value, Value, Value, Value];
  const [xGrad, weightGrad] = node.outputs as [Value, Value];
  const sizes = sizesOf(node);
  const { rows, hidden, columns } = sizes;
  const { threads, own, guard, column } = sharing(sizes, context);
  const rowsPerBlock = Math.ceil(rows / mostBlocks);
  const blocks = Math.ceil(rows / rowsPerBlock);
  const partial = context.temp({ dtype: "f32", shape: [blocks, hidden] });
  const reduction = groupReduction(threads, context.traits);
  context.emit({
    label: `rmsNorm gradient ${rows}×${hidden}`,
    reads: [x, weight, inverseRms, grad],
    writes: [xGrad, partial],
    workgroup: [threads, 1, 1],
    groups: [blocks, 1, 1],
    enables: reduction.enables,
    body: (io) => {
      const { type, load, store, sum } = access(io, sizes);
      return {
        declarations: reduction.declarations,
        main: [
          ...own.flatMap((i) => [
            `var w${i} = ${type}(); var total${i} = ${type}();`,
            `${guard(i)} { w${i} = ${load(weight, column(i))}; }`,
          ]),
          `for (var row = wid.x * ${rowsPerBlock}u; row < min((wid.x + 1u) * ${rowsPerBlock}u, ${rows}u); row++) {`,
          `let at = row * ${columns}u;`,
          `let inverse = ${io.load(inverseRms, "row")};`,
          `var products = ${type}();`,
          ...own.flatMap((i) => [
            `var n${i} = ${type}(); var g${i} = ${type}();`,
            `${guard(i)} { n${i} = inverse * ${load(x, `at + ${column(i)}`)}; g${i} = ${load(grad, `at + ${column(i)}`)}; }`,
            `products += g${i} * w${i} * n${i};`,
            `total${i} += g${i} * n${i};`,
          ]),
          ...reduction.statements(sum("products")),
          `let mean = ${reduction.result} / ${hidden}f;`,
          ...own.map(
            (i) => `${guard(i)} { ${store(xGrad, `at + ${column(i)}`, `(g${i} * w${i} - n${i} * mean) * inverse`)} }`,
          ),
          "}",
          ...own.map((i) => `${guard(i)} { ${store(partial, `wid.x * ${columns}u + ${column(i)}`, `total${i}`)} }`),
        ].join("\n"),
      };
    },
  });
  const { groups, linear } = spread(Math.ceil(hidden / 64));
  context.emit({
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
  });
}
