// Attention forward on software adapters: lanes are queries.
import type { Node, Value } from "@cambium/ir";
import type { LowerContext } from "../../lower/lowering.js";
import type { KernelIo } from "../../wgsl/kernel.js";
import { spread } from "../../wgsl/kernel.js";
import { range } from "../range.js";
import {
  dotStep,
  eachRow,
  rowVector,
  simdKernel,
  simdLanes,
  spreadVector,
  storeVector,
  unrolled,
  vectorsOf,
} from "./cpu-rows.js";
import { attentionSizes, masked, scoreScale, sizesLabel } from "./sizes.js";

export function cpuForward(node: Node, { traits, emit }: LowerContext): void {
  const [q, k, v] = node.inputs as [Value, Value, Value];
  const [out, logSumExp] = node.outputs as [Value, Value];
  const sizes = attentionSizes(node);
  const { batch, time, heads, kvHeads, group, headDim } = sizes;
  const vectors = vectorsOf(sizes);
  const { rows, steps } = unrolled(sizes);
  const block = rows * simdLanes;
  const blocks = Math.ceil(time / block);
  const { groups, linear } = spread(batch * heads * blocks);
  const all = range(rows);
  const keys = range(steps);

  const body = (io: KernelIo) => ({
    main: [
      `let task = ${linear};`,
      `if (task >= ${batch * heads * blocks}u) { return; }`,
      `let first = (task % ${blocks}u) * ${block}u;`,
      `let head = task / ${blocks}u % ${heads}u;`,
      `let batch = task / ${blocks * heads}u;`,
      `var q: array<vec4f, ${rows * vectors}>; var o: array<vec4f, ${rows * vectors}>;`,
      ...eachRow(rows, [
        `let at = ((batch * ${time}u + min(t, ${time - 1}u)) * ${heads}u + head) * ${headDim}u;`,
        `for (var c = 0u; c < ${vectors}u; c++) {`,
        `q[r * ${vectors}u + c] = ${scoreScale(sizes)} * ${rowVector(io, sizes, q, "at", "c")};`,
        "}",
      ]),
      ...all.map((r) => `let t${r} = first + ${r * simdLanes}u + lane; var m${r} = ${masked}; var l${r} = 0f;`),
      `for (var key = 0u; key < min(first + ${block}u, ${time}u); key += ${steps}u) {`,
      ...keys.map((j) => {
        const row = `batch * ${time}u + min(key + ${j}u, ${time - 1}u)`;
        return `let row${j} = ((${row}) * ${kvHeads}u + head / ${group}u) * ${headDim}u;`;
      }),
      ...range(vectors).flatMap((c) =>
        keys.flatMap((j) => [
          ...spreadVector(io, traits, sizes, k, `row${j}`, `k${j}_${c}`, c),
          ...all.map((r) => dotStep(`s${r}_${j}`, `q[${r * vectors + c}]`, `k${j}_${c}`, c)),
        ]),
      ),
      ...all.flatMap((r) => [
        ...keys.map((j) => `let x${r}_${j} = select(${masked}, s${r}_${j}_${vectors - 1}, key + ${j}u <= t${r});`),
        `let n${r} = ${keys.reduce((best, j) => `max(${best}, x${r}_${j})`, `m${r}`)};`,
        `let a${r} = exp2(m${r} - n${r});`,
        ...keys.map((j) => `let p${r}_${j} = exp2(x${r}_${j} - n${r});`),
        `m${r} = n${r};`,
        `l${r} = l${r} * a${r} + (${keys.map((j) => `p${r}_${j}`).join(" + ")});`,
      ]),
      ...range(vectors).flatMap((c) => [
        ...keys.flatMap((j) => spreadVector(io, traits, sizes, v, `row${j}`, `v${j}_${c}`, c)),
        ...all.map((r) => {
          const sum = keys.map((j) => ` + p${r}_${j} * v${j}_${c}`).join("");
          const own = `o[${r * vectors + c}]`;
          return `${own} = ${own} * a${r}${sum};`;
        }),
      ]),
      "}",
      `var peaks = array<f32, ${rows}>(${all.map((r) => `m${r}`).join(", ")});`,
      `var sums = array<f32, ${rows}>(${all.map((r) => `l${r}`).join(", ")});`,
      ...eachRow(rows, [
        `if (t < ${time}u) {`,
        `let at = ((batch * ${time}u + t) * ${heads}u + head) * ${headDim}u;`,
        "let sum = sums[r];",
        "let inverse = 1f / sum;",
        `for (var c = 0u; c < ${vectors}u; c++) {`,
        storeVector(io, sizes, out, "at", "c", `o[r * ${vectors}u + c] * inverse`),
        "}",
        io.store(logSumExp, `(batch * ${heads}u + head) * ${time}u + t`, `(peaks[r] + log2(sum)) * ${Math.LN2}f`),
        "}",
      ]),
    ].join("\n"),
  });
  emit({
    label: `attention ${sizesLabel(sizes)}`,
    reads: [q, k, v],
    writes: [out, logSumExp],
    groups,
    ...simdKernel(traits),
    body,
  });
}
