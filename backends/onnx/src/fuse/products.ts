// Folds the neighbours of a matrix product into it: a scalar factor, a small matrix added to it, a transpose of an operand.
import { type Graph, matmul, type Node, numel, rewrite, type Tensor, transpose, Uses, type Value } from "@cambium/ir";
import { type GemmAttrs, gemm } from "./ops/gemm.js";
import { scaledMatmul } from "./ops/scaled-matmul.js";

/**
 * Elements of a sum up to which the product takes it in. One thread copies the other operand to where the result will
 * be; beyond that, an addition of its own, which all threads share, is faster.
 */
const smallSum = 2 ** 14;

/** A product that may become part of another node, with its operands in the new graph. */
interface Product extends Omit<GemmAttrs, "beta"> {
  readonly a: Tensor;
  readonly b: Tensor;
}

export function foldIntoProducts(graph: Graph): Graph {
  const uses = new Uses(graph);
  // By id in the old graph.
  const products = new Map<number, Product>();
  // The operand of each transpose of the last two axes, by the id of its result in the old graph.
  const swapped = new Map<number, Tensor>();
  const operand = (value: Value, tensor: Tensor, transposed: boolean): readonly [Tensor, boolean] => {
    const source = swapped.get(value.id);
    return source ? [source, !transposed] : [tensor, transposed];
  };
  return rewrite(graph, (node, inputs) => {
    const [x, y] = inputs;
    const [value] = node.outputs;
    if (x && value && swapsLastAxes(node)) swapped.set(value.id, x);
    if (!x || !y || !value) return null;
    switch (node.op.name) {
      case "matmul": {
        const [left, right] = node.inputs as [Value, Value];
        const attrs = matmul.attrsOf(node);
        const [a, transA] = operand(left, x, attrs.transA);
        const [b, transB] = operand(right, y, attrs.transB);
        const product = { a, b, transA, transB, alpha: 1 };
        products.set(value.id, product);
        return [emit(product)];
      }
      case "mul": {
        const [factor, of] = scaled(node, uses) ?? [];
        const product = of && uses.single(of.id) ? products.get(of.id) : undefined;
        if (!product || factor === undefined || !same(of as Value, value)) return null;
        const next = { ...product, alpha: product.alpha * factor };
        products.set(value.id, next);
        return [emit(next)];
      }
      case "add": {
        // Prefers the later operand, which is computed last: a chain of sums then grows from one product to the next.
        const at = [1, 0].find((i) => addable(node.inputs[i] as Value, value, uses, products));
        if (at === undefined) return null;
        const { a, b, transA, transB, alpha } = products.get(node.inputs[at]?.id as number) as Product;
        return [gemm(a, b, at === 1 ? x : y, { transA, transB, alpha, beta: 1 })];
      }
      default:
        return null;
    }
  });
}

function addable(operand: Value, sum: Value, uses: Uses, products: ReadonlyMap<number, Product>): boolean {
  const { shape } = sum.type;
  const possible = shape.length === 2 && numel(shape) <= smallSum && same(operand, sum);
  return possible && products.has(operand.id) && uses.single(operand.id);
}

function same(a: Value, b: Value): boolean {
  return a.type.shape.join() === b.type.shape.join();
}

/** A `mul` as [its scalar constant, its other operand]. */
function scaled({ inputs: [a, b] }: Node, uses: Uses): readonly [number, Value] | undefined {
  if (!a || !b) return undefined;
  const [left, right] = [uses.scalar(a.id), uses.scalar(b.id)];
  return right !== undefined ? [right, a] : left !== undefined ? [left, b] : undefined;
}

function emit({ a, b, transA, transB, alpha }: Product): Tensor {
  return alpha === 1 ? matmul(a, b, { transA, transB }) : scaledMatmul(a, b, { transA, transB, alpha });
}

function swapsLastAxes(node: Node): boolean {
  if (!transpose.is(node)) return false;
  const { permutation } = transpose.attrsOf(node);
  const rank = permutation.length;
  return rank >= 2 && permutation.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
}
