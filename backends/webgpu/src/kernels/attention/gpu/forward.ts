// Attention forward on GPUs: a workgroup takes a block of queries, with online softmax over tiles of keys (Dao et al.
// 2022).
import type { DeviceTraits } from "../../../lower/traits.js";
import type { Kernel } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";
import { type Forward, masked, scoreScale, statistic } from "../node.js";
import { tileKernel } from "./kernel.js";
import { rowsOf } from "./rows.js";
import type { Tiles } from "./tiles.js";
import { heldColumns, heldPairs, tileColumn, tileRow } from "./tiling.js";

export function forward(node: Forward, traits: DeviceTraits): Kernel {
  const { sizes, q, k, v, out, logSumExp } = node;
  const { ofHead, ofGroup } = rowsOf(sizes, `head / ${sizes.group}u`);
  return tileKernel(sizes, traits, {
    label: "attention",
    reads: [q, k, v],
    writes: [out, logSumExp],
    over: "head",
    lateFirst: true,
    statements: (tiles) => {
      const { rows, columns } = tiles.tiling;
      return [
        ...tiles.declareSum("o"),
        ...range(4).map((i) => `var l${i} = 0f;`),
        // rowA: the running maximum; rowB: the factor by which earlier sums shrink.
        `if (lane < ${rows}u) { rowA[lane] = ${masked}; }`,
        `for (var key = 0u; key < min(first + ${rows}u, ${sizes.context}u); key += ${columns}u) {`,
        ...tiles.products("s", ofHead(q), "first", ofGroup(k), "key"),
        ...softmaxStep(tiles, node),
        ...tiles.putWeights((i, j) => `p${i}_${j}`),
        ...tiles.ofSums((tile, r) => [`o${tile}_${r} *= rowB[${tiles.rowOfSum(r)}];`]),
        ...tiles.addProducts("o", ofGroup(v), "key"),
        "}",
        ...finishRows(tiles, node),
        ...tiles.storeSum(ofHead(out), "first", (tile, r) => `(o${tile}_${r} * rowB[${tiles.rowOfSum(r)}])`),
      ];
    },
  });
}

/** Takes a tile's scores into the running maxima and the sums `l`i; defines the weights `p`i_j. */
function softmaxStep(tiles: Tiles, { sizes }: Forward): string[] {
  return [
    ...heldPairs.map(([i, j]) => {
      const seen = `key + ${tileColumn(j)} <= first + ${tileRow(i)}`;
      return `let x${i}_${j} = select(${masked}, s${i}_${j} * ${scoreScale(sizes)}, ${seen});`;
    }),
    ...tiles.reduceRows(
      (a, b) => `max(${a}, ${b})`,
      (i) => heldColumns.map((j) => `x${i}_${j}`).reduce((a, b) => `max(${a}, ${b})`),
      ["let best = max(rowA[lane], all);", "rowB[lane] = exp2(rowA[lane] - best);", "rowA[lane] = best;"],
    ),
    ...range(4).flatMap((i) => [
      ...heldColumns.map((j) => `let p${i}_${j} = exp2(x${i}_${j} - rowA[${tileRow(i)}]);`),
      `l${i} = l${i} * rowB[${tileRow(i)}] + (${heldColumns.map((j) => `p${i}_${j}`).join(" + ")});`,
    ]),
  ];
}

/** Stores each row's log-sum-exp and leaves the inverse of its sum in rowB. */
function finishRows(tiles: Tiles, { sizes, logSumExp }: Forward): string[] {
  const log = `(rowA[lane] + log2(all)) * ${Math.LN2}f`;
  return tiles.reduceRows(
    (a, b) => `${a} + ${b}`,
    (i) => `l${i}`,
    [
      "rowB[lane] = 1f / all;",
      `if (first + lane < ${sizes.context}u) {`,
      tiles.io.store(logSumExp, statistic(sizes, "first + lane"), log),
      "}",
    ],
  );
}
