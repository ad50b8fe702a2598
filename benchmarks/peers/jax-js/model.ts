// The Llama train step in jax-js. Arrays are owned: a function consumes its arguments, and `.ref` keeps one for later.

import type { DecoderConfig } from "@cambium/model";
import { defaultOptimizer } from "@cambium/train";
import { lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import type { StepSize } from "../../src/browser-page.js";

/**
 * `qkv` is [(heads + 2 · kvHeads) · headDim, hidden], `gateUp` [2 · intermediate, hidden]: one product per shared
 * input.
 */
type Layer = Record<"norm1" | "qkv" | "o" | "norm2" | "gateUp" | "down", np.Array>;
export type Parameters = { embedding: np.Array; layers: Layer[]; norm: np.Array; head: np.Array };

/** Cosines and sines [context, headDim / 2]. */
interface Tables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** (parameters, m, v, tokens [batch, context + 1], lr, step from 1) → [loss, parameters, m, v]; for `jit`. */
export function trainStep(model: DecoderConfig, size: StepSize, tables: Tables) {
  const gradient = valueAndGrad(lossOf(model, size, tables));
  return (parameters: Parameters, m: Parameters, v: Parameters, tokens: np.Array, lr: np.Array, step: np.Array) => {
    const [loss, grads] = gradient(tree.ref(parameters), tokens) as [np.Array, Parameters];
    return [loss, ...adamW(parameters, grads, m, v, lr, step)] as [np.Array, Parameters, Parameters, Parameters];
  };
}

/** x [rows, in] · w [out, in]ᵀ */
function linear(x: np.Array, w: np.Array): np.Array {
  return lax.dot(x, w, { lhsContractingDims: [1], rhsContractingDims: [1] });
}

function lossOf(model: DecoderConfig, { batch, context }: StepSize, tables: Tables) {
  const { heads, kvHeads, headDim, intermediate, vocab, rmsNormEps } = model;
  const rows = batch * context;
  const half = headDim / 2;

  const norm = (x: np.Array, weight: np.Array) => {
    const scale = np.reciprocal(np.sqrt(np.mean(np.square(x.ref), -1, { keepdims: true }).add(rmsNormEps)));
    return x.mul(scale).mul(weight);
  };
  /** Rotates pairs (i, i + half). With the halves on their own axis the partner is a flip, which costs nothing. */
  const rotate = (x: np.Array, count: number) => {
    const cos = np.array(tables.cos, { shape: [1, context, 1, 1, half] });
    const sin = np.array(tables.sin, { shape: [1, context, 1, 1, half] });
    const signs = np.array([-1, 1]).reshape([1, 1, 1, 2, 1]);
    const split = x.reshape([batch, context, count, 2, half]);
    const turned = split.ref.mul(cos).add(np.flip(split, 3).mul(signs.mul(sin)));
    return turned.reshape([batch, context, count, headDim]);
  };
  /** Softmax attention; q [batch, context, heads, headDim], k and v [batch, context, kvHeads, headDim]. */
  const attend = (q: np.Array, k: np.Array, v: np.Array) => {
    const position = np.arange(context);
    const later = np.less(position.ref.reshape([context, 1]), position.reshape([1, context]));
    const byHead = (x: np.Array) => np.transpose(x, [0, 2, 1, 3]);
    const shared = (x: np.Array) => byHead(kvHeads === heads ? x : np.repeat(x, heads / kvHeads, 2));
    const scores = np.einsum("bntd,bnsd->bnts", byHead(q), shared(k)).mul(1 / Math.sqrt(headDim));
    const shares = nn.softmax(scores.add(np.where(later, -1e9, 0)), -1);
    return byHead(np.einsum("bnts,bnsd->bntd", shares, shared(v)));
  };
  const block = (x: np.Array, { norm1, qkv, o, norm2, gateUp, down }: Layer) => {
    const [own, other] = [heads * headDim, kvHeads * headDim];
    const all = linear(norm(x.ref, norm1), qkv);
    const q = rotate(all.ref.slice([], [0, own]), heads);
    const k = rotate(all.ref.slice([], [own, own + other]), kvHeads);
    const v = all.slice([], [own + other, own + 2 * other]).reshape([batch, context, kvHeads, headDim]);
    const middle = x.add(linear(attend(q, k, v).reshape([rows, own]), o));
    const both = linear(norm(middle.ref, norm2), gateUp);
    const gate = both.ref.slice([], [0, intermediate]);
    const up = both.slice([], [intermediate, 2 * intermediate]);
    return middle.add(linear(nn.silu(gate).mul(up), down));
  };
  return ({ embedding, layers, norm: last, head }: Parameters, tokens: np.Array) => {
    const from = (start: number) => tokens.ref.slice([], [start, start + context]).reshape([rows]);
    const [inputs, targets] = [from(0), from(1)];
    tokens.dispose();
    const x = layers.reduce(block, np.take(embedding, inputs, 0));
    const logits = linear(norm(x, last), head);
    const hit = np.equal(targets.reshape([rows, 1]), np.arange(vocab).reshape([1, vocab]));
    const chosen = np.sum(np.where(hit, logits.ref, 0), -1);
    return np.mean(nn.logsumexp(logits, -1).sub(chosen));
  };
}

const { beta1, beta2, eps, weightDecay } = defaultOptimizer;
const clip = defaultOptimizer.clip ?? Number.POSITIVE_INFINITY;

/** Gradients clipped by their joint norm, then AdamW on every parameter → [parameters, m, v]. */
function adamW(parameters: Parameters, grads: Parameters, m: Parameters, v: Parameters, lr: np.Array, step: np.Array) {
  const squares = (tree.leaves(grads) as np.Array[]).map((g) => np.sum(np.square(g.ref)));
  const joint = np.sqrt(squares.reduce((a, b) => a.add(b)));
  const scale = np.minimum(np.reciprocal(joint.add(1e-6)).mul(clip), 1);
  const correction = (beta: number) => np.subtract(1, np.exp(step.ref.mul(Math.log(beta))));
  const size = lr.ref.div(correction(beta1));
  const spread = np.reciprocal(np.sqrt(correction(beta2)));
  const keep = np.subtract(1, lr.mul(weightDecay));
  step.dispose();
  const [leaves, structure] = tree.flatten(parameters) as [np.Array[], ReturnType<typeof tree.structure>];
  const [gs, ms, vs] = [grads, m, v].map((one) => tree.leaves(one) as np.Array[]) as [
    np.Array[],
    np.Array[],
    np.Array[],
  ];
  const next = leaves.map((parameter, i) => {
    const g = (gs[i] as np.Array).mul(scale.ref);
    const nextM = (ms[i] as np.Array).mul(beta1).add(g.ref.mul(1 - beta1));
    const nextV = (vs[i] as np.Array).mul(beta2).add(np.square(g).mul(1 - beta2));
    const root = np.sqrt(nextV.ref).mul(spread.ref).add(eps);
    return [parameter.mul(keep.ref).sub(nextM.ref.div(root).mul(size.ref)), nextM, nextV] as const;
  });
  for (const scalar of [scale, size, spread, keep]) scalar.dispose();
  return [0, 1, 2].map((part) =>
    tree.unflatten(
      structure,
      next.map((one) => one[part] as np.Array),
    ),
  ) as [Parameters, Parameters, Parameters];
}
