// The gradients of attention's keys and values on software adapters: lanes are keys. They are summed over the queries
// of all heads of the group, in their order.
import type { DeviceTraits } from "../../../lower/traits.js";
import type { Kernel } from "../../../wgsl/kernel.js";
import { type Backward, scoreScale, statistic } from "../node.js";
import { type Rows, rowKernel } from "./rows.js";

export function keyValueGrad(node: Backward, traits: DeviceTraits): Kernel {
  const { sizes, q, k, v, logSumExp, grad, delta, kGrad, vGrad } = node;
  const { context, group } = sizes;
  return rowKernel(sizes, traits, {
    label: "attention key and value gradient",
    reads: [q, k, v, logSumExp, grad, delta],
    writes: [kGrad, vGrad],
    over: "kvHead",
    statements: (rows) => [
      ...rows.declare("k", "v", "dk", "dv"),
      ...load(rows, node),
      ...rows.held.map((r) => `let t${r} = ${rows.position(r)};`),
      `for (var head = kvHead * ${group}u; head < (kvHead + 1u) * ${group}u; head++) {`,
      `for (var query = first; query < ${context}u; query += ${rows.steps.length}u) {`,
      ...rows.steps.flatMap((i) => [
        `let t_${i} = ${rows.clamped(`query + ${i}u`)};`,
        `let at_${i} = ${rows.query(`t_${i}`)};`,
        `let lse${i} = ${rows.io.load(logSumExp, statistic(sizes, `t_${i}`))} * ${Math.LOG2E}f;`,
        `let delta${i} = ${rows.io.load(delta, statistic(sizes, `t_${i}`))};`,
      ]),
      ...rows.products(
        { sum: "s", held: "k", value: q, vector: "q" },
        { sum: "dp", held: "v", value: grad, vector: "g" },
      ),
      ...rows.held.flatMap((r) =>
        rows.steps.flatMap((i) => [
          `let seen${r}_${i} = query + ${i}u >= t${r} && query + ${i}u < ${context}u;`,
          `let p${r}_${i} = select(0f, exp2(${rows.total("s", r, i)} - lse${i}), seen${r}_${i});`,
          `let ds${r}_${i} = p${r}_${i} * (${rows.total("dp", r, i)} - delta${i});`,
        ]),
      ),
      ...rows.parts.flatMap((c) =>
        rows.held.flatMap((r) => [
          `${rows.at("dv", r, c)} += ${rows.steps.map((i) => `p${r}_${i} * g${i}_${c}`).join(" + ")};`,
          `${rows.at("dk", r, c)} += ${rows.steps.map((i) => `ds${r}_${i} * q${i}_${c}`).join(" + ")};`,
        ]),
      ),
      "}",
      "}",
      ...store(rows, node),
    ],
  });
}

function load(rows: Rows, { sizes, k, v }: Backward): string[] {
  return rows.eachRow([
    `let at = ${rows.key(rows.clamped("t"), "kvHead")};`,
    ...rows.eachVector([
      `${rows.looped("k")} = ${scoreScale(sizes)} * ${rows.vectors.load(k, "at", "c")};`,
      `${rows.looped("v")} = ${rows.vectors.load(v, "at", "c")};`,
    ]),
  ]);
}

function store(rows: Rows, { sizes, kGrad, vGrad }: Backward): string[] {
  return rows.eachRealRow([
    `let at = ${rows.key("t", "kvHead")};`,
    ...rows.eachVector([
      `{ ${rows.vectors.store(kGrad, "at", "c", `${rows.looped("dk")} * ${sizes.scale}`)} }`,
      `{ ${rows.vectors.store(vGrad, "at", "c", rows.looped("dv"))} }`,
    ]),
  ]);
}
