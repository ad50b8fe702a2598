// Builds a graph node by node. Types are inferred and checked as ops are applied; nothing is computed.

import { copyNodes } from "./copy.js";
import { type DType, formatType, type HostTensor, sameType, type TensorType } from "./dtype.js";
import { CambiumError } from "./errors.js";
import {
  type Attrs,
  type Builder,
  type Graph,
  type GraphInput,
  type GraphOutput,
  type Node,
  type Op,
  Tensor,
  type Value,
} from "./graph.js";
import { constant } from "./ops/constant.js";
import { toHost } from "./ref-tensor.js";

/** Inputs and outputs of a graph within another, by name. */
export interface Appended {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

export class GraphBuilder implements Builder {
  readonly #inputs: GraphInput[] = [];
  readonly #nodes: Node[] = [];
  readonly #outputs: GraphOutput[] = [];
  readonly #scalars = new Map<string, Tensor>();
  #next = 0;
  #scope: string | undefined;

  /** Declares a graph input. @throws CambiumError `E_NAME` when the name is taken. */
  input(name: string, type: TensorType): Tensor {
    this.#claim(this.#inputs, name, "input");
    const tensor = this.#define(type);
    this.#inputs.push({ name, value: tensor.value });
    return tensor;
  }

  /** A constant held in the graph. Pass large data as an input instead. */
  constant(value: HostTensor): Tensor {
    return constant(this, { value });
  }

  /** A scalar constant; equal ones are shared. */
  scalar(value: number, dtype: DType = "f32"): Tensor {
    const key = `${dtype} ${Object.is(value, -0) ? "-0" : value}`;
    let tensor = this.#scalars.get(key);
    if (!tensor) {
      tensor = this.constant(toHost({ type: { dtype, shape: [] }, data: Float64Array.of(value) }));
      this.#scalars.set(key, tensor);
    }
    return tensor;
  }

  /**
   * Appends one application of `op`; call the op itself where you can.
   * @throws CambiumError from the op's `infer`, or `E_OPERANDS` for a tensor of another graph or a wrong count.
   */
  apply(op: Op, inputs: readonly Tensor[], attrs: Attrs): Tensor[] {
    const wanted = op.inputs === "variadic" ? "one or more" : String(op.inputs.length);
    if (op.inputs === "variadic" ? inputs.length === 0 : inputs.length !== op.inputs.length) {
      throw new CambiumError("E_OPERANDS", `${op.name}: wrong number of inputs`, {
        expected: wanted,
        got: String(inputs.length),
      });
    }
    const stranger = inputs.findIndex((tensor) => tensor.builder !== this);
    if (stranger >= 0) {
      throw new CambiumError("E_OPERANDS", `${op.name}: input ${stranger} belongs to another graph`);
    }
    let outputs: Tensor[];
    try {
      const types = op.infer(
        inputs.map((tensor) => tensor.type),
        attrs,
      );
      outputs = types.map((type) => this.#define(type));
    } catch (error) {
      throw error instanceof CambiumError ? located(error, op, inputs, this.#scope) : error;
    }
    this.#nodes.push({
      op,
      attrs,
      inputs: inputs.map((tensor) => tensor.value),
      outputs: outputs.map((tensor) => tensor.value),
      ...(this.#scope !== undefined && { scope: this.#scope }),
    });
    return outputs;
  }

  /** Names an output; `replaces` marks it as the next value of that input (see `GraphOutput`). */
  output(name: string, tensor: Tensor, options: { readonly replaces?: string } = {}): void {
    this.#claim(this.#outputs, name, "output");
    const { replaces } = options;
    if (replaces !== undefined) {
      const input = this.#inputs.find((candidate) => candidate.name === replaces);
      if (!input || !sameType(input.value.type, tensor.type)) {
        throw new CambiumError("E_REPLACES", `output "${name}" cannot replace input "${replaces}"`, {
          expected: input ? formatType(input.value.type) : "the name of an input",
          got: formatType(tensor.type),
        });
      }
      if (this.#outputs.some((output) => output.replaces === replaces)) {
        throw new CambiumError("E_REPLACES", `input "${replaces}" is replaced twice`, { where: `output "${name}"` });
      }
    }
    this.#outputs.push({ name, value: tensor.value, ...(replaces !== undefined && { replaces }) });
  }

  /** Runs `build` with nodes labelled `scope` (nested scopes join with a dot). */
  scope<T>(scope: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = outer === undefined ? scope : `${outer}.${scope}`;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /** Runs `build` with nodes labelled `scope` exactly, for passes that copy nodes of another graph. */
  withScope<T>(scope: string | undefined, build: () => T): T {
    const outer = this.#scope;
    this.#scope = scope;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /**
   * Copies the nodes of `graph` into this one with its inputs bound by name, and returns its outputs by name.
   * @throws CambiumError `E_INPUT` when a binding is missing or has another type.
   */
  inline(graph: Graph, bindings: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    const mapped = new Map<number, Tensor>();
    for (const { name, value } of graph.inputs) {
      const bound = bindings[name];
      if (!bound || !sameType(bound.type, value.type)) {
        throw new CambiumError("E_INPUT", `inlined graph's input "${name}" does not fit`, {
          expected: formatType(value.type),
          got: bound ? formatType(bound.type) : "nothing",
        });
      }
      mapped.set(value.id, bound);
    }
    copyNodes(graph, this, mapped, undefined, this.#scope);
    return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, mapped.get(value.id) as Tensor]));
  }

  /**
   * Inlines `graph` with its inputs declared as this graph's own, under the same names and in the same order; those that
   * `given` has are bound to it instead.
   */
  append(graph: Graph, given: Readonly<Record<string, Tensor>> = {}): Appended {
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name, value }) => [name, given[name] ?? this.input(name, value.type)]),
    );
    return { inputs, outputs: this.inline(graph, inputs) };
  }

  finish(): Graph {
    return { inputs: [...this.#inputs], nodes: [...this.#nodes], outputs: [...this.#outputs] };
  }

  #define(type: TensorType): Tensor {
    if (!type.shape.every((size) => Number.isInteger(size) && size > 0)) {
      throw new CambiumError("E_SHAPE", `a tensor cannot have the shape [${type.shape}]`, {
        expected: "sizes that are integers ≥ 1",
      });
    }
    const value: Value = { id: this.#next++, type };
    return new Tensor(this, value);
  }

  #claim(edges: readonly { readonly name: string }[], name: string, kind: string): void {
    if (edges.some((edge) => edge.name === name)) {
      throw new CambiumError("E_NAME", `the graph already has an ${kind} named "${name}"`);
    }
  }
}

function located(error: CambiumError, op: Op, inputs: readonly Tensor[], scope: string | undefined): CambiumError {
  const types = inputs.map(({ type }, i) => {
    const label = op.inputs === "variadic" ? `#${i}` : op.inputs[i];
    return `${label}: ${formatType(type)}`;
  });
  const where = `${op.name}(${types.join(", ")})${scope === undefined ? "" : ` in ${scope}`}`;
  return new CambiumError(error.code, `${op.name}: ${error.summary}`, { where, ...error.details, cause: error });
}
