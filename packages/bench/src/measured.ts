// What a benchmark of training steps found.

/** A peer next to Cambium; without a peer, Cambium alone. */
export interface Duel {
  readonly peer: string;
  readonly tokensPerSecond: number;
  readonly peerTokensPerSecond: number | null;
  /** Peer's step time over Cambium's: median, and the middle half of the rounds. */
  readonly ratio: readonly [low: number, median: number, high: number] | null;
  readonly gflops: number;
  /** Share of the matrix-product peak measured in the same rounds. */
  readonly ofPeak: number;
  /** Most bytes of tensors alive at once, Cambium's and the peer's; where both run on an engine that counts them. */
  readonly tensorBytes: readonly [own: number, peer: number] | null;
}

export interface Measured {
  readonly config: string;
  readonly duels: readonly Duel[];
  /** Most resident memory of the process from its start to the end of the first steps, before products are timed. */
  readonly peakBytes: number;
  /** What the IR counts: parameters, gradients, moments, activations. */
  readonly countedBytes: number;
  /** Shares of the time of a step by op type, slowest first. */
  readonly profile: readonly { readonly op: string; readonly share: number }[] | null;
}

/** Resident memory that a training process may take, given what the IR counts. */
export function allowedBytes(counted: number): number {
  return 1.25 * counted + 250e6;
}
