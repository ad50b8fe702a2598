// What finding needs: a device, the base on it, and batches to read.
import type { Device, DeviceTensor } from "@cambium/backend";
import { type Graph, graphCost, type HostTensor } from "@cambium/ir";

/** What a run supplies. */
export interface Lab {
  readonly device: Device;
  /** The base's parameters, by name. They stay as they are. */
  readonly parameters: Readonly<Record<string, DeviceTensor>>;
  /** Sequences in a batch. */
  readonly batch: number;
  /** Tokens in a sequence. */
  readonly context: number;
  /**
   * Returns batch `index` of what finding reads, row-major [batch, context + 1]; the same on each call. Called right
   * before the batch is used; if it throws, finding ends and keeps nothing.
   */
  batchAt(index: number): Int32Array;
}

/** What finding reads and computes, known beforehand. */
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

/** A graph that is run on `batches` batches, one at a time. */
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
