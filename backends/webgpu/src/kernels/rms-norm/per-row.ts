// RMS norm on software adapters: an invocation per row. A load costs the same for any four addresses, and rows need no
// sum across lanes.
import type { Node } from "@cambium/ir";
import type { LowerContext } from "../../lower/lowering.js";
import { type Kernel, type KernelIo, spread } from "../../wgsl/kernel.js";
import { access, backwardOf, forwardOf, inverse, type Sizes } from "./node.js";

/** Rows of a workgroup: enough workgroups for all cores, few enough to be cheap. */
const rowsPerGroup = 16;

interface RowKernel extends Pick<Kernel, "label" | "reads" | "writes"> {
  readonly sizes: Sizes;
  /** Statements of each row, with `row` and `at`, its first element or four, in scope. */
  statements(io: KernelIo): readonly string[];
}

function rowKernel({ label, reads, writes, sizes, statements }: RowKernel): Kernel {
  const { rows, hidden, columns } = sizes;
  const { groups, linear } = spread(Math.ceil(rows / rowsPerGroup));
  const head = [
    `let row = ${linear} * ${rowsPerGroup}u + lane;`,
    `if (row >= ${rows}u) { return; }`,
    `let at = row * ${columns}u;`,
  ];
  return {
    label: `${label} ${rows}×${hidden}`,
    reads,
    writes,
    workgroup: [rowsPerGroup, 1, 1],
    groups,
    body: (io) => ({ main: [...head, ...statements(io)].join("\n") }),
  };
}

export function forwardPerRow(node: Node, { emit }: LowerContext): void {
  const { x, weight, y, inverseRms, sizes, eps } = forwardOf(node);
  emit(
    rowKernel({
      label: "rmsNorm",
      reads: [x, weight],
      writes: [y, inverseRms],
      sizes,
      statements: (io) => {
        const { type, load, store, sum } = access(io, sizes);
        return [
          `var squares = ${type}();`,
          `for (var c = 0u; c < ${sizes.columns}u; c++) { let x = ${load(x, "at + c")}; squares += x * x; }`,
          `let inverse = ${inverse(sum("squares"), sizes, eps)};`,
          io.store(inverseRms, "row", "inverse"),
          `for (var c = 0u; c < ${sizes.columns}u; c++) {`,
          store(y, "at + c", `${load(x, "at + c")} * inverse * ${load(weight, "c")}`),
          "}",
        ];
      },
    }),
  );
}

export function backwardPerRow(node: Node, { emit }: LowerContext): void {
  const { x, weight, inverseRms, grad, xGrad, sizes } = backwardOf(node);
  emit(
    rowKernel({
      label: "rmsNorm gradient",
      reads: [x, weight, inverseRms, grad],
      writes: [xGrad],
      sizes,
      statements: (io) => {
        const { type, load, store, sum } = access(io, sizes);
        const scaled = `${load(grad, "at + c")} * ${load(weight, "c")}`;
        return [
          `let inverse = ${io.load(inverseRms, "row")};`,
          `var products = ${type}();`,
          `for (var c = 0u; c < ${sizes.columns}u; c++) { products += ${scaled} * ${load(x, "at + c")}; }`,
          `let mean = ${sum("products")} * inverse / ${sizes.hidden}f;`,
          `for (var c = 0u; c < ${sizes.columns}u; c++) {`,
          store(xGrad, "at + c", `(${scaled} - ${load(x, "at + c")} * inverse * mean) * inverse`),
          "}",
        ];
      },
    }),
  );
  emit(weightGradKernel(node));
}

function weightGradKernel(node: Node): Kernel {
  const { x, inverseRms, grad, weightGrad, sizes } = backwardOf(node);
  const { rows, hidden } = sizes;
  const { groups, linear } = spread(Math.ceil(hidden / 4));
  return {
    label: `rmsNorm weight gradient ${rows}×${hidden}`,
    reads: [x, inverseRms, grad],
    writes: [weightGrad],
    workgroup: [4, 1, 1],
    groups,
    body: (io) => ({
      main: [
        `let c = ${linear} * 4u + lane;`,
        `if (c >= ${hidden}u) { return; }`,
        // Stretches are summed first, then their sums: errors grow with the length of a chain of additions.
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
  };
}
