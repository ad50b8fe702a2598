// An engine: a copy of tfjs with one of its backends, ready to run kernels.
import type { Tfjs } from "../tfjs.js";

export interface Engine {
  readonly tf: Tfjs;
  /** Name of its backend in tfjs: `tensorflow`, `wasm`, `cpu`, `webgl`, `webgpu`. */
  readonly backendName: string;
  /** Versions, e.g. `tfjs 4.22.0`. */
  readonly version: string;
  /** What really computes, for users to read, e.g. `wasm, 1 thread`. */
  readonly device: string;
}

/** Makes the engine's backend the active one of its tfjs. This takes effect at once if that backend was ready before. */
export function activate({ tf, backendName }: Engine): void {
  if (tf.engine().backendName !== backendName) void tf.setBackend(backendName);
}
