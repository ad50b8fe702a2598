// The gradients of attention's keys and values on GPUs: a workgroup holds a block of keys. They are summed over the
// queries of all heads of the group, in their order.
import type { DeviceTraits } from "../../../lower/traits.js";
import type { Kernel } from "../../../wgsl/kernel.js";
import { type Backward, scoreScale, statistic } from "../node.js";
import { tileKernel } from "./kernel.js";
import { rowsOf } from "./rows.js";
import type { Tiles } from "./tiles.js";
import { heldColumns, heldPairs, tileColumn, tileRow } from "./tiling.js";

export function keyValueGrad(node: Backward, traits: DeviceTraits): Kernel {
  const { sizes, q, k, v, logSumExp, grad, delta, kGrad, vGrad } = node;
  const { context, group } = sizes;
  const { ofHead, ofGroup } = rowsOf(sizes, "kvHead");
  return tileKernel(sizes, traits, {
    label: "attention key and value gradient",
    reads: [q, k, v, logSumExp, grad, delta],
    writes: [kGrad, vGrad],
    over: "kvHead",
    statements: (tiles) => [
      ...tiles.declareSum("dk"),
      ...tiles.declareSum("dv"),
      `for (var head = kvHead * ${group}u; head < (kvHead + 1u) * ${group}u; head++) {`,
      `for (var query = first; query < ${context}u; query += ${tiles.tiling.columns}u) {`,
      ...tiles.products("s", ofGroup(k), "first", ofHead(q), "query"),
      ...tiles.products("dp", ofGroup(v), "first", ofHead(grad), "query"),
      ...probabilities(tiles, node),
      ...tiles.putWeights((i, j) => `p${i}_${j}`),
      ...tiles.addProducts("dv", ofHead(grad), "query"),
      "workgroupBarrier();",
      ...tiles.putWeights((i, j) => `p${i}_${j} * (dp${i}_${j} - delta${j})`),
      ...tiles.addProducts("dk", ofHead(q), "query"),
      "}",
      "}",
      ...tiles.storeSum(ofGroup(kGrad), "first", (tile, r) => `(dk${tile}_${r} * ${sizes.scale})`),
      ...tiles.storeSum(ofGroup(vGrad), "first", (tile, r) => `dv${tile}_${r}`),
    ],
  });
}

/** Defines `p`i_j, the probabilities of a tile, and `delta`j of its queries. */
function probabilities({ io }: Tiles, { sizes, logSumExp, delta }: Backward): string[] {
  const { context } = sizes;
  const row = (j: number) => statistic(sizes, `min(query + ${tileColumn(j)}, ${context - 1}u)`);
  return [
    ...heldColumns.flatMap((j) => [
      `let lse${j} = ${io.load(logSumExp, row(j))} * ${Math.LOG2E}f;`,
      `let delta${j} = ${io.load(delta, row(j))};`,
    ]),
    ...heldPairs.map(([i, j]) => {
      const t = `query + ${tileColumn(j)}`;
      const seen = `${t} >= first + ${tileRow(i)} && ${t} < ${context}u`;
      return `let p${i}_${j} = select(0f, exp2(s${i}_${j} * ${scoreScale(sizes)} - lse${j}), ${seen});`;
    }),
  ];
}
