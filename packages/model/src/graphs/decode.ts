// The decoding step: one token, or a chunk of a prompt, with a key/value cache that is updated in place.
import {
  add,
  and,
  f32,
  type Graph,
  GraphBuilder,
  gather,
  i32,
  iota,
  less,
  matmul,
  maximum,
  minimum,
  mul,
  not,
  replaceRow,
  reshape,
  rope,
  select,
  sub,
  type Tensor,
  transpose,
} from "@cambium/ir";
import type { ModelSpec } from "../family.js";
import { sizesAlong } from "../model-spec.js";
import { ropeTables } from "../rope-tables.js";
import { forward } from "./forward.js";
import { groupedAttention, hiding } from "./grouped-attention.js";
import { plainWeights } from "./masked-weights.js";
import type { Pass, Rotary, Weights } from "./pass.js";
import { checkContext } from "./sequence.js";

export interface DecodeSize {
  readonly batch: number;
  /** Length of the cache, positions; at most the config's context length. */
  readonly context: number;
  /** Tokens per run; default 1. Use more to read a prompt. */
  readonly chunk?: number;
}

/** Names of a layer's cache tensors, each f32 [batch, kvHeads, context, headDim], keys already rotated. */
export function cacheNames(layer: number): { readonly k: string; readonly v: string } {
  return { k: `cache.k.${layer}`, v: `cache.v.${layer}` };
}

/**
 * Inputs: every parameter by its Hugging Face name, `token` i32 [batch, chunk], `position` i32 [] of the first token,
 * with a chunk > 1 also `last` i32 [] (which token of the chunk the logits are for), and the caches (`cacheNames`).
 * Outputs: `logits` f32 [batch, vocab] and the caches' next state, which replaces them. A position's row is written
 * before it is read. A cache may therefore start with any finite numbers, and tokens after `last` may be padding: their
 * rows are written again before a later token reads them. Rows beyond `context` are dropped.
 * @throws CambiumError `E_CONTEXT` if `context` exceeds the context length.
 */
export function decodeGraph(model: ModelSpec, { batch, context, chunk = 1 }: DecodeSize): Graph {
  checkContext(model, context);
  const builder = new GraphBuilder();
  const weights = plainWeights(builder, model);
  const token = builder.input("token", i32(batch, chunk));
  const position = builder.input("position", i32());
  const last = chunk > 1 ? builder.input("last", i32()) : undefined;
  const caches = cacheShapes(model, { batch, context }).map((shape, layer) => {
    const { k, v } = cacheNames(layer);
    return { k: builder.input(k, f32(...shape)), v: builder.input(v, f32(...shape)) };
  });

  const ids = reshape(token, { shape: [batch * chunk] });
  const { hidden, projection } = forward(model, cached(ids, weights, { batch, context, chunk }, position, caches));
  builder.scope("head", () => {
    const row = last && add(mul(iota(builder, { shape: [batch], axis: 0 }), chunk), last);
    builder.output("logits", matmul(row ? gather(hidden, row) : hidden, projection, { transB: true }));
  });
  caches.forEach(({ k, v }, layer) => {
    const names = cacheNames(layer);
    builder.output(names.k, k, { replaces: names.k });
    builder.output(names.v, v, { replaces: names.v });
  });
  return builder.finish();
}

/** Shape of each layer's two cache tensors. @throws CambiumError `E_FAMILY_AXIS` for a family without heads. */
export function cacheShapes(
  model: ModelSpec,
  { batch, context }: Pick<DecodeSize, "batch" | "context">,
): readonly (readonly number[])[] {
  const { layers, kvHeads, headDim } = sizesAlong(model, ["layers", "kvHeads", "headDim"]);
  return Array.from({ length: layers }, () => [batch, kvHeads, context, headDim]);
}

/** The pass of `chunk` tokens with a cache. `attend` replaces the layer's entry of `caches` by its next state. */
function cached(
  ids: Tensor,
  weights: Weights,
  { batch, context, chunk }: Required<DecodeSize>,
  position: Tensor,
  caches: { k: Tensor; v: Tensor }[],
): Pass {
  const { builder } = position;
  const own = add(iota(builder, { shape: [chunk], axis: 0 }), position);
  const inTable = minimum(own, context - 1);
  const rotary = (frequencies: Float32Array): Rotary => {
    const tables = ropeTables(frequencies, context);
    const cos = gather(builder.constant(tables.cos), inTable);
    const sin = gather(builder.constant(tables.sin), inTable);
    return (x, heads) =>
      rope(reshape(x, { shape: [batch, chunk, heads * 2 * frequencies.length] }), cos, sin, { heads });
  };

  const slot = iota(builder, { shape: [context], axis: 0 });
  const future = hiding(less(reshape(own, { shape: [chunk, 1] }), reshape(slot, { shape: [1, context] })));
  const isFresh = reshape(freshSlots(slot, position, chunk), { shape: [context, 1] });
  const source = chunk > 1 ? minimum(maximum(sub(slot, position), 0), chunk - 1) : undefined;

  /** `cache` with the rows of this run's tokens replaced by `fresh` [batch, chunk, kvHeads · headDim]. */
  const advance = (cache: Tensor, fresh: Tensor): Tensor => {
    const [, kvHeads, , headDim] = cache.shape as [number, number, number, number];
    const tokens = reshape(fresh, { shape: [batch, chunk, kvHeads, headDim] });
    if (!source) return replaceRow(cache, reshape(tokens, { shape: [batch, kvHeads, 1, headDim] }), position);
    const bySlot = gather(transpose(tokens, { permutation: [1, 0, 2, 3] }), source);
    return select(isFresh, transpose(bySlot, { permutation: [1, 2, 0, 3] }), cache);
  };
  const attend: Pass["attend"] = (q, k, v, { layer, heads, kvHeads, rotary: turn }) => {
    const cache = caches[layer] as { k: Tensor; v: Tensor };
    cache.k = advance(cache.k, turn(k, kvHeads));
    cache.v = advance(cache.v, v);
    return groupedAttention(turn(q, heads), cache.k, cache.v, future, heads);
  };
  return { ids, weights, rotary, attend };
}

/** bool [context]: the cache slots that this run's tokens occupy. */
function freshSlots(slot: Tensor, position: Tensor, chunk: number): Tensor {
  return and(not(less(slot, position)), less(slot, add(position, chunk)));
}
