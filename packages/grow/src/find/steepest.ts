// Columns along which the loss falls fastest (`Steepest`): the gradient by a matrix of zeros from what one parameter
// reads to what another writes, and its first singular vectors.
import type { Given, Steepest } from "@cambium/growth";
import {
  add,
  copyNodes,
  type Graph,
  GraphBuilder,
  type HostTensor,
  hostTensor,
  matmul,
  mul,
  Random,
  sigmoid,
  type Tensor,
  type Value,
} from "@cambium/ir";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { type Measured, productOf } from "./product.js";

type SteepestGiven = Given & { readonly by: Steepest };

/** The input for the matrix of zeros. */
export function additionName(given: string): string {
  return `addition:${given}`;
}

function gateName(given: string): string {
  return `gate:${given}`;
}

function steepestOf(of: readonly Measured[]): SteepestGiven[] {
  return of.filter((one): one is SteepestGiven => one.by.what === "steepest");
}

/** `loss` with y + A (silu(gate · x) x) for each measured y = W x'. Each adds two inputs, A and the gate. */
export function withAdditions(loss: Graph, of: readonly Measured[]): Graph {
  const wanted = steepestOf(of);
  if (wanted.length === 0) return loss;
  const at = new Map(wanted.map((one) => [productOf(loss, one.by.of), one]));
  const builder = new GraphBuilder();
  const tensors = new Map<number, Tensor>();
  for (const { name, value } of loss.inputs) tensors.set(value.id, builder.input(name, value.type));
  copyNodes(loss, builder, tensors, (node, inputs) => {
    const one = at.get(node);
    if (!one) return null;
    const { name, by, shape } = one;
    const x = tensors.get((productOf(loss, by.from).inputs[0] as Value).id) as Tensor;
    const [, read = 0] = by.gate.shape;
    const gate = builder.input(gateName(name), { dtype: "f32", shape: [1, read] });
    const added = builder.input(additionName(name), { dtype: "f32", shape: [shape[0] as number, read] });
    const z = matmul(x, gate, { transB: true });
    const [y] = builder.apply(node.op, inputs, node.attrs) as [Tensor];
    return [add(y, matmul(mul(mul(z, sigmoid(z)), x), added, { transB: true }))];
  });
  for (const { name, value } of loss.outputs) builder.output(name, tensors.get(value.id) as Tensor);
  return builder.finish();
}

/** The values of the inputs that `withAdditions` added. */
export function additionInputs(of: readonly Measured[], { inputs }: Graph): Record<string, HostTensor> {
  const made: Record<string, HostTensor> = {};
  for (const { name, by } of steepestOf(of)) {
    const { shape, std, seed } = by.gate;
    const row = new Float64Array(shape[1] as number);
    new Random(seed).noise(row, 0, std);
    made[gateName(name)] = hostTensor("f32", shape, Float32Array.from(row));
    const zero = inputs.find((input) => input.name === additionName(name));
    if (zero) made[zero.name] = hostTensor("f32", zero.value.type.shape);
  }
  return made;
}

/**
 * The first left singular vectors of `gradient` as columns [rows, columns], each of `scale` times the mean norm of the
 * columns of `weights`.
 */
export function steepestColumns(
  gradient: Float64Array,
  [rows = 0, columns = 0]: readonly number[],
  weights: Float64Array,
  scale: number,
): Float64Array {
  const matrix = Matrix.from1DArray(rows, gradient.length / rows, gradient);
  const { leftSingularVectors } = new SingularValueDecomposition(matrix, { autoTranspose: true });
  const length = scale * meanColumnNorm(weights, rows);
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < columns; k++) out[i * columns + k] = length * leftSingularVectors.get(i, k);
  return out;
}

function meanColumnNorm(weights: Float64Array, rows: number): number {
  const columns = weights.length / rows;
  let sum = 0;
  for (let k = 0; k < columns; k++) {
    let square = 0;
    for (let i = 0; i < rows; i++) square += (weights[i * columns + k] as number) ** 2;
    sum += Math.sqrt(square);
  }
  return sum / columns;
}
