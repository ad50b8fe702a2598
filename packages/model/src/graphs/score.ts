// The scoring graph: log-likelihoods of some tokens of a batch. Several continuations of a prefix may follow it in one
// row without seeing each other, so that the prefix is computed once.
import {
  and,
  argMax,
  concat,
  equal,
  exp,
  type Graph,
  GraphBuilder,
  gather,
  i32,
  iota,
  less,
  log,
  matmul,
  not,
  reduceMax,
  reduceSum,
  reshape,
  rope,
  select,
  slice,
  sub,
  type Tensor,
  transpose,
} from "@cambium/ir";
import type { ModelSpec } from "../family.js";
import { contextLength } from "../model-spec.js";
import { ropeTables } from "../rope-tables.js";
import { forward } from "./forward.js";
import { groupedAttention, hiding } from "./grouped-attention.js";
import { plainWeights } from "./masked-weights.js";
import type { Pass, Weights } from "./pass.js";
import { causal, checkContext } from "./sequence.js";

export interface ScoreSize {
  readonly batch: number;
  /** Tokens per row; at most the model's context length, unless `shared`. */
  readonly context: number;
  /** Number of predictions that are scored. */
  readonly scored: number;
  /** Whether rows hold a prefix and several continuations of it. Default false. */
  readonly shared?: boolean;
  /** Number of likeliest tokens to return for each prediction; default 1, at most the vocabulary. */
  readonly top?: number;
}

/** Predictions whose logits are in memory at once: 512 rows of 32,000 logits are 66 MB. */
const atOnce = 512;

/** Lower than every logit, and finite. */
const lowest = -3e38;

/**
 * Inputs: every parameter by its Hugging Face name, `tokens` i32 [batch, context], `at` i32 [scored], the places in
 * [batch · context] whose next token is scored, and `targets` i32 [scored], those tokens. With `shared` also
 * `positions` i32 [batch, context], below the context length, and `segments` i32 [batch, context]: a token sees the
 * earlier tokens of its own segment and of segment 0, the prefix. Outputs: `logLikelihood` f32 [scored], log p of the
 * target in nats; `likeliest` i32 [scored, top], the likeliest token first (at equal logits the lower id);
 * `likeliestLogLikelihood` f32 [scored, top], their log p.
 * @throws CambiumError `E_CONTEXT` if `context` exceeds the context length, without `shared`.
 */
export function scoreGraph(model: ModelSpec, { batch, context, scored, shared = false, top = 1 }: ScoreSize): Graph {
  if (!shared) checkContext(model, context);
  const builder = new GraphBuilder();
  const weights = plainWeights(builder, model);
  const ids = reshape(builder.input("tokens", i32(batch, context)), { shape: [batch * context] });
  const at = builder.input("at", i32(scored));
  const targets = builder.input("targets", i32(scored));
  const pass = shared
    ? branching(
        ids,
        weights,
        builder.input("positions", i32(batch, context)),
        builder.input("segments", i32(batch, context)),
        model,
      )
    : causal(ids, weights, batch, context);
  const { hidden, projection } = forward(model, pass);
  builder.scope("head", () => {
    const parts = Array.from({ length: Math.ceil(scored / atOnce) }, (_, i) => {
      const range = { start: [i * atOnce], end: [Math.min(scored, (i + 1) * atOnce)] };
      return scores(gather(hidden, slice(at, range)), projection, slice(targets, range), top);
    });
    for (const name of ["logLikelihood", "likeliest", "likeliestLogLikelihood"] as const) {
      const [first, ...more] = parts.map((part) => part[name]) as [Tensor, ...Tensor[]];
      builder.output(name, more.length > 0 ? concat([first, ...more], { axis: 0 }) : first);
    }
  });
  return builder.finish();
}

function scores(hidden: Tensor, projection: Tensor, targets: Tensor, top: number) {
  const { builder } = hidden;
  const rows = hidden.shape[0] as number;
  const lastAxis = { axes: [-1], keepDims: true };
  const logits = matmul(hidden, projection, { transB: true });
  const ids = iota(builder, { shape: logits.shape, axis: 1 });
  const isTarget = equal(ids, reshape(targets, { shape: [rows, 1] }));
  const shifted = sub(logits, reduceMax(logits, lastAxis));
  const picked = reduceSum(select(isTarget, shifted, 0), lastAxis);
  const normalizer = log(reduceSum(exp(shifted), lastAxis));
  const found: Tensor[] = [];
  const logs: Tensor[] = [];
  // One argmax after another, each without the tokens found before: `top` is small.
  for (let rest = logits; found.length < top; ) {
    const best = reshape(argMax(rest, { axis: 1 }), { shape: [rows, 1] });
    const shift = found.length === 0 ? 0 : sub(reduceMax(rest, lastAxis), reduceMax(logits, lastAxis));
    found.push(best);
    logs.push(sub(shift, normalizer));
    if (found.length < top) rest = select(equal(ids, best), lowest, rest);
  }
  const beside = (columns: Tensor[]) =>
    top > 1 ? concat(columns as [Tensor, ...Tensor[]], { axis: 1 }) : (columns[0] as Tensor);
  return {
    logLikelihood: reshape(sub(picked, normalizer), { shape: [rows] }),
    likeliest: beside(found),
    likeliestLogLikelihood: beside(logs),
  };
}

/** The pass of rows with a prefix and its continuations. Positions and visibility come from inputs. */
function branching(ids: Tensor, weights: Weights, positions: Tensor, segments: Tensor, model: ModelSpec): Pass {
  const { builder } = ids;
  const [batch, context] = positions.shape as [number, number];
  const flat = reshape(positions, { shape: [batch * context] });
  const slot = iota(builder, { shape: [context], axis: 0 });
  const future = less(reshape(slot, { shape: [context, 1] }), reshape(slot, { shape: [1, context] }));
  const own = reshape(segments, { shape: [batch, context, 1] });
  const seen = reshape(segments, { shape: [batch, 1, context] });
  const foreign = and(not(equal(seen, 0)), not(equal(seen, own)));
  const hidden = reshape(not(and(not(future), not(foreign))), { shape: [batch, 1, 1, context, context] });
  const mask = hiding(hidden);
  return {
    ids,
    weights,
    rotary: (frequencies) => {
      // A token's position is at most its place in the row.
      const tables = ropeTables(frequencies, Math.min(context, contextLength(model)));
      const cos = gather(builder.constant(tables.cos), flat);
      const sin = gather(builder.constant(tables.sin), flat);
      return (x, heads) => rope(reshape(x, { shape: [1, ...x.shape] }), cos, sin, { heads });
    },
    attend: (q, k, v, { heads, kvHeads, rotary }) => {
      const byHead = (x: Tensor) => {
        const headDim = (v.shape[1] as number) / kvHeads;
        return transpose(reshape(x, { shape: [batch, context, kvHeads, headDim] }), { permutation: [0, 2, 1, 3] });
      };
      return groupedAttention(rotary(q, heads), byHead(rotary(k, kvHeads)), byHead(v), mask, heads);
    },
  };
}
