// How far rounding may move the results of a whole graph. The graph is evaluated in float64 several times, each time
// with every primitive's result off by its bound in a random direction (Monte Carlo arithmetic: Parker 1997).

import type { HostTensor } from "./dtype.js";
import { errorBounds } from "./error-bounds.js";
import type { Graph } from "./graph.js";
import { highest } from "./lists.js";
import { decompose } from "./passes/decompose.js";
import { Random } from "./random.js";
import type { RefTensor } from "./ref-tensor.js";
import { type EvaluateOptions, evaluate } from "./reference.js";

type Values = Readonly<Record<string, RefTensor | HostTensor>>;

/** Number of perturbed evaluations beside the exact one. */
const spreadDraws = 4;

/**
 * How many times as far as the farthest draw a device may be. A scalar has only `spreadDraws` draws. The chance that
 * all of them fall within a fifth of their standard deviation, and the device beyond four times that, is less than
 * 1e-4: a device's roundings are about a third of their bounds or less.
 */
const margin = 4;

/** An output in float64, and how far from it any element of a device's result may be. */
export interface Expected {
  readonly exact: RefTensor;
  readonly tolerance: number;
}

/**
 * Float64 evaluations of one graph, exact and perturbed. Each continues from its own state at the next training step.
 */
export class RoundingSpread {
  readonly #graph: Graph;
  readonly #draws: { state: Values; readonly options: EvaluateOptions }[];

  /** @param state initial values of the inputs that an output replaces. */
  constructor(graph: Graph, state: Values = {}) {
    this.#graph = decompose(graph);
    const perturbed = Array.from({ length: spreadDraws }, (_, i) => ({ instead: perturbing(`rounding/${i}`) }));
    this.#draws = [{}, ...perturbed].map((options) => ({ state, options: { precision: "f64", ...options } }));
  }

  /** State before the next step, of the exact evaluation. */
  get state(): Values {
    return this.#draws[0]?.state ?? {};
  }

  /** Evaluates the graph once on `inputs` and the state. */
  step(inputs: Values): Readonly<Record<string, Expected>> {
    const results = this.#draws.map((draw) => {
      const outputs = evaluate(this.#graph, { ...draw.state, ...inputs }, draw.options);
      const next = this.#graph.outputs.flatMap(({ name, replaces }) =>
        replaces === undefined ? [] : [[replaces, outputs[name] as RefTensor] as const],
      );
      draw.state = { ...draw.state, ...Object.fromEntries(next) };
      return outputs;
    });
    const [exact = {}, ...perturbed] = results;
    return Object.fromEntries(
      Object.entries(exact).map(([name, value]) => {
        const farthest = perturbed.map((outputs) => distance(outputs[name] as RefTensor, value));
        return [name, { exact: value, tolerance: margin * highest(farthest) }];
      }),
    );
  }
}

function perturbing(seed: string): EvaluateOptions["instead"] {
  const random = new Random(seed);
  let drawn = 0;
  return (node, outputs, inputs) => {
    const bounds = errorBounds(node, inputs, outputs);
    return outputs.map(({ type, data }, which) => {
      const bound = bounds[which] as Float64Array;
      let word = 0;
      const off = data.map((y, i) => {
        word = i % 32 === 0 ? random.word(drawn++) : word >>> 1;
        return word & 1 ? y + (bound[i] as number) : y - (bound[i] as number);
      });
      return { type, data: off };
    });
  };
}

/** The largest difference of two elements; infinite where rounding alone may make a finite number NaN. */
function distance(drawn: RefTensor, exact: RefTensor): number {
  let most = 0;
  exact.data.forEach((y, i) => {
    const gap = Math.abs(y - (drawn.data[i] as number));
    if (Number.isFinite(y) && !(gap <= most)) most = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
  });
  return most;
}
