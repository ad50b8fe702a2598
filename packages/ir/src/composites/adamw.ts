// adamw: one AdamW update of one tensor (Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", Alg. 2), and
// a variant that skips the update when a gradient overflowed f16.
import { formatType, sameType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Tensor } from "../graph.js";
import { defineComposite } from "../op.js";
import { add } from "../ops/add.js";
import { cast } from "../ops/cast.js";
import { div } from "../ops/div.js";
import { exp } from "../ops/exp.js";
import { less } from "../ops/less.js";
import { mul } from "../ops/mul.js";
import { select } from "../ops/select.js";
import { sqrt } from "../ops/sqrt.js";
import { sub } from "../ops/sub.js";
import { tanh } from "../ops/tanh.js";
import { drawn, given } from "../sample.js";

export interface AdamWAttrs {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled decay: the parameter shrinks by lr · weightDecay. `lrMultiplier` does not affect it. */
  readonly weightDecay: number;
  /** Multiplies the learning rate of the Adam step for this tensor. Default 1. */
  readonly lrMultiplier?: number;
}

/**
 * `param`, `grad`, `m`, `v` f32 of one shape; `gradScale` [] from `clipByGlobalNorm`; `lr` []; `step` i32 [], 1 at the
 * first update → the next `param`, `m`, `v`. With g = grad · gradScale: m' = β₁m + (1−β₁)g, v' = β₂v + (1−β₂)g²,
 * param' = param·(1 − lr·decay) − lr·multiplier · (m'/(1−β₁^step)) / (√(v'/(1−β₂^step)) + eps).
 */
export const adamw = defineComposite({
  name: "adamw",
  inputs: ["param", "grad", "m", "v", "gradScale", "lr", "step"],
  outputs: ["nextParam", "nextM", "nextV"],
  attrs: withDefaults,
  infer: ([param, grad, m, v, gradScale, lr, step]) => {
    const scalars = [gradScale, lr, step].map(formatType).join(" ");
    if (![grad, m, v].every((type) => sameType(type, param)) || scalars !== "f32[] f32[] i32[]") {
      throw new CambiumError("E_SHAPE", "inputs do not fit together", {
        expected: "param, grad, m, v: f32 of one shape; gradScale, lr: f32[]; step: i32[]",
        got: [param, grad, m, v, gradScale, lr, step].map(formatType).join(", "),
      });
    }
    return [param, param, param];
  },
  decompose: ([param, grad, m, v, gradScale, lr, step], attrs) => {
    const { beta1, beta2, eps, weightDecay, lrMultiplier } = attrs;
    const g = mul(grad, gradScale);
    const nextM = add(mul(m, beta1), mul(g, 1 - beta1));
    const nextV = add(mul(v, beta2), mul(mul(g, g), 1 - beta2));
    const size = div(mul(lr, lrMultiplier), biasCorrection(step, beta1));
    const denominator = add(div(sqrt(nextV), sqrt(biasCorrection(step, beta2))), eps);
    const decayed = mul(param, sub(1, mul(lr, weightDecay)));
    return [sub(decayed, mul(size, div(nextM, denominator))), nextM, nextV];
  },
  samples: [
    {
      inputs: [...state(3, 4), ...scalars(0.7, 0.01, 1)],
      attrs: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
      gradient: false,
    },
    {
      inputs: [...state(7), ...scalars(1, 0.1, 100)],
      attrs: { beta1: 0.9, beta2: 0.999, eps: 1e-6, weightDecay: 0, lrMultiplier: 0.5 },
      gradient: false,
    },
  ],
});

/**
 * As `adamw`, but where `gradScale` is 0 the outputs equal `param`, `m` and `v` bit for bit, whatever `grad` holds. A step
 * whose gradients overflowed is skipped this way on the device, where the overflow is noticed.
 */
export const guardedAdamw = defineComposite({
  name: "guardedAdamw",
  inputs: ["param", "grad", "m", "v", "gradScale", "lr", "step"],
  outputs: ["nextParam", "nextM", "nextV"],
  attrs: withDefaults,
  infer: (types, attrs) => adamw.op.infer(types, { ...attrs }),
  decompose: ([param, grad, m, v, gradScale, lr, step], attrs) => {
    const [nextParam, nextM, nextV] = adamw(param, grad, m, v, gradScale, lr, step, attrs);
    const go = less(0, gradScale);
    return [select(go, nextParam, param), select(go, nextM, m), select(go, nextV, v)];
  },
  samples: [0.7, 0].map((scale) => ({
    inputs: [...state(3, 4), ...scalars(scale, 0.01, 3)],
    attrs: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
    gradient: false,
  })),
});

function withDefaults(attrs: AdamWAttrs) {
  return { lrMultiplier: 1, ...attrs };
}

/** 1 − β^step, computed as tanh(−x/2) · (eˣ + 1) with x = step · ln β, which does not cancel where β^step ≈ 1. */
function biasCorrection(step: Tensor, beta: number): Tensor {
  const x = mul(cast(step, { to: "f32" }), Math.log(beta));
  return mul(tanh(mul(x, -0.5)), add(exp(x), 1));
}

function state(...shape: number[]) {
  return [drawn("f32", shape), drawn("f32", shape), drawn("f32", shape, [-0.1, 0.1]), drawn("f32", shape, [0.01, 0.2])];
}

function scalars(scale: number, lr: number, step: number) {
  return [given("f32", [], [scale]), given("f32", [], [lr]), given("i32", [], [step])];
}
