// Reverse-mode autodiff as a graph → graph pass: gradients are nodes like any others.
import { GraphBuilder } from "./builder.js";
import { isFloat } from "./dtype.js";
import { CambiumError } from "./errors.js";
import type { Graph, Node } from "./graph.js";
import { add } from "./ops/add.js";
import { broadcast } from "./ops/broadcast.js";
import { eliminateDeadCode } from "./passes/dce.js";
import { decompose } from "./passes/decompose.js";
import type { Tensor } from "./tensor.js";

export interface DifferentiateOptions {
  /** Name of the scalar f32 output to differentiate. */
  readonly of: string;
  /** Names of the inputs to differentiate by, of a floating dtype. */
  readonly by: readonly string[];
  /**
   * Differentiate composites through their decomposition even where they have a rule of their own. Both must agree;
   * this exists so that tests can say so.
   */
  readonly decomposed?: boolean;
}

/** Name of the output that holds the gradient by input `name`. */
export function gradientName(name: string): string {
  return `gradient:${name}`;
}

/**
 * `graph` with one more output per name in `by`: the gradient of output `of`, named by `gradientName`, f32 of the
 * input's shape. A gradient that does not depend on anything is zeros.
 * @throws CambiumError `E_GRADIENT` for an unknown name, a loss that is no f32 scalar, or an op with no gradient on
 * the way.
 */
export function differentiate(graph: Graph, options: DifferentiateOptions): Graph {
  const { of, by, decomposed = false } = options;
  const source = decompose(graph, (op) => op.vjp !== undefined && !decomposed);
  const builder = new GraphBuilder();
  const tensors = new Map<number, Tensor>();
  for (const { name, value } of source.inputs) tensors.set(value.id, builder.input(name, value.type));
  for (const node of source.nodes) {
    const inputs = node.inputs.map(({ id }) => tensors.get(id) as Tensor);
    const outputs = builder.withScope(node.scope, () => builder.apply(node.op, inputs, node.attrs));
    node.outputs.forEach(({ id }, i) => tensors.set(id, outputs[i] as Tensor));
  }
  for (const { name, value, replaces } of source.outputs) {
    builder.output(name, tensors.get(value.id) as Tensor, replaces === undefined ? {} : { replaces });
  }
  const loss = source.outputs.find(({ name }) => name === of)?.value;
  if (loss?.type.dtype !== "f32" || loss.type.shape.length > 0) {
    throw new CambiumError("E_GRADIENT", `cannot differentiate output "${of}"`, {
      expected: `an f32[] output; there are: ${source.outputs.map(({ name }) => name).join(", ")}`,
    });
  }
  const wanted = by.map((name) => {
    const input = source.inputs.find((candidate) => candidate.name === name);
    if (!input || !isFloat(input.value.type.dtype)) {
      throw new CambiumError("E_GRADIENT", `cannot differentiate by "${name}"`, {
        expected: "the name of an input of a floating dtype",
      });
    }
    return { name, value: input.value };
  });

  const active = dependents(source, new Set(wanted.map(({ value }) => value.id)));
  const cotangents = new Map<number, Tensor>([[loss.id, builder.scalar(1)]]);
  for (const node of source.nodes.toReversed()) {
    const grads = node.outputs.map(({ id }) => cotangents.get(id) ?? null);
    if (grads.every((grad) => grad === null) || !node.inputs.some(({ id }) => active.has(id))) continue;
    if (!node.op.vjp) {
      throw new CambiumError("E_GRADIENT", `op "${node.op.name}" has no gradient`, located(node));
    }
    const context = {
      builder,
      inputs: node.inputs.map(({ id }) => tensors.get(id) as Tensor),
      outputs: node.outputs.map(({ id }) => tensors.get(id) as Tensor),
      grads,
      attrs: node.attrs,
    };
    const { vjp } = node.op;
    builder.withScope(node.scope === undefined ? "backward" : `${node.scope}.backward`, () => {
      vjp(context).forEach((grad, i) => {
        const input = node.inputs[i];
        if (!input || !active.has(input.id)) return;
        if (!grad) {
          const which = Array.isArray(node.op.inputs) ? node.op.inputs[i] : i;
          throw new CambiumError(
            "E_GRADIENT",
            `op "${node.op.name}" has no gradient by its input ${which}`,
            located(node),
          );
        }
        const held = cotangents.get(input.id);
        cotangents.set(input.id, held ? add(held, grad) : grad);
      });
    });
  }
  for (const { name, value } of wanted) {
    const grad = cotangents.get(value.id) ?? broadcast(builder.scalar(0), { shape: value.type.shape });
    builder.output(gradientName(name), grad);
  }
  return eliminateDeadCode(builder.finish());
}

function located({ scope }: Node): { where?: string } {
  return scope === undefined ? {} : { where: scope };
}

/** Ids of all values of a floating dtype that depend on one in `roots`, roots included. Integers carry no gradient. */
function dependents(graph: Graph, roots: ReadonlySet<number>): Set<number> {
  const found = new Set(roots);
  for (const node of graph.nodes) {
    if (!node.inputs.some(({ id }) => found.has(id))) continue;
    for (const { id, type } of node.outputs) if (isFloat(type.dtype)) found.add(id);
  }
  return found;
}
