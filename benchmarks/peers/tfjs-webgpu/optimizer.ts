// The optimizer of the peer: parameters and moments are one vector each, so a step takes a dozen ops.
import { defaultOptimizer } from "@cambium/train";
import * as tf from "@tensorflow/tfjs-core";

/** Parameters and moments, each one vector. */
export interface State {
  readonly parameters: tf.Tensor1D;
  readonly m: tf.Tensor1D;
  readonly v: tf.Tensor1D;
}

const { beta1, beta2, eps, weightDecay } = defaultOptimizer;
const clip = defaultOptimizer.clip ?? Number.POSITIVE_INFINITY;

/** Gradient clipped by its norm, then AdamW. @param step 1 at the first */
export function adamW({ parameters, m, v }: State, gradient: tf.Tensor1D, lr: number, step: number): State {
  const norm = tf.sqrt(tf.sum(tf.square(gradient)));
  const scale = tf.minimum(tf.div(clip, tf.add(norm, 1e-6)), 1);
  const g = tf.mul(gradient, scale);
  const nextM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
  const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
  // Both bias corrections in two scalars: m̂ / (√v̂ + ε) = a · m / (√v + b).
  const spread = Math.sqrt(1 - beta2 ** step);
  const size = (lr * spread) / (1 - beta1 ** step);
  const move = tf.div(tf.mul(nextM, size), tf.add(tf.sqrt(nextV), eps * spread));
  const next = tf.sub(tf.mul(parameters, 1 - lr * weightDecay), move);
  return { parameters: next, m: nextM, v: nextV } as State;
}
