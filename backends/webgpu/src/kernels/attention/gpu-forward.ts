// Attention forward on GPUs: a workgroup a block of queries, online softmax over tiles of keys (Dao et al. 2022).
import type { Node, Value } from "@cambium/ir";
import type { LowerContext } from "../../lower/lowering.js";
import type { KernelIo } from "../../wgsl/kernel.js";
import { spread } from "../../wgsl/kernel.js";
import { range } from "../range.js";
import { heldColumns, rowsOf, Tiles, tileColumn, tileRow, tiling } from "./gpu-tiles.js";
import { attentionSizes, masked, scoreScale, sizesLabel } from "./sizes.js";

export function gpuForward(node: Node, { traits, emit }: LowerContext): void {
  const [q, k, v] = node.inputs as [Value, Value, Value];
  const [out, logSumExp] = node.outputs as [Value, Value];
  const sizes = attentionSizes(node);
  const { batch, time, heads, group } = sizes;
  const tiles = tiling(sizes, traits);
  const blocks = Math.ceil(time / tiles.rows);
  const { groups, linear } = spread(batch * heads * blocks);

  const body = (io: KernelIo) => {
    const tile = new Tiles(sizes, tiles, io);
    const { ofHead, ofGroup } = rowsOf(sizes, `head / ${group}u`);
    const sums = range(tiles.wideTiles).flatMap((w) => range(tiles.summed).map((r) => ({ w, r })));
    const rowOfSum = (r: number) => `sy * ${tiles.summed}u + ${r}u`;
    return {
      declarations: tile.declarations(),
      main: [
        `let task = ${linear};`,
        `if (task >= ${batch * heads * blocks}u) { return; }`,
        // Late queries meet most keys: they begin first.
        `let first = (${blocks - 1}u - task % ${blocks}u) * ${tiles.rows}u;`,
        `let head = task / ${blocks}u % ${heads}u;`,
        `let batch = task / ${blocks * heads}u;`,
        ...tile.places(),
        ...tile.declareSum("o"),
        ...range(4).map((i) => `var l${i} = 0f;`),
        // rowA: the running maximum; rowB: what sums so far shrink by.
        `if (lane < ${tiles.rows}u) { rowA[lane] = ${masked}; }`,
        `for (var key = 0u; key < min(first + ${tiles.rows}u, ${time}u); key += ${tiles.columns}u) {`,
        ...tile.products("s", ofHead(q), "first", ofGroup(k), "key"),
        ...range(4).flatMap((i) =>
          heldColumns.map(
            (j) =>
              `let x${i}_${j} = select(${masked}, s${i}_${j} * ${scoreScale(sizes)}, key + ${tileColumn(j)} <= first + ${tileRow(i)});`,
          ),
        ),
        ...tile.reduceRows(
          (a, b) => `max(${a}, ${b})`,
          (i) => heldColumns.map((j) => `x${i}_${j}`).reduce((a, b) => `max(${a}, ${b})`),
          ["let best = max(rowA[lane], all);", "rowB[lane] = exp2(rowA[lane] - best);", "rowA[lane] = best;"],
        ),
        ...range(4).flatMap((i) => [
          ...heldColumns.map((j) => `let p${i}_${j} = exp2(x${i}_${j} - rowA[${tileRow(i)}]);`),
          `l${i} = l${i} * rowB[${tileRow(i)}] + (${heldColumns.map((j) => `p${i}_${j}`).join(" + ")});`,
        ]),
        ...tile.putWeights((i, j) => `p${i}_${j}`),
        ...sums.map(({ w, r }) => `o${w}_${r} *= rowB[${rowOfSum(r)}];`),
        ...tile.addProducts("o", ofGroup(v), "key"),
        "}",
        ...tile.reduceRows(
          (a, b) => `${a} + ${b}`,
          (i) => `l${i}`,
          [
            "rowB[lane] = 1f / all;",
            `if (first + lane < ${time}u) {`,
            io.store(
              logSumExp,
              `(batch * ${heads}u + head) * ${time}u + first + lane`,
              `(rowA[lane] + log2(all)) * ${Math.LN2}f`,
            ),
            "}",
          ],
        ),
        ...tile.storeSum(ofHead(out), "first", (w, r) => `(o${w}_${r} * rowB[${rowOfSum(r)}])`),
      ].join("\n"),
    };
  };
  emit({
    label: `attention ${sizesLabel(sizes)}`,
    reads: [q, k, v],
    writes: [out, logSumExp],
    workgroup: [tiles.threads, 1, 1],
    groups,
    ...(tiles.shuffled > 1 && { enables: ["subgroups"] }),
    body,
  });
}
