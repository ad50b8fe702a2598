// An engine: a copy of tfjs with one of its backends, ready to run kernels.
import type { DType, HalfDType } from "@cambium/ir";
import type { TfDType, Tfjs } from "../tfjs.js";

export interface Engine {
  readonly tf: Tfjs;
  /** Name of its backend in tfjs: `tensorflow`, `wasm`, `cpu`, `webgl`, `webgpu`. */
  readonly backendName: string;
  /** Versions, e.g. `tfjs 4.22.0`. */
  readonly version: string;
  /** What really computes, for users to read, e.g. `wasm, 1 thread`. */
  readonly device: string;
  /** The half dtypes that it holds in 16 bits and multiplies at more than the speed of f32. Absent: none. */
  readonly halves?: readonly HalfDType[];
  /** Whether Cambium's own ops are registered with its TensorFlow. An engine with `halves` has them. */
  readonly fused?: boolean;
}

/** Dtypes that the engine holds in their own width. */
export function computedBy({ halves = [] }: Pick<Engine, "halves">): readonly DType[] {
  return ["f32", "i32", "bool", ...halves];
}

const plain: Readonly<Record<DType, TfDType>> = {
  f32: "float32",
  i32: "int32",
  bool: "bool",
  f16: "float32",
  bf16: "float32",
};

/** The dtype in which the engine holds ours. */
export function heldBy({ halves = [] }: Pick<Engine, "halves">): Readonly<Record<DType, TfDType>> {
  return halves.includes("bf16") ? { ...plain, bf16: "bfloat16" } : plain;
}

/** Makes the engine's backend the active one of its tfjs. This takes effect at once if that backend was ready before. */
export function activate({ tf, backendName }: Engine): void {
  if (tf.engine().backendName !== backendName) void tf.setBackend(backendName);
}
