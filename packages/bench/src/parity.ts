// Whether a result agrees with the reference: a fast wrong answer does not count.
import { evaluate, type Graph, type HostTensor, highest, toHost } from "@cambium/ir";

export interface Parity {
  readonly agrees: boolean;
  /** Largest difference relative to the tensor's largest magnitude, which counts as at least 1. */
  readonly error: number;
  readonly tolerance: number;
  /** What it was compared with. */
  readonly against: string;
}

/** Rounding unit of f32. */
const unit = 6e-8;

/**
 * Tolerance for a sum of `terms` products in f32: in any order the error is at most `terms` units, plus a few units for
 * functions around it; at least 1e-5, the tolerance of the conformance suite.
 */
export function sumTolerance(terms: number): number {
  return Math.max(1e-5, unit * terms);
}

export function parity(error: number, tolerance: number, against: string): Parity {
  return { agrees: error <= tolerance, error, tolerance, against };
}

/** Largest difference relative to `want`'s largest magnitude; NaN if only one of the two has a NaN somewhere. */
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

/** Compares every output of a graph with the reference evaluator, which computes in float64. */
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
