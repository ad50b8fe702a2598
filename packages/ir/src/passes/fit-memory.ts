// Fits a train step into memory by recomputing as little of its forward pass as possible.
import { graphCost } from "../cost.js";
import type { Graph } from "../graph.js";
import { forwardPass } from "./forward-pass.js";
import { liveness } from "./liveness.js";
import { recompute } from "./recompute.js";

export interface FitMemoryOptions {
  /** The output whose forward pass may be recomputed. */
  readonly of: string;
  /** The bytes available in total. */
  readonly bytes: number;
  /** The bytes that a graph takes. Default: its inputs and the peak of the values alive at once. */
  readonly measure?: (graph: Graph) => number;
}

export interface Fitted {
  readonly graph: Graph;
  /** As measured: more than there are if no choice fits. */
  readonly bytes: number;
  /** Matrix work done a second time, FLOPs. */
  readonly recomputedFlops: number;
}

/**
 * `graph`, with as many segments of the forward pass of output `of` recomputed as it takes to fit in `bytes`. Tries
 * segments of one, two, four … valleys of the forward pass, and takes the choice that adds the least work. If none fits,
 * it takes the one with the fewest bytes.
 */
export function fitMemory(graph: Graph, options: FitMemoryOptions): Fitted {
  const { of, bytes, measure = bytesOf } = options;
  const whole: Fitted = { graph, bytes: measure(graph), recomputedFlops: 0 };
  if (whole.bytes <= bytes) return whole;
  const forward = forwardPass(graph, of);
  const once = graphCost(graph).matrixFlops;
  const tried = (cuts: readonly number[]): Fitted => {
    const made = recompute(graph, forward, cuts);
    return { graph: made, bytes: measure(made), recomputedFlops: graphCost(made).matrixFlops - once };
  };
  const strides = powersOfTwo(forward.cuts.length).map((stride) =>
    fewest(
      forward.cuts.filter((_, i) => (i + 1) % stride === 0),
      bytes,
      tried,
    ),
  );
  const fitting = strides.filter((one) => one.bytes <= bytes);
  const least = (choices: readonly Fitted[], of: "bytes" | "recomputedFlops") =>
    choices.reduce((best, one) => (one[of] < best[of] ? one : best));
  return fitting.length > 0 ? least(fitting, "recomputedFlops") : least([whole, ...strides], "bytes");
}

/** 1, 2, 4 … up to `count`. */
function powersOfTwo(count: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil(Math.log2(count + 1))) }, (_, i) => 2 ** i);
}

/** What fits with the fewest of `cuts` recomputed; if nothing does, all of them. */
function fewest(cuts: readonly number[], bytes: number, tried: (cuts: readonly number[]) => Fitted): Fitted {
  let [low, high, best] = [1, cuts.length, tried(cuts)];
  // The more segments are recomputed, the fewer bytes are alive, so the first count that fits is found by bisection.
  while (best.bytes <= bytes && low < high) {
    const middle = (low + high) >> 1;
    const fit = tried(cuts.slice(0, middle));
    if (fit.bytes <= bytes) [high, best] = [middle, fit];
    else low = middle + 1;
  }
  return best;
}

function bytesOf(graph: Graph): number {
  const { inputBytes, peakBytes } = liveness(graph);
  return inputBytes + peakBytes;
}
