// Attention forward on software adapters: lanes are queries, with online softmax over the keys.
import type { DeviceTraits } from "../../../lower/traits.js";
import type { Kernel } from "../../../wgsl/kernel.js";
import { type Forward, masked, scoreScale, statistic } from "../node.js";
import { type Rows, rowKernel } from "./rows.js";

export function forward(node: Forward, traits: DeviceTraits): Kernel {
  const { sizes, q, k, v, out, logSumExp } = node;
  return rowKernel(sizes, traits, {
    label: "attention",
    reads: [q, k, v],
    writes: [out, logSumExp],
    over: "head",
    statements: (rows) => [
      ...rows.declare("q", "o"),
      ...rows.eachRow([
        `let at = ${rows.query(rows.clamped("t"))};`,
        ...rows.eachVector([`${rows.looped("q")} = ${scoreScale(sizes)} * ${rows.vectors.load(q, "at", "c")};`]),
      ]),
      ...rows.held.map((r) => `let t${r} = ${rows.position(r)}; var m${r} = ${masked}; var l${r} = 0f;`),
      `for (var key = 0u; key < min(first + ${rows.block}u, ${sizes.context}u); key += ${rows.steps.length}u) {`,
      ...rows.steps.map((j) => `let at_${j} = ${rows.key(rows.clamped(`key + ${j}u`), `head / ${sizes.group}u`)};`),
      ...rows.products({ sum: "s", held: "q", value: k, vector: "k" }),
      ...rows.held.flatMap((r) => softmaxStep(rows, r)),
      ...weightedValues(rows, node),
      "}",
      ...store(rows, node),
    ],
  });
}

/** Takes the scores of row `r` into its running maximum `m`r and sum `l`r; earlier sums shrink by `a`r. */
function softmaxStep(rows: Rows, r: number): string[] {
  const { steps } = rows;
  return [
    ...steps.map((j) => `let x${r}_${j} = select(${masked}, ${rows.total("s", r, j)}, key + ${j}u <= t${r});`),
    `let n${r} = ${steps.reduce((best, j) => `max(${best}, x${r}_${j})`, `m${r}`)};`,
    `let a${r} = exp2(m${r} - n${r});`,
    ...steps.map((j) => `let p${r}_${j} = exp2(x${r}_${j} - n${r});`),
    `m${r} = n${r};`,
    `l${r} = l${r} * a${r} + (${steps.map((j) => `p${r}_${j}`).join(" + ")});`,
  ];
}

function weightedValues(rows: Rows, { v }: Forward): string[] {
  return rows.parts.flatMap((c) => [
    ...rows.steps.flatMap((j) => rows.vectors.define(`v${j}_${c}`, v, `at_${j}`, c)),
    ...rows.held.map((r) => {
      const own = rows.at("o", r, c);
      return `${own} = ${own} * a${r}${rows.steps.map((j) => ` + p${r}_${j} * v${j}_${c}`).join("")};`;
    }),
  ]);
}

function store(rows: Rows, { sizes, out, logSumExp }: Forward): string[] {
  const { held } = rows;
  return [
    `var peaks = array<f32, ${held.length}>(${held.map((r) => `m${r}`).join(", ")});`,
    `var sums = array<f32, ${held.length}>(${held.map((r) => `l${r}`).join(", ")});`,
    ...rows.eachRealRow([
      `let at = ${rows.query("t")};`,
      "let sum = sums[r];",
      "let inverse = 1f / sum;",
      ...rows.eachVector([rows.vectors.store(out, "at", "c", `${rows.looped("o")} * inverse`)]),
      rows.io.store(logSumExp, statistic(sizes, "t"), `(peaks[r] + log2(sum)) * ${Math.LN2}f`),
    ]),
  ];
}
