// What float64 says of a subject, step by step: made once and used for every backend.
import {
  decompose,
  evaluate,
  type Graph,
  type Expected as Output,
  type RefTensor,
  RoundingSpread,
  refTensor,
  toHost,
} from "@cambium/ir";
import type { Subject, Tensors } from "./subject.js";

type StepOutputs = Readonly<Record<string, Output>>;

export class Expected {
  readonly #spread: RoundingSpread;
  readonly #steps: StepOutputs[] = [];
  /** State before each step. */
  readonly #states: Tensors[] = [];
  readonly #graphs = new Map<string, Graph>();

  constructor(readonly subject: Subject) {
    this.#spread = new RoundingSpread(subject.graph, subject.state);
  }

  /** The outputs of a step, 1 at the first, and how far rounding may carry them. */
  step(step: number): StepOutputs {
    while (this.#steps.length < step) {
      this.#states.push(held(this.#spread.state));
      this.#steps.push(this.#spread.step(this.subject.inputs(this.#steps.length + 1)));
    }
    return this.#steps[step - 1] as StepOutputs;
  }

  /** All inputs of a step, as a device gets them. */
  inputs(step: number): Tensors {
    this.step(step);
    return { ...this.#states[step - 1], ...this.subject.inputs(step) };
  }

  /** The subject's graph for a device that takes `composites` whole: the others are decomposed, so that each op shows. */
  graph(composites: readonly string[]): Graph {
    const key = [...composites].sort().join();
    const known = this.#graphs.get(key);
    const made = known ?? decompose(this.subject.graph, ({ name }) => composites.includes(name));
    this.#graphs.set(key, made);
    return made;
  }

  /** Every value of a step of `graph`, which is one of `graph()`, by its id. */
  values(graph: Graph, step: number): Map<number, RefTensor> {
    const inputs = this.inputs(step);
    const values = new Map<number, RefTensor>();
    for (const { name, value } of graph.inputs) {
      const host = inputs[name];
      if (host) values.set(value.id, refTensor(host));
    }
    evaluate(graph, inputs, {
      precision: "f64",
      onNode: ({ outputs }, results) => {
        outputs.forEach(({ id }, i) => {
          values.set(id, results[i] as RefTensor);
        });
      },
    });
    return values;
  }
}

function held(state: RoundingSpread["state"]): Tensors {
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => [name, "type" in tensor ? toHost(tensor) : tensor]),
  );
}
