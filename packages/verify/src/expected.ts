// The float64 results of a subject, step by step, computed once for all backends.
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

  /** The outputs of a step (from 1), with the tolerance that rounding allows. */
  step(step: number): StepOutputs {
    while (this.#steps.length < step) {
      this.#states.push(held(this.#spread.state));
      this.#steps.push(this.#spread.step(this.subject.inputs(this.#steps.length + 1)));
    }
    return this.#steps[step - 1] as StepOutputs;
  }

  /** All inputs of a step, state included. */
  inputs(step: number): Tensors {
    this.step(step);
    return { ...this.#states[step - 1], ...this.subject.inputs(step) };
  }

  /** The subject's graph for a device that runs `composites` whole; all other composites are decomposed. */
  graph(composites: readonly string[]): Graph {
    const key = [...composites].sort().join();
    const known = this.#graphs.get(key);
    const made = known ?? decompose(this.subject.graph, ({ name }) => composites.includes(name));
    this.#graphs.set(key, made);
    return made;
  }

  /** Every value of a step by id. @param graph from `graph()` */
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
