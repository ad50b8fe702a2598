// The graph interpreter of typed expressions. They become gather, slice, concat, mul, add, matmul and constants.
// Selections are exact. Arithmetic runs on the device in f32, while the host computes in float64 and rounds once.
import { add, concat, type GraphBuilder, matmul, mul, reshape, type Tensor } from "@cambium/ir";
import { interpret, type Typed, type TypedGiven, type TypedNormal, type TypedRules } from "../expr/typed.js";
import { filled, takeSlices, timesFactors } from "./take.js";

export interface GraphScope {
  readonly builder: GraphBuilder;
  /** A base tensor; within a moment, the base's moment of that name. */
  source(name: string): Tensor;
  normal(typed: TypedNormal): Tensor;
  given(typed: TypedGiven, scope: GraphScope): Tensor;
  /** Power of factors: 1 for values and m, 2 for v. */
  readonly power: 1 | 2;
}

const rules: TypedRules<GraphScope, Tensor> = {
  source: ({ name }, scope) => scope.source(name),
  fill: ({ shape, value }, { builder }) => filled({ builder }, shape, value),
  normal: (typed, scope) => scope.normal(typed),
  given: (typed, scope) => scope.given(typed, scope),
  take: ({ of, at, unit, indices, factors, elements }, scope) => {
    const { power } = scope;
    const taken = takeSlices(exprTensor(of, scope), at, unit, indices);
    if (factors) return timesFactors(taken, at, unit, power === 1 ? factors : factors.map((factor) => factor ** power));
    if (!elements) return taken;
    const by = exprTensor(elements, { ...scope, power: 1 });
    return mul(taken, power === 1 ? by : mul(by, by));
  },
  concat: ({ parts, at }, scope) =>
    concat(
      parts.map((part) => exprTensor(part, scope)),
      { axis: at },
    ),
  linear: ({ terms, factors }, scope) =>
    terms
      .map((term, i) => {
        const factor = (factors[i] as number) ** scope.power;
        const tensor = exprTensor(term, scope);
        return factor === 1 ? tensor : mul(tensor, factor);
      })
      .reduce((sum, term) => add(sum, term)),
  matmul: ({ left, right, transposeLeft, transposeRight, shape }, scope) => {
    const [a, b] = [exprTensor(left, scope), exprTensor(right, scope)];
    const isVector = b.shape.length === 1;
    const column = isVector ? reshape(b, { shape: [b.shape[0] as number, 1] }) : b;
    const product = matmul(a, column, { transA: transposeLeft, transB: transposeRight && !isVector });
    return isVector ? reshape(product, { shape }) : product;
  },
};

/** `typed` as a tensor of the scope's graph. */
export function exprTensor(typed: Typed, scope: GraphScope): Tensor {
  return interpret(rules, typed, scope);
}
