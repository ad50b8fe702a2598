// Attention backward on software adapters, in two dispatches: lanes are queries in the first, keys in the second.
import type { Node, Value } from "@cambium/ir";
import type { KernelIo, LowerContext } from "../../compile/kernel.js";
import { spread } from "../../compile/kernel.js";
import { chunks, dotChunk, simdKernel, simdLanes, spreadChunk, unrolled } from "./cpu-rows.js";
import { attentionSizes, range, scoreScale, sizesLabel } from "./sizes.js";

export function cpuBackward(node: Node, context: LowerContext): void {
  const delta = context.temp((node.inputs[4] as Value).type);
  queryGrad(node, context, delta);
  keyValueGrad(node, context, delta);
}

/** `qGrad`, and `delta` = Σ grad · out of each row, which the other kernel needs of every query. */
function queryGrad(node: Node, { traits, emit }: LowerContext, delta: Value): void {
  const [q, k, v, out, logSumExp, grad] = node.inputs as [Value, Value, Value, Value, Value, Value];
  const qGrad = node.outputs[0] as Value;
  const sizes = attentionSizes(node);
  const { batch, time, heads, kvHeads, group, headDim, scale } = sizes;
  const { rows, steps } = unrolled(sizes, 128);
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
        `let row${r} = (batch * ${heads}u + head) * ${time}u + min(t${r}, ${time - 1}u);`,
        `var q${r}: array<f32, ${headDim}>; var g${r}: array<f32, ${headDim}>; var dq${r}: array<f32, ${headDim}>;`,
        `let lse${r} = ${io.load(logSumExp, `row${r}`)} * ${Math.LOG2E}f;`,
        `var delta${r} = 0f;`,
        `for (var d = 0u; d < ${headDim}u; d++) {`,
        `let x = ${io.load(grad, `at${r} + d`)};`,
        `g${r}[d] = x; q${r}[d] = ${scoreScale(sizes)} * ${io.load(q, `at${r} + d`)};`,
        `delta${r} = fma(x, ${io.load(out, `at${r} + d`)}, delta${r});`,
        "}",
      ]),
      `for (var key = 0u; key < min(first + ${block}u, ${time}u); key += ${steps}u) {`,
      ...keys.map((j) => {
        const row = `batch * ${time}u + min(key + ${j}u, ${time - 1}u)`;
        return `let at_${j} = ((${row}) * ${kvHeads}u + head / ${group}u) * ${headDim}u;`;
      }),
      ...chunks(headDim).flatMap((chunk) =>
        keys.flatMap((j) => [
          ...spreadChunk(io, traits, k, `at_${j}`, `k${j}_`, chunk),
          ...all.map((r) =>
            dotChunk(
              `s${r}_${j}`,
              (d) => `q${r}[${d}]`,
              (d) => `k${j}_${d}`,
              chunk,
            ),
          ),
          ...spreadChunk(io, traits, v, `at_${j}`, `v${j}_`, chunk),
          ...all.map((r) =>
            dotChunk(
              `dp${r}_${j}`,
              (d) => `g${r}[${d}]`,
              (d) => `v${j}_${d}`,
              chunk,
            ),
          ),
        ]),
      ),
      ...all.flatMap((r) =>
        keys.map((j) => {
          const scoreGrad = `exp2(s${r}_${j}_${headDim} - lse${r}) * (dp${r}_${j}_${headDim} - delta${r})`;
          return `let ds${r}_${j} = select(0f, ${scoreGrad}, key + ${j}u <= t${r});`;
        }),
      ),
      ...range(headDim).flatMap((d) =>
        all.map((r) => {
          const sum = keys.reduce((acc, j) => `fma(ds${r}_${j}, k${j}_${d}, ${acc})`, `dq${r}[${d}]`);
          return `dq${r}[${d}] = ${sum};`;
        }),
      ),
      "}",
      ...all.flatMap((r) => [
        `if (t${r} < ${time}u) {`,
        `for (var d = 0u; d < ${headDim}u; d++) { ${io.store(qGrad, `at${r} + d`, `dq${r}[d] * ${scale}`)} }`,
        io.store(delta, `row${r}`, `delta${r}`),
        "}",
      ]),
    ].join("\n"),
  });
  emit({
    label: `attention query gradient ${sizesLabel(sizes)}`,
    reads: [q, k, v, out, logSumExp, grad],
    writes: [qGrad, delta],
    groups,
    ...simdKernel(traits),
    body,
  });
}

/** `kGrad` and `vGrad`, summed over the queries of all heads of the group in their order. */
function keyValueGrad(node: Node, { traits, emit }: LowerContext, delta: Value): void {
  const [q, k, v, , logSumExp, grad] = node.inputs as [Value, Value, Value, Value, Value, Value];
  const [, kGrad, vGrad] = node.outputs as [Value, Value, Value];
  const sizes = attentionSizes(node);
  const { batch, time, heads, kvHeads, group, headDim, scale } = sizes;
  const { rows, steps } = unrolled(sizes, 128);
  const block = rows * simdLanes;
  const blocks = Math.ceil(time / block);
  const { groups, linear } = spread(batch * kvHeads * blocks);
  const all = range(rows);
  const queries = range(steps);

  const body = (io: KernelIo) => ({
    main: [
      `let task = ${linear};`,
      `if (task >= ${batch * kvHeads * blocks}u) { return; }`,
      `let first = (task % ${blocks}u) * ${block}u;`,
      `let kvHead = task / ${blocks}u % ${kvHeads}u;`,
      `let batch = task / ${blocks * kvHeads}u;`,
      ...all.flatMap((r) => [
        `let t${r} = first + ${r * simdLanes}u + lane;`,
        `let at${r} = ((batch * ${time}u + min(t${r}, ${time - 1}u)) * ${kvHeads}u + kvHead) * ${headDim}u;`,
        ...["k", "v", "dk", "dv"].map((name) => `var ${name}${r}: array<f32, ${headDim}>;`),
        `for (var d = 0u; d < ${headDim}u; d++) {`,
        `k${r}[d] = ${scoreScale(sizes)} * ${io.load(k, `at${r} + d`)}; v${r}[d] = ${io.load(v, `at${r} + d`)};`,
        "}",
      ]),
      `for (var head = kvHead * ${group}u; head < (kvHead + 1u) * ${group}u; head++) {`,
      `for (var query = first; query < ${time}u; query += ${steps}u) {`,
      ...queries.flatMap((i) => [
        `let t_${i} = min(query + ${i}u, ${time - 1}u);`,
        `let at_${i} = ((batch * ${time}u + t_${i}) * ${heads}u + head) * ${headDim}u;`,
        `let lse${i} = ${io.load(logSumExp, `(batch * ${heads}u + head) * ${time}u + t_${i}`)} * ${Math.LOG2E}f;`,
        `let delta${i} = ${io.load(delta, `(batch * ${heads}u + head) * ${time}u + t_${i}`)};`,
      ]),
      ...chunks(headDim).flatMap((chunk) =>
        queries.flatMap((i) => [
          ...spreadChunk(io, traits, q, `at_${i}`, `q${i}_`, chunk),
          ...all.map((r) =>
            dotChunk(
              `s${r}_${i}`,
              (d) => `k${r}[${d}]`,
              (d) => `q${i}_${d}`,
              chunk,
            ),
          ),
          ...spreadChunk(io, traits, grad, `at_${i}`, `g${i}_`, chunk),
          ...all.map((r) =>
            dotChunk(
              `dp${r}_${i}`,
              (d) => `v${r}[${d}]`,
              (d) => `g${i}_${d}`,
              chunk,
            ),
          ),
        ]),
      ),
      ...all.flatMap((r) =>
        queries.flatMap((i) => [
          `let seen${r}_${i} = query + ${i}u >= t${r} && query + ${i}u < ${time}u;`,
          `let p${r}_${i} = select(0f, exp2(s${r}_${i}_${headDim} - lse${i}), seen${r}_${i});`,
          `let ds${r}_${i} = p${r}_${i} * (dp${r}_${i}_${headDim} - delta${i});`,
        ]),
      ),
      ...range(headDim).flatMap((d) =>
        all.flatMap((r) => {
          const sum = (into: string, p: string, x: string) =>
            `${into}${r}[${d}] = ${queries.reduce((acc, i) => `fma(${p}${r}_${i}, ${x}${i}_${d}, ${acc})`, `${into}${r}[${d}]`)};`;
          return [sum("dv", "p", "g"), sum("dk", "ds", "q")];
        }),
      ),
      "}",
      "}",
      ...all.flatMap((r) => [
        `if (t${r} < ${time}u) {`,
        `for (var d = 0u; d < ${headDim}u; d++) {`,
        io.store(kGrad, `at${r} + d`, `dk${r}[d] * ${scale}`),
        io.store(vGrad, `at${r} + d`, `dv${r}[d]`),
        "}",
        "}",
      ]),
    ].join("\n"),
  });
  emit({
    label: `attention key and value gradient ${sizesLabel(sizes)}`,
    reads: [q, k, v, logSumExp, grad, delta],
    writes: [kGrad, vGrad],
    groups,
    ...simdKernel(traits),
    body,
  });
}
