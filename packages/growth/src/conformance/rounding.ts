// How far a tensor computed in float32 may be from the float64 result of the same expression: forward error analysis,
// one rule per kind (Higham 2002, "Accuracy and Stability of Numerical Algorithms", chapters 2 and 3).
import { highest } from "@cambium/ir";
import { interpret, type Typed, type TypedRules } from "../expr/typed.js";

/** Half the distance between 1 and the next float32. */
const unit = 2 ** -24;
/** Numbers below the smallest normal float32 may be flushed to zero. */
const flushed = 2 ** -126;
/** Standard deviations that no number drawn exceeds: √(2 ln 2³³) for initial ones, less for noise. */
const mostDeviations = 6.77;

/** Largest magnitude of any entry, and how far an entry may be off. */
interface Bound {
  readonly largest: number;
  readonly error: number;
}

interface BoundScope {
  /** Largest magnitude in a base tensor. */
  largest(source: string): number;
  /** Largest magnitude in a `given` tensor that was found; undefined to use the start of its search. */
  largestFound(name: string): number | undefined;
  readonly power: 1 | 2;
}

const rules: TypedRules<BoundScope, Bound> = {
  source: ({ name }, { largest }) => ({ largest: largest(name), error: 0 }),
  fill: ({ value }) => rounded(Math.abs(value)),
  normal: ({ std }) => rounded(mostDeviations * std),
  given: ({ name, start }, scope) => {
    const largest = scope.largestFound(name);
    return largest === undefined ? bound(start, scope) : { largest, error: 0 };
  },
  concat: ({ parts }, scope) => {
    const bounds = parts.map((part) => bound(part, scope));
    return {
      largest: highest(bounds.map(({ largest }) => largest)),
      error: highest(bounds.map(({ error }) => error)),
    };
  },
  take: ({ of, factors, elements }, scope) => {
    const { power } = scope;
    const x = bound(of, scope);
    if (factors) return times(x, rounded(highest(factors.map(Math.abs)) ** power));
    if (!elements) return x;
    const by = bound(elements, { ...scope, power: 1 });
    return times(x, power === 1 ? by : times(by, by));
  },
  linear: ({ terms, factors }, scope) => {
    const bounds = terms.map((term, i) =>
      times(bound(term, scope), rounded(Math.abs(factors[i] as number) ** scope.power)),
    );
    return total(bounds);
  },
  matmul: ({ left, right, transposeLeft }, scope) => {
    const product = times(bound(left, scope), bound(right, scope));
    return total(Array<Bound>(left.shape[transposeLeft ? 0 : 1] as number).fill(product));
  },
};

/** How far any entry of `typed` in float32 may be from the float64 result rounded once. */
export function roundingError(typed: Typed, scope: BoundScope): number {
  const { largest, error } = bound(typed, scope);
  // The host's own rounding; 1.001 covers the terms of second order.
  return 1.001 * (error + unit * largest) + flushed;
}

function bound(typed: Typed, scope: BoundScope): Bound {
  return interpret(rules, typed, scope);
}

function rounded(largest: number): Bound {
  return { largest, error: unit * largest };
}

function times(a: Bound, b: Bound): Bound {
  const largest = a.largest * b.largest;
  return { largest, error: a.largest * b.error + b.largest * a.error + unit * largest };
}

/** A sum of n terms, in any order. */
function total(terms: readonly Bound[]): Bound {
  const largest = terms.reduce((sum, term) => sum + term.largest, 0);
  return { largest, error: terms.reduce((sum, term) => sum + term.error, 0) + (terms.length - 1) * unit * largest };
}
