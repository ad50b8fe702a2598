// Bases, and what the tests of G_direct in width measure: logits, gradients by rule, and one AdamW in float64.
import { type Expr, type GrowthPlan, mapParts, parsePlan, planJson } from "@cambium/growth";
import { growExactly, logits, randomWeights, type Weights } from "@cambium/growth/conformance";
import { type DecoderInput, llama, type ModelSpec, modelSpec } from "@cambium/model";
import directWidth from "../src/index.js";

/** Four query heads over two key/value heads, all axes of different size. */
export function config(given: Partial<DecoderInput> = {}): ModelSpec {
  const sizes = { vocab: 97, hidden: 32, intermediate: 56, layers: 3, heads: 4, kvHeads: 2, headDim: 8 };
  return modelSpec(llama, { ...sizes, contextLength: 32, ...given });
}

export interface Apart {
  /** Largest difference of a logit. */
  readonly error: number;
  /** Largest logit. */
  readonly size: number;
}

/** How far the logits of `plan`'s target are from its base's, both of random weights, norms included. */
export async function apart(plan: GrowthPlan, precision: "f32" | "f64" = "f64"): Promise<Apart> {
  const held = precision === "f64" ? (weights: Weights) => weights : rounded;
  const weights = held(randomWeights(plan.base, "width"));
  const expected = logits(plan.base, weights, undefined, precision);
  const actual = logits(plan.target, held(await growExactly(plan, weights)), undefined, precision);
  const error = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - (actual[i] as number))), 0);
  return { error, size: expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0) };
}

/** Each number rounded to float32. */
function rounded(weights: Weights): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { type, data }]) => [name, { type, data: data.map(Math.fround) }]),
  );
}

export function grown(given: Partial<DecoderInput>, options: Record<string, unknown>): GrowthPlan {
  return directWidth.plan(config(given), options);
}

/** What the plan's moment rules make of tensors of the base, float64; `power` 2 squares their factors. */
export function byRule(plan: GrowthPlan, tensors: Weights, power: 1 | 2 = 1): Promise<Weights> {
  const raised = (expr: Expr): Expr => {
    const parts = mapParts(expr, raised);
    const list = parts.kind === "take" && Array.isArray(parts.scale) ? (parts.scale as number[]) : undefined;
    return list ? ({ ...parts, scale: list.map((factor) => factor ** power) } as Expr) : parts;
  };
  const rules = Object.entries({ ...plan.tensors, ...plan.optimizer.moments });
  return growExactly(
    { ...plan, tensors: Object.fromEntries(rules.map(([name, rule]) => [name, raised(rule)])) },
    tensors,
  );
}

/**
 * AdamW in float64 on flat parameters, in place: β 0.9 and 0.95, weight decay 0.1 at the unscaled rate, ε next to 0.
 */
export class Adam {
  constructor(
    readonly weights: Weights,
    readonly m: Weights,
    readonly v: Weights,
    private updates: number,
    private readonly multipliers: Readonly<Record<string, number>> = {},
  ) {}

  step(gradients: Readonly<Record<string, Float64Array>>, rate: number): void {
    this.updates++;
    const [b1, b2] = [0.9, 0.95];
    for (const [name, gradient] of Object.entries(gradients)) {
      const [w, m, v] = [this.weights, this.m, this.v].map((of) => of[name]?.data) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const own = rate * (this.multipliers[name] ?? 1);
      gradient.forEach((g, i) => {
        m[i] = b1 * (m[i] as number) + (1 - b1) * g;
        v[i] = b2 * (v[i] as number) + (1 - b2) * g * g;
        const [mean, square] = [m[i] / (1 - b1 ** this.updates), v[i] / (1 - b2 ** this.updates)];
        w[i] = (w[i] as number) * (1 - 0.1 * rate) - (own * mean) / (Math.sqrt(square) + 1e-30);
      });
    }
  }
}

/** Tensors of zeros in the shapes of `weights`. */
export function zerosLike(weights: Weights): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => [name, { ...tensor, data: new Float64Array(tensor.data.length) }]),
  );
}

/** `plan` with other tensors, checked. */
export function withTensors(plan: GrowthPlan, tensors: Record<string, Expr>): GrowthPlan {
  return parsePlan(planJson({ ...plan, tensors: { ...plan.tensors, ...tensors } }));
}
