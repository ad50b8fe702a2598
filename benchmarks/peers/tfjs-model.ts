// The Llama of both TensorFlow.js peers, written for tfjs's tape: gradients for which the tape would run many small
// kernels are written out, and query, key and value are one projection.
import type { DecoderConfig } from "@cambium/model";
import * as tf from "@tensorflow/tfjs-core";
import type { StepSize } from "../src/browser-page.js";

/** Cosines and sines [context, headDim / 2]. */
interface Tables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

type Weights = Record<string, tf.Tensor>;

/** Names and shapes of the weights, in the order of the vector. `qkv` is [(heads + 2 · kvHeads) · headDim, hidden]. */
export function weightShapes(model: DecoderConfig): readonly (readonly [name: string, shape: number[]])[] {
  const { vocab, hidden, intermediate, heads, kvHeads, headDim } = model;
  const layer = (i: number): [string, number[]][] => [
    [`${i}.norm1`, [hidden]],
    [`${i}.qkv`, [(heads + 2 * kvHeads) * headDim, hidden]],
    [`${i}.o`, [hidden, heads * headDim]],
    [`${i}.norm2`, [hidden]],
    [`${i}.gate`, [intermediate, hidden]],
    [`${i}.up`, [intermediate, hidden]],
    [`${i}.down`, [hidden, intermediate]],
  ];
  return [
    ["embedding", [vocab, hidden]],
    ...Array.from({ length: model.layers }, (_, i) => layer(i)).flat(),
    ["norm", [hidden]],
    ["head", [vocab, hidden]],
  ];
}

/** Returns the gradient of a table from `dy`, the gradients of its rows at `ids`. */
export type RowSums = (dy: tf.Tensor, ids: tf.Tensor1D, vocab: number) => tf.Tensor;

/** Sums as a product with one-hot rows. */
export const productSums: RowSums = (dy, ids, vocab) =>
  tf.matMul(tf.cast(tf.oneHot(ids, vocab), "float32"), dy, true, false);

/** The mean cross entropy of `weights` on token ids i32 [batch, context + 1]. */
export function lossOf(model: DecoderConfig, { batch, context }: StepSize, tables: Tables, rowSums: RowSums) {
  const { heads, kvHeads, headDim, vocab, rmsNormEps } = model;
  const rows = batch * context;
  const all = heads + 2 * kvHeads;
  const rotary = rotaryTables(model, context, tables);
  const mask = tf.tidy(() => {
    const at = tf.range(0, context, 1, "int32");
    const later = tf.greater(tf.reshape(at, [1, context]), tf.reshape(at, [context, 1]));
    return tf.mul(tf.cast(later, "float32"), -1e9);
  });
  const shared = tf.tensor1d(
    Array.from({ length: heads }, (_, head) => Math.floor((head * kvHeads) / heads)),
    "int32",
  );
  const linear = (x: tf.Tensor, w: tf.Tensor) => tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true);

  /** Attention: y [rows, hidden] → [heads, batch, context, headDim] → [rows, heads · headDim]. */
  const attend = (qkv: tf.Tensor): tf.Tensor => {
    const turned = rotate(tf.transpose(tf.reshape(qkv, [batch, context, all, headDim]), [2, 0, 1, 3]), rotary);
    const [q, key, value] = tf.split(turned, [heads, kvHeads, kvHeads], 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const spread = (x: tf.Tensor) => (kvHeads === heads ? x : tf.gather(x, shared, 0));
    const scores = tf.add(tf.matMul(q, spread(key), false, true), mask);
    const mixed = tf.matMul(tf.softmax(scores), spread(value));
    return tf.reshape(tf.transpose(mixed, [1, 2, 0, 3]), [rows, heads * headDim]);
  };
  return (weights: Weights, tokens: tf.Tensor2D): tf.Scalar => {
    const w = (name: string) => weights[name] as tf.Tensor;
    const from = (start: number) => tf.reshape(tf.slice(tokens, [0, start], [batch, context]), [rows]) as tf.Tensor1D;
    let x = embed(w("embedding"), from(0), rowSums);
    for (let i = 0; i < model.layers; i++) {
      const attended = attend(linear(rmsNorm(x, w(`${i}.norm1`), rmsNormEps), w(`${i}.qkv`)));
      x = tf.add(x, linear(attended, w(`${i}.o`)));
      const y = rmsNorm(x, w(`${i}.norm2`), rmsNormEps);
      x = tf.add(x, linear(swiglu(linear(y, w(`${i}.gate`)), linear(y, w(`${i}.up`))), w(`${i}.down`)));
    }
    return crossEntropy(linear(rmsNorm(x, w("norm"), rmsNormEps), w("head")), from(1), vocab);
  };
}

/**
 * Tables [heads + 2 · kvHeads, 1, context, headDim]: they also scale queries for attention, and leave values unchanged.
 */
function rotaryTables({ heads, kvHeads, headDim }: DecoderConfig, context: number, { cos, sin }: Tables) {
  const half = headDim / 2;
  const kinds = [heads, kvHeads, kvHeads].flatMap((count, kind) => Array.from({ length: count }, () => kind));
  const table = (turned: (i: number, second: boolean) => number, still: number) =>
    tf.tensor(
      kinds.flatMap((kind) =>
        Array.from({ length: context * headDim }, (_, at) => {
          const [row, column] = [Math.floor(at / headDim), at % headDim];
          if (kind === 2) return still;
          return turned(row * half + (column % half), column >= half) * (kind === 0 ? 1 / Math.sqrt(headDim) : 1);
        }),
      ),
      [kinds.length, 1, context, headDim],
    );
  const forward = table((i, second) => (second ? 1 : -1) * (sin[i] as number), 0);
  return { cos: table((i) => cos[i] as number, 1), sin: forward, back: tf.neg(forward) };
}

type Rotary = ReturnType<typeof rotaryTables>;

/** Rotates pairs (i, i + headDim / 2) by their position's angle; with `back`, by its negative. */
function rotate(x: tf.Tensor, { cos, sin, back }: Rotary): tf.Tensor {
  const turn = (one: tf.Tensor, signed: tf.Tensor) => {
    const half = (one.shape[3] as number) / 2;
    const swapped = tf.reverse(tf.reshape(one, [one.size / half / 2, 2, half]), 1);
    return tf.add(tf.mul(one, cos), tf.mul(tf.reshape(swapped, one.shape), signed));
  };
  return tf.customGrad((one) => ({
    value: turn(one as tf.Tensor, sin),
    gradFunc: (dy) => turn(dy as tf.Tensor, back),
  }))(x);
}

function rmsNorm(x: tf.Tensor, weight: tf.Tensor, eps: number): tf.Tensor {
  return tf.customGrad((one, w, save) => {
    const [input, scale, keep] = [one, w, save] as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), eps));
    const normed = tf.mul(input, inverse);
    keep([normed, inverse, scale]);
    return {
      value: tf.mul(normed, scale),
      gradFunc: (dy, saved) => {
        const [unit, factor, gain] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const gradient = dy as tf.Tensor;
        const inner = tf.mul(gradient, gain);
        const along = tf.mean(tf.mul(inner, unit), -1, true);
        const dx = tf.mul(tf.sub(inner, tf.mul(unit, along)), factor);
        return [dx, tf.sum(tf.mul(gradient, unit), 0)];
      },
    };
  })(x, weight);
}

function swiglu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return tf.customGrad((g, u, save) => {
    const [a, b, keep] = [g, u, save] as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const open = tf.sigmoid(a);
    const active = tf.mul(a, open);
    keep([open, active, b]);
    return {
      value: tf.mul(active, b),
      gradFunc: (dy, saved) => {
        const [sigmoid, silu, other] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const gradient = dy as tf.Tensor;
        // silu' = σ + silu · (1 − σ) = silu + σ · (1 − silu)
        const slope = tf.add(silu, tf.mul(sigmoid, tf.sub(1, silu)));
        return [tf.mul(tf.mul(gradient, other), slope), tf.mul(gradient, silu)];
      },
    };
  })(gate, up);
}

/** Rows of the table. */
function embed(table: tf.Tensor, ids: tf.Tensor1D, rowSums: RowSums): tf.Tensor {
  return tf.customGrad((one, save) => {
    // The ids are made within the loss, and before the backward pass tfjs frees what was made there and not saved.
    (save as tf.GradSaveFunc)([ids]);
    return {
      value: tf.gather(one as tf.Tensor, ids, 0),
      gradFunc: (dy, saved) => {
        const [held] = saved as [tf.Tensor1D];
        return rowSums(dy as tf.Tensor, held, table.shape[0] as number);
      },
    };
  })(table);
}

/** Mean over rows of −log softmax(logits)[target]. */
function crossEntropy(logits: tf.Tensor, targets: tf.Tensor1D, vocab: number): tf.Scalar {
  return tf.customGrad((one, save) => {
    const [input, keep] = [one, save] as [tf.Tensor, tf.GradSaveFunc];
    const hot = tf.cast(tf.oneHot(targets, vocab), "float32");
    const shifted = tf.sub(input, tf.max(input, -1, true));
    const powers = tf.exp(shifted);
    const sums = tf.sum(powers, -1, true);
    const chosen = tf.sum(tf.mul(shifted, hot), -1, true);
    keep([powers, sums, hot]);
    return {
      value: tf.mean(tf.sub(tf.log(sums), chosen)),
      gradFunc: (dy, saved) => {
        const [exponentials, total, one] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        return tf.mul(tf.sub(tf.div(exponentials, total), one), tf.div(dy as tf.Tensor, targets.size));
      },
    };
  })(logits) as tf.Scalar;
}
