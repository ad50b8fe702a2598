// The gradient of attention's queries on GPUs: a workgroup holds a block of queries. Stores `delta` for the other
// kernel as well.
import type { DeviceTraits } from "../../../lower/traits.js";
import type { Kernel } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";
import { type Backward, scoreScale, statistic } from "../node.js";
import { tileKernel } from "./kernel.js";
import { type HeadRows, rowsOf } from "./rows.js";
import type { Tiles } from "./tiles.js";
import { tileColumn, tileRow } from "./tiling.js";

export function queryGrad(node: Backward, traits: DeviceTraits): Kernel {
  const { sizes, q, k, v, out, logSumExp, grad, delta, qGrad } = node;
  const { ofHead, ofGroup } = rowsOf(sizes, `head / ${sizes.group}u`);
  return tileKernel(sizes, traits, {
    label: "attention query gradient",
    reads: [q, k, v, out, logSumExp, grad],
    writes: [qGrad, delta],
    over: "head",
    lateFirst: true,
    statements: (tiles) => {
      const { rows, columns } = tiles.tiling;
      return [
        ...rowDeltas(tiles, ofHead(out), ofHead(grad)),
        ...finishDeltas(tiles, node),
        ...tiles.declareSum("dq"),
        `for (var key = 0u; key < min(first + ${rows}u, ${sizes.context}u); key += ${columns}u) {`,
        ...tiles.products("s", ofHead(q), "first", ofGroup(k), "key"),
        ...tiles.products("dp", ofHead(grad), "first", ofGroup(v), "key"),
        ...tiles.putWeights((i, j) => {
          const p = `exp2(s${i}_${j} * ${scoreScale(sizes)} - rowA[${tileRow(i)}])`;
          const seen = `key + ${tileColumn(j)} <= first + ${tileRow(i)}`;
          return `select(0f, ${p} * (dp${i}_${j} - rowB[${tileRow(i)}]), ${seen})`;
        }),
        ...tiles.addProducts("dq", ofGroup(k), "key"),
        "}",
        ...tiles.storeSum(ofHead(qGrad), "first", (tile, r) => `(dq${tile}_${r} * ${sizes.scale})`),
      ];
    },
  });
}

/** Defines `delta`i, this thread's share of Σ grad · out of its i-th row. */
function rowDeltas(tiles: Tiles, out: HeadRows, grad: HeadRows): string[] {
  return range(4).flatMap((i) => [
    `var delta${i} = 0f;`,
    `for (var g = cx; g < ${tiles.tiling.groups}u; g += 16u) {`,
    `let a = ${tiles.read(out, `(first + ${tileRow(i)})`, "g")};`,
    `let b = ${tiles.read(grad, `(first + ${tileRow(i)})`, "g")};`,
    `delta${i} += dot(a, b);`,
    "}",
  ]);
}

/** Leaves each row's log-sum-exp to base 2 in rowA and its delta in rowB, and stores the delta. */
function finishDeltas(tiles: Tiles, { sizes, logSumExp, delta }: Backward): string[] {
  const row = statistic(sizes, "first + lane");
  return tiles.reduceRows(
    (a, b) => `${a} + ${b}`,
    (i) => `delta${i}`,
    [
      "rowB[lane] = all;",
      `if (first + lane < ${sizes.context}u) {`,
      `rowA[lane] = ${tiles.io.load(logSumExp, row)} * ${Math.LOG2E}f;`,
      tiles.io.store(delta, row, "all"),
      "}",
    ],
  );
}
