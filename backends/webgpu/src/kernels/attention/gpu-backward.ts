// Attention backward on GPUs, in two dispatches: a workgroup holds a block of queries in the first, of keys in the second.
import type { Node, Value } from "@cambium/ir";
import type { LowerContext } from "../../lower/lowering.js";
import type { KernelIo } from "../../wgsl/kernel.js";
import { spread } from "../../wgsl/kernel.js";
import { range } from "../range.js";
import { heldColumns, rowsOf, Tiles, tileColumn, tileRow, tiling } from "./gpu-tiles.js";
import { attentionSizes, scoreScale, sizesLabel } from "./sizes.js";

type Inputs = [q: Value, k: Value, v: Value, out: Value, logSumExp: Value, grad: Value];

export function gpuBackward(node: Node, context: LowerContext): void {
  const delta = context.temp((node.inputs[4] as Value).type);
  queryGrad(node, context, delta);
  keyValueGrad(node, context, delta);
}

/** `qGrad`, and `delta` = Σ grad · out of each row, which the other kernel needs of every query. */
function queryGrad(node: Node, { traits, emit }: LowerContext, delta: Value): void {
  const [q, k, v, out, logSumExp, grad] = node.inputs as unknown as Inputs;
  const qGrad = node.outputs[0] as Value;
  const sizes = attentionSizes(node);
  const { batch, time, heads, group, scale } = sizes;
  const tiles = tiling(sizes, traits);
  const blocks = Math.ceil(time / tiles.rows);
  const { groups, linear } = spread(batch * heads * blocks);

  const body = (io: KernelIo) => {
    const tile = new Tiles(sizes, tiles, io);
    const { ofHead, ofGroup } = rowsOf(sizes, `head / ${group}u`);
    const row = `(batch * ${heads}u + head) * ${time}u + first + lane`;
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
        ...range(4).flatMap((i) => [
          `var delta${i} = 0f;`,
          `for (var g = cx; g < ${tiles.groups}u; g += 16u) {`,
          `let a = ${tile.read(ofHead(out), `(first + ${tileRow(i)})`, "g")};`,
          `let b = ${tile.read(ofHead(grad), `(first + ${tileRow(i)})`, "g")};`,
          `delta${i} += dot(a, b);`,
          "}",
        ]),
        // rowA: log-sum-exp to base 2; rowB: delta.
        ...tile.reduceRows(
          (a, b) => `${a} + ${b}`,
          (i) => `delta${i}`,
          [
            "rowB[lane] = all;",
            `if (first + lane < ${time}u) {`,
            `rowA[lane] = ${io.load(logSumExp, row)} * ${Math.LOG2E}f;`,
            io.store(delta, row, "all"),
            "}",
          ],
        ),
        ...tile.declareSum("dq"),
        `for (var key = 0u; key < min(first + ${tiles.rows}u, ${time}u); key += ${tiles.columns}u) {`,
        ...tile.products("s", ofHead(q), "first", ofGroup(k), "key"),
        ...tile.products("dp", ofHead(grad), "first", ofGroup(v), "key"),
        ...tile.putWeights((i, j) => {
          const p = `exp2(s${i}_${j} * ${scoreScale(sizes)} - rowA[${tileRow(i)}])`;
          const seen = `key + ${tileColumn(j)} <= first + ${tileRow(i)}`;
          return `select(0f, ${p} * (dp${i}_${j} - rowB[${tileRow(i)}]), ${seen})`;
        }),
        ...tile.addProducts("dq", ofGroup(k), "key"),
        "}",
        ...tile.storeSum(ofHead(qGrad), "first", (w, r) => `(dq${w}_${r} * ${scale})`),
      ].join("\n"),
    };
  };
  emit({
    label: `attention query gradient ${sizesLabel(sizes)}`,
    reads: [q, k, v, out, logSumExp, grad],
    writes: [qGrad, delta],
    workgroup: [tiles.threads, 1, 1],
    groups,
    ...(tiles.shuffled > 1 && { enables: ["subgroups"] }),
    body,
  });
}

/** `kGrad` and `vGrad`, summed over the queries of all heads of the group in their order. */
function keyValueGrad(node: Node, { traits, emit }: LowerContext, delta: Value): void {
  const [q, k, v, , logSumExp, grad] = node.inputs as unknown as Inputs;
  const [, kGrad, vGrad] = node.outputs as [Value, Value, Value];
  const sizes = attentionSizes(node);
  const { batch, time, heads, kvHeads, group, scale } = sizes;
  const tiles = tiling(sizes, traits);
  const blocks = Math.ceil(time / tiles.rows);
  const { groups, linear } = spread(batch * kvHeads * blocks);

  const body = (io: KernelIo) => {
    const tile = new Tiles(sizes, tiles, io);
    const { ofHead, ofGroup } = rowsOf(sizes, "kvHead");
    const row = (j: number) => `(batch * ${heads}u + head) * ${time}u + min(query + ${tileColumn(j)}, ${time - 1}u)`;
    const seen = (i: number, j: number) => {
      const t = `query + ${tileColumn(j)}`;
      return `${t} >= first + ${tileRow(i)} && ${t} < ${time}u`;
    };
    const pairs = range(4).flatMap((i) => heldColumns.map((j) => [i, j] as const));
    return {
      declarations: tile.declarations(),
      main: [
        `let task = ${linear};`,
        `if (task >= ${batch * kvHeads * blocks}u) { return; }`,
        `let first = task % ${blocks}u * ${tiles.rows}u;`,
        `let kvHead = task / ${blocks}u % ${kvHeads}u;`,
        `let batch = task / ${blocks * kvHeads}u;`,
        ...tile.places(),
        ...tile.declareSum("dk"),
        ...tile.declareSum("dv"),
        `for (var head = kvHead * ${group}u; head < (kvHead + 1u) * ${group}u; head++) {`,
        `for (var query = first; query < ${time}u; query += ${tiles.columns}u) {`,
        ...tile.products("s", ofGroup(k), "first", ofHead(q), "query"),
        ...tile.products("dp", ofGroup(v), "first", ofHead(grad), "query"),
        ...heldColumns.flatMap((j) => [
          `let lse${j} = ${io.load(logSumExp, row(j))} * ${Math.LOG2E}f;`,
          `let delta${j} = ${io.load(delta, row(j))};`,
        ]),
        ...pairs.map(
          ([i, j]) => `let p${i}_${j} = select(0f, exp2(s${i}_${j} * ${scoreScale(sizes)} - lse${j}), ${seen(i, j)});`,
        ),
        ...tile.putWeights((i, j) => `p${i}_${j}`),
        ...tile.addProducts("dv", ofHead(grad), "query"),
        "workgroupBarrier();",
        ...tile.putWeights((i, j) => `p${i}_${j} * (dp${i}_${j} - delta${j})`),
        ...tile.addProducts("dk", ofHead(q), "query"),
        "}",
        "}",
        ...tile.storeSum(ofGroup(kGrad), "first", (w, r) => `(dk${w}_${r} * ${scale})`),
        ...tile.storeSum(ofGroup(vGrad), "first", (w, r) => `dv${w}_${r}`),
      ].join("\n"),
    };
  };
  emit({
    label: `attention key and value gradient ${sizesLabel(sizes)}`,
    reads: [q, k, v, logSumExp, grad, delta],
    writes: [kGrad, vGrad],
    workgroup: [tiles.threads, 1, 1],
    groups,
    ...(tiles.shuffled > 1 && { enables: ["subgroups"] }),
    body,
  });
}
