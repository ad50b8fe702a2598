// Attention backward on software adapters, in two dispatches: lanes are queries in the first, keys in the second.
import type { Node, Value } from "@cambium/ir";
import type { LowerContext } from "../../lower/lowering.js";
import { type KernelIo, spread } from "../../wgsl/kernel.js";
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
import { attentionSizes, scoreScale, sizesLabel } from "./sizes.js";

type Inputs = readonly [q: Value, k: Value, v: Value, out: Value, logSumExp: Value, grad: Value];

export function cpuBackward(node: Node, context: LowerContext): void {
  const delta = context.temp((node.inputs[4] as Value).type);
  queryGrad(node, context, delta);
  keyValueGrad(node, context, delta);
}

/** `qGrad`, and `delta` = Σ grad · out of each row, which the other kernel needs of every query. */
function queryGrad(node: Node, { traits, emit }: LowerContext, delta: Value): void {
  const [q, k, v, out, logSumExp, grad] = node.inputs as unknown as Inputs;
  const qGrad = node.outputs[0] as Value;
  const sizes = attentionSizes(node);
  const { batch, time, heads, kvHeads, group, scale } = sizes;
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
      ...["q", "g", "dq"].map((name) => `var ${name}: array<vec4f, ${rows * vectors}>;`),
      ...["lse", "delta"].map((name) => `var ${name}: array<f32, ${rows}>;`),
      ...eachRow(rows, [
        `let at = ((batch * ${time}u + min(t, ${time - 1}u)) * ${heads}u + head) * ${sizes.headDim}u;`,
        `lse[r] = ${io.load(logSumExp, `(batch * ${heads}u + head) * ${time}u + min(t, ${time - 1}u)`)} * ${Math.LOG2E}f;`,
        "var sum = 0f;",
        `for (var c = 0u; c < ${vectors}u; c++) {`,
        `let x = ${rowVector(io, sizes, grad, "at", "c")};`,
        `g[r * ${vectors}u + c] = x;`,
        `q[r * ${vectors}u + c] = ${scoreScale(sizes)} * ${rowVector(io, sizes, q, "at", "c")};`,
        `sum += dot(x, ${rowVector(io, sizes, out, "at", "c")});`,
        "}",
        "delta[r] = sum;",
      ]),
      ...all.map(
        (r) => `let t${r} = first + ${r * simdLanes}u + lane; let lse${r} = lse[${r}]; let delta${r} = delta[${r}];`,
      ),
      `for (var key = 0u; key < min(first + ${block}u, ${time}u); key += ${steps}u) {`,
      ...keys.map((j) => {
        const row = `batch * ${time}u + min(key + ${j}u, ${time - 1}u)`;
        return `let at_${j} = ((${row}) * ${kvHeads}u + head / ${group}u) * ${sizes.headDim}u;`;
      }),
      ...range(vectors).flatMap((c) =>
        keys.flatMap((j) => [
          ...spreadVector(io, traits, sizes, k, `at_${j}`, `k${j}_${c}`, c),
          ...all.map((r) => dotStep(`s${r}_${j}`, `q[${r * vectors + c}]`, `k${j}_${c}`, c)),
          ...spreadVector(io, traits, sizes, v, `at_${j}`, `v${j}_${c}`, c),
          ...all.map((r) => dotStep(`dp${r}_${j}`, `g[${r * vectors + c}]`, `v${j}_${c}`, c)),
        ]),
      ),
      ...all.flatMap((r) =>
        keys.map((j) => {
          const [s, dp] = [`s${r}_${j}_${vectors - 1}`, `dp${r}_${j}_${vectors - 1}`];
          return `let ds${r}_${j} = select(0f, exp2(${s} - lse${r}) * (${dp} - delta${r}), key + ${j}u <= t${r});`;
        }),
      ),
      ...range(vectors).flatMap((c) =>
        all.map((r) => `dq[${r * vectors + c}] += ${keys.map((j) => `ds${r}_${j} * k${j}_${c}`).join(" + ")};`),
      ),
      "}",
      ...eachRow(rows, [
        `if (t < ${time}u) {`,
        `let at = ((batch * ${time}u + t) * ${heads}u + head) * ${sizes.headDim}u;`,
        `for (var c = 0u; c < ${vectors}u; c++) {`,
        storeVector(io, sizes, qGrad, "at", "c", `dq[r * ${vectors}u + c] * ${scale}`),
        "}",
        io.store(delta, `(batch * ${heads}u + head) * ${time}u + t`, "delta[r]"),
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
  const [q, k, v, , logSumExp, grad] = node.inputs as unknown as Inputs;
  const [, kGrad, vGrad] = node.outputs as [Value, Value, Value];
  const sizes = attentionSizes(node);
  const { batch, time, heads, kvHeads, group, scale } = sizes;
  const vectors = vectorsOf(sizes);
  const { rows, steps } = unrolled(sizes);
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
      ...["k", "v", "dk", "dv"].map((name) => `var ${name}: array<vec4f, ${rows * vectors}>;`),
      ...eachRow(rows, [
        `let at = ((batch * ${time}u + min(t, ${time - 1}u)) * ${kvHeads}u + kvHead) * ${sizes.headDim}u;`,
        `for (var c = 0u; c < ${vectors}u; c++) {`,
        `k[r * ${vectors}u + c] = ${scoreScale(sizes)} * ${rowVector(io, sizes, k, "at", "c")};`,
        `v[r * ${vectors}u + c] = ${rowVector(io, sizes, v, "at", "c")};`,
        "}",
      ]),
      ...all.map((r) => `let t${r} = first + ${r * simdLanes}u + lane;`),
      `for (var head = kvHead * ${group}u; head < (kvHead + 1u) * ${group}u; head++) {`,
      `for (var query = first; query < ${time}u; query += ${steps}u) {`,
      ...queries.flatMap((i) => [
        `let t_${i} = min(query + ${i}u, ${time - 1}u);`,
        `let at_${i} = ((batch * ${time}u + t_${i}) * ${heads}u + head) * ${sizes.headDim}u;`,
        `let lse${i} = ${io.load(logSumExp, `(batch * ${heads}u + head) * ${time}u + t_${i}`)} * ${Math.LOG2E}f;`,
        `let delta${i} = ${io.load(delta, `(batch * ${heads}u + head) * ${time}u + t_${i}`)};`,
      ]),
      ...range(vectors).flatMap((c) =>
        queries.flatMap((i) => [
          ...spreadVector(io, traits, sizes, q, `at_${i}`, `q${i}_${c}`, c),
          ...all.map((r) => dotStep(`s${r}_${i}`, `k[${r * vectors + c}]`, `q${i}_${c}`, c)),
          ...spreadVector(io, traits, sizes, grad, `at_${i}`, `g${i}_${c}`, c),
          ...all.map((r) => dotStep(`dp${r}_${i}`, `v[${r * vectors + c}]`, `g${i}_${c}`, c)),
        ]),
      ),
      ...all.flatMap((r) =>
        queries.flatMap((i) => [
          `let seen${r}_${i} = query + ${i}u >= t${r} && query + ${i}u < ${time}u;`,
          `let p${r}_${i} = select(0f, exp2(s${r}_${i}_${vectors - 1} - lse${i}), seen${r}_${i});`,
          `let ds${r}_${i} = p${r}_${i} * (dp${r}_${i}_${vectors - 1} - delta${i});`,
        ]),
      ),
      ...range(vectors).flatMap((c) =>
        all.flatMap((r) => [
          `dv[${r * vectors + c}] += ${queries.map((i) => `p${r}_${i} * g${i}_${c}`).join(" + ")};`,
          `dk[${r * vectors + c}] += ${queries.map((i) => `ds${r}_${i} * q${i}_${c}`).join(" + ")};`,
        ]),
      ),
      "}",
      "}",
      ...eachRow(rows, [
        `if (t < ${time}u) {`,
        `let at = ((batch * ${time}u + t) * ${kvHeads}u + kvHead) * ${sizes.headDim}u;`,
        `for (var c = 0u; c < ${vectors}u; c++) {`,
        `{ ${storeVector(io, sizes, kGrad, "at", "c", `dk[r * ${vectors}u + c] * ${scale}`)} }`,
        `{ ${storeVector(io, sizes, vGrad, "at", "c", `dv[r * ${vectors}u + c]`)} }`,
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
