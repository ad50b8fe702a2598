// What finding needs: a device, the base on it, and text to read.
import type { Device, DeviceTensor } from "@cambium/backend";
import { type Graph, graphCost, type HostTensor } from "@cambium/ir";

/** What a run hands in. */
export interface Lab {
  readonly device: Device;
  /** The base's parameters, by name. They stay as they are. */
  readonly parameters: Readonly<Record<string, DeviceTensor>>;
  /** Sequences in a batch. */
  readonly batch: number;
  /** Tokens in a sequence. */
  readonly context: number;
  /**
   * Batch `index` of what is read for finding, row-major [batch, context + 1]; the same each time. Asked for right before
   * it is computed with; what it throws ends the finding, and nothing of it is kept.
   */
  batchAt(index: number): Int32Array;
}

/** What finding reads and computes, known before it is done. */
export interface FindCost {
  /** Training tokens read. */
  readonly tokens: number;
  /** Matrix work, FLOPs. */
  readonly flops: number;
}

export interface Found extends FindCost {
  /** f32, by the names that the plan gives them. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

/** A graph run so many times on a batch each. */
export interface Reading {
  readonly graph: Graph;
  readonly batches: number;
}

export function readingCost(readings: readonly Reading[], tokensPerBatch: number): FindCost {
  let [tokens, flops] = [0, 0];
  for (const { graph, batches } of readings) {
    tokens += batches * tokensPerBatch;
    flops += batches * graphCost(graph).matrixFlops;
  }
  return { tokens, flops };
}
