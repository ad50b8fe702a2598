// The findings of a check, as data that JSON can hold.

/** The first op that departs from the reference. */
export interface Departed {
  readonly backend: string;
  /** The op whose result is off; if no op shows the fault alone, the last op of the smallest part that does. */
  readonly op: string;
  /** The node's scope, e.g. `layers.0.attention.backward`; null without one. */
  readonly layer: string | null;
  /** The element's error; the largest double stands for an error that is not finite. */
  readonly error: number;
  readonly tolerance: number;
  /** The model. */
  readonly model: string;
  /** The step, from 1. */
  readonly step: number;
  /** Graph inputs, such as parameters, that the node reads; they show its role in the layer. */
  readonly reads: readonly string[];
  /** The index of the op's output, and of the element in it. */
  readonly output: number;
  readonly element: readonly number[];
  readonly got: string;
  readonly expected: string;
  /** How many elements of that output are off. */
  readonly count: number;
  /**
   * `op`: the op is wrong on the device's own inputs. `part`: only several ops together are, as in a fusion. `run`:
   * only a whole step is.
   */
  readonly kind: "op" | "part" | "run";
}

/** A part of the model, in the order of the graph: its magnitudes and the device's errors. */
export interface Depth {
  /** The nodes' scope, e.g. `layers.0.mlp`; `–` without one. */
  readonly layer: string;
  readonly nodes: number;
  /** Largest magnitude of the values it passes on. */
  readonly magnitude: number;
  /** Largest accumulated error of the values it passes on, relative to the largest magnitude of their tensor. */
  readonly error: number;
  /** Largest error of one op on the device's own inputs, as a multiple of its tolerance; above 1 is a fault. */
  readonly share: number;
}

/** The check of one output of a step. */
export interface OutputCheck {
  readonly step: number;
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
}

/** The result for one model on one backend. */
export interface Verified {
  readonly backend: string;
  readonly device: string;
  readonly model: string;
  readonly steps: number;
  readonly agrees: boolean;
  readonly first: Departed | null;
  /** Why the backend could not be checked to the end: it failed, gave no answer, or cannot compute the model. */
  readonly failed: { readonly code: string; readonly message: string } | null;
  readonly nodes: number;
  readonly depth: readonly Depth[];
  /** Loss and gradient norm of every step, and the outputs closest to their tolerance. */
  readonly outputs: readonly OutputCheck[];
  readonly seconds: number;
}
