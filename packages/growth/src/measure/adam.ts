// AdamW in float64 over tensors in memory, for measuring what a growth leaves of training.
import type { Weights } from "./logits.js";

const [b1, b2] = [0.9, 0.95];

export interface AdamState {
  readonly m: Weights;
  readonly v: Weights;
  readonly updates: number;
}

export interface AdamSettings {
  /** Decoupled weight decay, at the rate without its factor. */
  readonly decay: number;
  readonly eps: number;
  /** Factors on the learning rate by tensor. */
  readonly multipliers: Readonly<Record<string, number>>;
}

export class Adam {
  /** Changed by `step`. */
  readonly weights: Weights;
  readonly #settings: AdamSettings;
  #state: AdamState;

  /** @param weights copied; the tensors that train must be in `state` too, which is changed. */
  constructor(
    weights: Readonly<Weights>,
    settings: Partial<AdamSettings> = {},
    state: AdamState = freshState(weights),
  ) {
    this.weights = Object.fromEntries(
      Object.entries(weights).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
    );
    this.#settings = { decay: 0, eps: 1e-12, multipliers: {}, ...settings };
    this.#state = state;
  }

  get state(): AdamState {
    return this.#state;
  }

  /** Changes the weights that have a gradient. */
  step(gradients: Readonly<Record<string, Float64Array>>, rate: number): void {
    const updates = this.#state.updates + 1;
    const { decay, eps, multipliers } = this.#settings;
    for (const [name, gradient] of Object.entries(gradients)) {
      const of = (tensors: Weights) => tensors[name]?.data as Float64Array;
      const [w, m, v] = [of(this.weights), of(this.#state.m), of(this.#state.v)];
      const own = rate * (multipliers[name] ?? 1);
      gradient.forEach((g, i) => {
        m[i] = b1 * (m[i] as number) + (1 - b1) * g;
        v[i] = b2 * (v[i] as number) + (1 - b2) * g * g;
        const [mean, square] = [m[i] / (1 - b1 ** updates), v[i] / (1 - b2 ** updates)];
        w[i] = (w[i] as number) * (1 - decay * rate) - (own * mean) / (Math.sqrt(square) + eps);
      });
    }
    this.#state = { ...this.#state, updates };
  }
}

/** No moments yet. */
export function freshState(weights: Readonly<Weights>): AdamState {
  const zeros = () =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { type, data }]) => [name, { type, data: new Float64Array(data.length) }]),
    );
  return { m: zeros(), v: zeros(), updates: 0 };
}
