// Reverse-mode autodiff as a graph → graph pass: gradients are nodes like any others.
import type { GraphBuilder } from "./builder.js";
import { isFloat } from "./dtype.js";
import { CambiumError } from "./errors.js";
import type { Graph, Node, Tensor, Value } from "./graph.js";
import { add } from "./ops/add.js";
import { broadcast } from "./ops/broadcast.js";
import { eliminateDeadCode } from "./passes/dce.js";
import { decompose } from "./passes/decompose.js";
import { rebuild } from "./passes/rewrite.js";

export interface DifferentiateOptions {
  /** Name of the scalar f32 output to differentiate. */
  readonly of: string;
  /** Names of the inputs to differentiate by, of a floating dtype. */
  readonly by: readonly string[];
  /**
   * Differentiate composites through their decomposition even where they have a rule of their own. Tests use it to
   * check that both agree.
   */
  readonly decomposed?: boolean;
}

/** Name of the output that holds the gradient by input `name`. */
export function gradientName(name: string): string {
  return `gradient:${name}`;
}

/**
 * `graph` with one more output per name in `by`: the gradient of output `of`, named by `gradientName`, f32 of the
 * input's shape. The gradient by an input that the loss does not depend on is zeros.
 * @throws CambiumError `E_GRADIENT` for an unknown name, a loss that is not an f32 scalar, or an op on the way that has
 * no gradient.
 */
export function differentiate(graph: Graph, options: DifferentiateOptions): Graph {
  const { of, by, decomposed = false } = options;
  const source = decompose(graph, (op) => op.vjp !== undefined && !decomposed);
  const { builder, tensors } = rebuild(source);
  const loss = lossOf(source, of);
  const wanted = by.map((name) => ({ name, value: differentiable(source, name) }));
  const cotangents = new Map<number, Tensor>([[loss.id, builder.scalar(1)]]);
  backpropagate(source, new Set(wanted.map(({ value }) => value.id)), builder, tensors, cotangents);
  for (const { name, value } of wanted) {
    const grad = cotangents.get(value.id) ?? broadcast(builder.scalar(0), { shape: value.type.shape });
    builder.output(gradientName(name), grad);
  }
  return eliminateDeadCode(builder.finish());
}

function lossOf(graph: Graph, name: string): Value {
  const loss = graph.outputs.find((output) => output.name === name)?.value;
  if (loss?.type.dtype === "f32" && loss.type.shape.length === 0) return loss;
  throw new CambiumError("E_GRADIENT", `cannot differentiate output "${name}"`, {
    expected: `an f32[] output; there are: ${graph.outputs.map((output) => output.name).join(", ")}`,
  });
}

function differentiable(graph: Graph, name: string): Value {
  const input = graph.inputs.find((candidate) => candidate.name === name);
  if (input && isFloat(input.value.type.dtype)) return input.value;
  throw new CambiumError("E_GRADIENT", `cannot differentiate by "${name}"`, {
    expected: "the name of an input of a floating dtype",
  });
}

/** Walks `graph` backwards and adds to `cotangents`, by value id, those of all values that depend on `roots`. */
function backpropagate(
  graph: Graph,
  roots: ReadonlySet<number>,
  builder: GraphBuilder,
  tensors: ReadonlyMap<number, Tensor>,
  cotangents: Map<number, Tensor>,
): void {
  const active = dependents(graph, roots);
  const tensorOf = ({ id }: Value) => tensors.get(id) as Tensor;
  for (const node of graph.nodes.toReversed()) {
    const grads = node.outputs.map(({ id }) => cotangents.get(id) ?? null);
    if (grads.every((grad) => grad === null) || !node.inputs.some(({ id }) => active.has(id))) continue;
    const { vjp } = node.op;
    if (!vjp) throw new CambiumError("E_GRADIENT", `op "${node.op.name}" has no gradient`, located(node));
    const [inputs, outputs] = [node.inputs.map(tensorOf), node.outputs.map(tensorOf)];
    builder.withScope(node.scope === undefined ? "backward" : `${node.scope}.backward`, () => {
      vjp({ builder, inputs, outputs, grads, attrs: node.attrs }).forEach((grad, i) => {
        const input = node.inputs[i];
        if (!input || !active.has(input.id)) return;
        if (!grad) throw new CambiumError("E_GRADIENT", noGradientBy(node, i), located(node));
        const held = cotangents.get(input.id);
        cotangents.set(input.id, held ? add(held, grad) : grad);
      });
    });
  }
}

function noGradientBy({ op }: Node, input: number): string {
  return `op "${op.name}" has no gradient by its input ${op.inputs === "variadic" ? input : op.inputs[input]}`;
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
