// Scatter-add without atomics: a stable sort orders the updates by index, and each output row sums its own in that
// order. The bits are the same every time, whatever the order of execution. The sort counts each update's place in the
// order: among all updates if they are few, else within blocks that are then merged.
import { type Node, numel, type Value } from "@cambium/ir";
import type { KernelLowering, LowerContext } from "../lower/lowering.js";
import { type KernelIo, spread } from "../wgsl/kernel.js";

export const scatterAdd: KernelLowering = { kind: "kernels", lower };

/** Up to this number each update is compared with all others. */
const fewUpdates = 1024;
/** Updates of a sorted block. */
const blockSize = 256;

function lower(node: Node, context: LowerContext): void {
  const [updates, indices] = node.inputs as [Value, Value];
  const count = numel(indices.type.shape);
  const sorted =
    count <= fewUpdates ? sortBlocks(indices, count, context) : merge(sortBlocks(indices, blockSize, context), context);
  sumRows(node, updates, sorted, context);
}

/** Indices in ascending order (within each block), and the position that each had before. */
interface Sorted {
  readonly indices: Value;
  readonly positions: Value;
}

function sortBlocks(indices: Value, size: number, context: LowerContext): Sorted {
  const count = numel(indices.type.shape);
  return emitPlaces("sort", count, [indices], context, (io) => ({
    statements: [
      `let index = ${io.load(indices, "i")};`,
      `let first = i / ${size}u * ${size}u;`,
      "var place = first;",
      `for (var j = first; j < min(first + ${size}u, ${count}u); j++) {`,
      `let other = ${io.load(indices, "j")};`,
      "place += select(0u, 1u, other < index || (other == index && j < i));",
      "}",
    ],
    position: "i32(i)",
  }));
}

function merge(blocks: Sorted, context: LowerContext): Sorted {
  const count = numel(blocks.indices.type.shape);
  return emitPlaces("merge", count, [blocks.indices, blocks.positions], context, (io) => ({
    statements: [
      `let index = ${io.load(blocks.indices, "i")};`,
      `let own = i / ${blockSize}u;`,
      `var place = i % ${blockSize}u;`,
      `for (var block = 0u; block < ${Math.ceil(count / blockSize)}u; block++) {`,
      "if (block == own) { continue; }",
      // Equal indices of earlier blocks come before this one.
      "let bound = select(index, index + 1i, block < own);",
      `let first = block * ${blockSize}u;`,
      ...search(io, blocks.indices, "first", `min(first + ${blockSize}u, ${count}u)`, "bound"),
      "place += low - first;",
      "}",
    ],
    position: io.load(blocks.positions, "i"),
  }));
}

/**
 * Emits a kernel that stores each update's index and position at its place. `statements` define `index` and `place`.
 */
function emitPlaces(
  name: string,
  count: number,
  reads: readonly Value[],
  context: LowerContext,
  write: (io: KernelIo) => { readonly statements: readonly string[]; readonly position: string },
): Sorted {
  const type = { dtype: "i32", shape: [count] } as const;
  const sorted = { indices: context.temp(type), positions: context.temp(type) };
  const { invocations, groups, linear } = oneEach(count, context);
  context.emit({
    label: `scatterAdd ${name} ${count}`,
    reads,
    writes: [sorted.indices, sorted.positions],
    workgroup: [invocations, 1, 1],
    groups,
    body: (io) => {
      const { statements, position } = write(io);
      const main = [
        `let i = ${linear} * ${invocations}u + lane;`,
        `if (i >= ${count}u) { return; }`,
        ...statements,
        io.store(sorted.indices, "place", "index"),
        io.store(sorted.positions, "place", position),
      ];
      return { main: main.join("\n") };
    },
  });
  return sorted;
}

function sumRows(node: Node, updates: Value, sorted: Sorted, context: LowerContext): void {
  const out = node.outputs[0] as Value;
  const rows = out.type.shape[0] as number;
  const count = numel(sorted.indices.type.shape);
  const width = numel(out.type.shape) / rows;
  const byFour = width % 4 === 0;
  const columns = byFour ? width / 4 : width;
  // Each search for a row's first update serves several of its columns.
  const own = Array.from({ length: [4, 2, 1].find((n) => columns % n === 0) as number }, (_, i) => i);
  const perRow = columns / own.length;
  const { invocations, groups, linear } = oneEach(rows * perRow, context);
  context.emit({
    label: `scatterAdd ${count}×${width} to ${rows}`,
    reads: [updates, sorted.indices, sorted.positions],
    writes: [out],
    workgroup: [invocations, 1, 1],
    groups,
    body: (io) => {
      const [load, store] = byFour ? [io.load4, io.store4] : [io.load, io.store];
      const column = (i: number) => `column + ${i * perRow}u`;
      return {
        main: [
          `let task = ${linear} * ${invocations}u + lane;`,
          `if (task >= ${rows * perRow}u) { return; }`,
          `let row = task / ${perRow}u;`,
          `let column = task % ${perRow}u;`,
          ...search(io, sorted.indices, "0u", `${count}u`, "i32(row)"),
          ...own.map((i) => `var total${i} = ${byFour ? "vec4f()" : "0f"};`),
          `for (; low < ${count}u; low++) {`,
          `if (${io.load(sorted.indices, "low")} != i32(row)) { break; }`,
          `let update = u32(${io.load(sorted.positions, "low")}) * ${columns}u;`,
          ...own.map((i) => `total${i} += ${load(updates, `update + ${column(i)}`)};`),
          "}",
          ...own.map((i) => store(out, `row * ${columns}u + ${column(i)}`, `total${i}`)),
        ].join("\n"),
      };
    },
  });
}

/** Declares `low`, the first place in [from, to) where the ascending `values` are not below `bound`. */
function search(io: KernelIo, values: Value, from: string, to: string, bound: string): string[] {
  return [
    `var low = ${from}; var high = ${to};`,
    "while (low < high) {",
    "let middle = (low + high) / 2u;",
    `if (${io.load(values, "middle")} < ${bound}) { low = middle + 1u; } else { high = middle; }`,
    "}",
  ];
}

/** One invocation for each of `count` tasks. */
function oneEach(count: number, { traits }: LowerContext) {
  const invocations = traits.kind === "cpu" ? 16 : Math.min(64, traits.maxInvocations);
  return { invocations, ...spread(Math.ceil(count / invocations)) };
}
