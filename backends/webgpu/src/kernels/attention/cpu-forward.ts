// Attention forward on software adapters: lanes are queries.
import type { Node, Value } from "@cambium/ir";
import type { KernelIo, LowerContext } from "../../compile/kernel.js";
import { spread } from "../../compile/kernel.js";
import { range } from "../range.js";
import {
  dotStep,
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
  const { rows, steps } = unrolled(sizes, 256);
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
      ...all.flatMap((r) => [
        `let t${r} = first + ${r * simdLanes}u + lane;`,
        `let at${r} = ((batch * ${time}u + min(t${r}, ${time - 1}u)) * ${heads}u + head) * ${headDim}u;`,
        `var q${r}: array<vec4f, ${vectors}>; var o${r}: array<vec4f, ${vectors}>;`,
        `var m${r} = ${masked}; var l${r} = 0f;`,
        `for (var c = 0u; c < ${vectors}u; c++) {`,
        `q${r}[c] = ${scoreScale(sizes)} * ${rowVector(io, sizes, q, `at${r}`, "c")};`,
        "}",
      ]),
      `for (var key = 0u; key < min(first + ${block}u, ${time}u); key += ${steps}u) {`,
      ...keys.map((j) => {
        const row = `batch * ${time}u + min(key + ${j}u, ${time - 1}u)`;
        return `let row${j} = ((${row}) * ${kvHeads}u + head / ${group}u) * ${headDim}u;`;
      }),
      ...range(vectors).flatMap((c) =>
        keys.flatMap((j) => [
          ...spreadVector(io, traits, sizes, k, `row${j}`, `k${j}_${c}`, c),
          ...all.map((r) => dotStep(`s${r}_${j}`, `q${r}[${c}]`, `k${j}_${c}`, c)),
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
          return `o${r}[${c}] = o${r}[${c}] * a${r}${sum};`;
        }),
      ]),
      "}",
      ...all.flatMap((r) => [
        `if (t${r} < ${time}u) {`,
        `let inverse${r} = 1f / l${r};`,
        `for (var c = 0u; c < ${vectors}u; c++) {`,
        storeVector(io, sizes, out, `at${r}`, "c", `o${r}[c] * inverse${r}`),
        "}",
        io.store(logSumExp, `(batch * ${heads}u + head) * ${time}u + t${r}`, `(m${r} + log2(l${r})) * ${Math.LN2}f`),
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
