// What takes part in a benchmark of training steps: Cambium on a backend, or a peer.
import type { StepConfig } from "./step-config.js";

/** Something that trains: Cambium on a backend, or a peer. */
export interface Contestant {
  readonly name: string;
  /** Builds model and step, and runs what is needed until steps are steady. */
  setup(config: StepConfig): Promise<void>;
  /** Runs `count` steps. @returns seconds of each. */
  steps(count: number): Promise<readonly number[]>;
  /** f32 matrix product m × k by k × n, GFLOPS; absent where it cannot be measured alone. */
  gemm?(m: number, n: number, k: number): Promise<number>;
  /** Most bytes of tensors alive at once so far, by the engine's own count; NaN where it keeps none. */
  peakBytes?(): Promise<number>;
  close(): Promise<void>;
}
