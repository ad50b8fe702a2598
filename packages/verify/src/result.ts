// What a check finds, as data that survives JSON.

/** The first place where a backend departs from the reference. */
export interface Departed {
  readonly backend: string;
  /** The op whose result is off; of a fault that no op shows alone, the last op of the smallest part that shows it. */
  readonly op: string;
  /** Where in the model, e.g. `layers.0.attention.backward`; null for a node without a place. */
  readonly layer: string | null;
  /** How far the element is off; the largest double stands for a number that is not finite. */
  readonly error: number;
  readonly tolerance: number;
  /** The model. */
  readonly model: string;
  /** The step, 1 at the first. */
  readonly step: number;
  /** Parameters that the node reads: its role in the layer. */
  readonly reads: readonly string[];
  /** Which of the op's outputs, and which element of it. */
  readonly output: number;
  readonly element: readonly number[];
  readonly got: string;
  readonly expected: string;
  /** Elements of that output that are off. */
  readonly count: number;
  /** `op`: on the device's own inputs, this op is wrong. `part`: only several ops together are, which a device fuses. `run`: only a whole step is. */
  readonly kind: "op" | "part" | "run";
}

/** A part of the model in the order of the graph: its numbers and how far the device is off in it. */
export interface Depth {
  /** The nodes' scope, e.g. `layers.0.mlp`; `–` without one. */
  readonly layer: string;
  readonly nodes: number;
  /** Largest magnitude of a value that it hands on. */
  readonly magnitude: number;
  /** Largest error of an element that it hands on against float64 from the start, over the largest magnitude of its tensor. */
  readonly error: number;
  /** Largest error of one op on the device's own inputs, over its tolerance: above 1 is a fault. */
  readonly share: number;
}

/** An output of a step. */
export interface OutputCheck {
  readonly step: number;
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
}

/** One model on one backend. */
export interface Verified {
  readonly backend: string;
  readonly device: string;
  readonly model: string;
  readonly steps: number;
  readonly agrees: boolean;
  readonly first: Departed | null;
  readonly nodes: number;
  readonly depth: readonly Depth[];
  /** Loss and gradient norm of every step, and the outputs that come closest to their tolerance. */
  readonly outputs: readonly OutputCheck[];
  readonly seconds: number;
}
