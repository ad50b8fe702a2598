// Hashes tensors: in a thread of its own, or in the one that writes.
import type { ModelDirectory } from "@cambium/checkpoint";
import { ThreadCaller } from "@cambium/files";
import { placeOf } from "../place.js";
import { hashScript } from "../scripts.js";
import type { HashRequest, HashResponse } from "./protocol.js";
import { type Part, Streams } from "./streams.js";
import { PIECE_BYTES, type TensorSum } from "./summing.js";
import { sumOf } from "./tensor-sum.js";

export interface Hasher {
  /** As `Streams.add`. The bytes must stay as they are until this resolves. */
  add(parts: readonly Part[]): Promise<readonly string[]>;
  /** The sums of a tensor of the source, which is read for that; one at a time. */
  sumOf(source: ModelDirectory, name: string, interrupted: () => boolean): Promise<TensorSum>;
  end(): Promise<void>;
}

export function hereHasher(): Hasher {
  const streams = new Streams();
  return {
    add: async (parts) => streams.add(parts),
    sumOf: (source, name, interrupted) => sumOf(source.shardOf(name), name, interrupted),
    end: async () => {},
  };
}

/** Its thread starts at once, which takes about 30 ms. */
export function threadHasher(): Hasher {
  const thread = new ThreadCaller<HashRequest, HashResponse>({ script: hashScript, does: "hashes tensors" });
  return {
    async add(parts) {
      return (await thread.ask({ parts })).ended ?? [];
    },
    // In pieces, so that what is in memory need not wait for a whole tensor.
    async sumOf(source, name) {
      const place = placeOf(source, name);
      for (let start = 0; ; start += PIECE_BYTES) {
        const end = Math.min(start + PIECE_BYTES, place.entry.byteLength);
        const { sum } = await thread.ask({ place, start, end });
        if (sum) return sum;
      }
    },
    end: () => thread.end(),
  };
}
