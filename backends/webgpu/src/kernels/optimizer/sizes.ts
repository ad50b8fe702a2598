// How the optimizer's tensors are cut into chunks: enough chunks to fill a GPU, few enough to cost nothing.
import type { DeviceTraits } from "../../lower/traits.js";

export interface ChunkSizes {
  /** Elements of a chunk; each chunk is one workgroup's. */
  readonly chunk: number;
  /** Invocations of a workgroup. */
  readonly invocations: number;
}

export function chunkSizes({ kind, maxInvocations }: DeviceTraits): ChunkSizes {
  return kind === "gpu"
    ? { chunk: 2048, invocations: Math.min(256, maxInvocations) }
    : { chunk: 8192, invocations: 16 };
}
