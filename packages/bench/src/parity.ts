// Whether a result is the reference's: a fast wrong answer does not count.
import { evaluate, type Graph, type HostTensor, highest, toHost } from "@cambium/ir";

export interface Parity {
  readonly agrees: boolean;
  /** Largest difference, as a share of the largest magnitude of the tensor, which counts as at least 1. */
  readonly error: number;
  readonly tolerance: number;
  /** What it was compared with. */
  readonly against: string;
}

/** Rounding unit of f32, and of f16 products. */
const unit = 6e-8;

/**
 * What a sum of `terms` products may be off by in f32: any order of it errs by at most `terms` units, and functions that
 * are good to a few units stand around it; never less than 1e-5, the tolerance of the conformance suite.
 */
export function sumTolerance(terms: number): number {
  return Math.max(1e-5, unit * terms);
}

export function parity(error: number, tolerance: number, against: string): Parity {
  return { agrees: error <= tolerance, error, tolerance, against };
}

/** NaN where one has it and the other does not; then nothing agrees. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.NaN;
  let [largest, off] = [1, 0];
  for (let i = 0; i < want.length; i++) {
    const expected = want[i] as number;
    largest = Math.max(largest, Math.abs(expected));
    const error = Math.abs((got[i] as number) - expected);
    if (Number.isNaN(error) && !(Number.isNaN(expected) && Number.isNaN(got[i]))) return Number.NaN;
    off = Math.max(off, error || 0);
  }
  return off / largest;
}

/** Every output of a graph against the reference evaluator, which sums in float64. */
export function againstReference(
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor>>,
  got: Readonly<Record<string, HostTensor>>,
  tolerance: number,
): Parity {
  const want = evaluate(graph, inputs);
  const errors = graph.outputs.map(({ name }) =>
    relativeError(got[name]?.data ?? [], toHost(want[name] as Parameters<typeof toHost>[0]).data),
  );
  const error = errors.some(Number.isNaN) ? Number.NaN : highest(errors);
  return parity(error, tolerance, "the reference in float64");
}
