// A product of matrices as kernels see it: two sides with their strides.
import { broadcastStrides, matmul, type Node, numel, type Value } from "@cambium/ir";

/** One factor: for each batch a matrix of `size` rows (of a) or columns (of b) by k. */
export interface Side {
  readonly value: Value;
  readonly size: number;
  /** Whether neighbours along k are neighbours in memory; else those along `size` are. */
  readonly alongK: boolean;
  /** Elements from one line of neighbours to the next. */
  readonly pitch: number;
  /** The first element of the first matrix. */
  readonly offset: number;
  /** Elements from one matrix to the next along each batch axis; 0 where the side is broadcast. */
  readonly steps: readonly number[];
}

/** out[batch][row][column] = Σ_k a[batch][row][k] · b[batch][k][column]. */
export interface Product {
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Side;
  readonly b: Side;
}

/** The product of a matmul node. */
export function productOf(node: Node): Product {
  const [a, b] = node.inputs as readonly [Value, Value];
  const [out] = node.outputs as readonly [Value];
  const { transA, transB } = matmul.attrsOf(node);
  const batch = out.type.shape.slice(0, -2);
  const [m, n] = out.type.shape.slice(-2) as [number, number];
  const k = a.type.shape.at(transA ? -2 : -1) as number;
  return { batch, m, n, k, a: sideOf(a, !transA, batch), b: sideOf(b, transB, batch) };
}

function sideOf(value: Value, alongK: boolean, batch: readonly number[]): Side {
  const { shape } = value.type;
  const [outer, inner] = shape.slice(-2) as [number, number];
  const steps = broadcastStrides(shape.slice(0, -2), batch).map((step) => step * outer * inner);
  return { value, size: alongK ? outer : inner, alongK, pitch: inner, offset: 0, steps };
}

/** Whether the side can be read by fours along its lines. */
export function byFour({ value, size, alongK, pitch, offset, steps }: Side, k: number): boolean {
  const line = alongK ? k : size;
  return [line, pitch, offset, numel(value.type.shape), ...steps].every((count) => count % 4 === 0);
}

/** WGSL of the first element of the side's matrix number `at`, in units of `unit` elements; `spell` writes counts. */
export function matrixStart(
  { offset, steps }: Side,
  batch: readonly number[],
  at: string,
  unit: number,
  spell: (count: number) => string = (count) => `${count}u`,
): string {
  const terms = offset === 0 ? [] : [spell(offset / unit)];
  let after = 1;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const size = batch[axis] as number;
    const step = steps[axis] as number;
    const coordinate = after === 1 ? at : `${at} / ${spell(after)}`;
    if (step > 0 && size > 1)
      terms.push(
        `${after * size < numel(batch) ? `(${coordinate} % ${spell(size)})` : `(${coordinate})`} * ${spell(step / unit)}`,
      );
    after *= size;
  }
  return terms.length === 0 ? "0u" : terms.join(" + ");
}

export function label({ batch, m, n, k, a, b }: Product): string {
  const times = numel(batch) > 1 ? `${numel(batch)}×` : "";
  return `matmul ${times}${m}×${n}×${k}${a.alongK ? "" : " aᵀ"}${b.alongK ? " bᵀ" : ""}`;
}
