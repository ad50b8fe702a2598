// The gradient of attention's queries on software adapters: lanes are queries. Stores `delta` for the other kernel as
// well.
import type { DeviceTraits } from "../../../lower/traits.js";
import type { Kernel } from "../../../wgsl/kernel.js";
import { type Backward, scoreScale, statistic } from "../node.js";
import { type Rows, rowKernel } from "./rows.js";

export function queryGrad(node: Backward, traits: DeviceTraits): Kernel {
  const { sizes, q, k, v, out, logSumExp, grad, delta, qGrad } = node;
  return rowKernel(sizes, traits, {
    label: "attention query gradient",
    reads: [q, k, v, out, logSumExp, grad],
    writes: [qGrad, delta],
    over: "head",
    statements: (rows) => [
      ...rows.declare("q", "g", "dq"),
      ...["lse", "delta"].map((name) => `var ${name}: array<f32, ${rows.held.length}>;`),
      ...load(rows, node),
      ...rows.held.map((r) => `let t${r} = ${rows.position(r)}; let lse${r} = lse[${r}]; let delta${r} = delta[${r}];`),
      `for (var key = 0u; key < min(first + ${rows.block}u, ${sizes.context}u); key += ${rows.steps.length}u) {`,
      ...rows.steps.map((j) => `let at_${j} = ${rows.key(rows.clamped(`key + ${j}u`), `head / ${sizes.group}u`)};`),
      ...rows.products({ sum: "s", held: "q", value: k, vector: "k" }, { sum: "dp", held: "g", value: v, vector: "v" }),
      ...rows.held.flatMap((r) =>
        rows.steps.map((j) => {
          const probability = `exp2(${rows.total("s", r, j)} - lse${r})`;
          const scoreGrad = `${probability} * (${rows.total("dp", r, j)} - delta${r})`;
          return `let ds${r}_${j} = select(0f, ${scoreGrad}, key + ${j}u <= t${r});`;
        }),
      ),
      ...rows.parts.flatMap((c) =>
        rows.held.map((r) => {
          return `${rows.at("dq", r, c)} += ${rows.steps.map((j) => `ds${r}_${j} * k${j}_${c}`).join(" + ")};`;
        }),
      ),
      "}",
      ...rows.eachRealRow([
        `let at = ${rows.query("t")};`,
        ...rows.eachVector([rows.vectors.store(qGrad, "at", "c", `${rows.looped("dq")} * ${sizes.scale}`)]),
        rows.io.store(delta, statistic(sizes, "t"), "delta[r]"),
      ]),
    ],
  });
}

/** Loads a lane's queries and their gradients, and works out `delta`. */
function load(rows: Rows, { sizes, q, out, logSumExp, grad }: Backward): string[] {
  const { vectors } = rows;
  return rows.eachRow([
    `let at = ${rows.query(rows.clamped("t"))};`,
    `lse[r] = ${rows.io.load(logSumExp, statistic(sizes, rows.clamped("t")))} * ${Math.LOG2E}f;`,
    "var sum = 0f;",
    ...rows.eachVector([
      `let x = ${vectors.load(grad, "at", "c")};`,
      `${rows.looped("g")} = x;`,
      `${rows.looped("q")} = ${scoreScale(sizes)} * ${vectors.load(q, "at", "c")};`,
      `sum += dot(x, ${vectors.load(out, "at", "c")});`,
    ]),
    "delta[r] = sum;",
  ]);
}
