// Fits a train step into memory by recomputing as little of its forward pass as possible.
import { graphCost } from "../cost.js";
import { CambiumError } from "../errors.js";
import type { Graph } from "../graph.js";
import { type ForwardPass, forwardPass } from "./forward-pass.js";
import { liveness } from "./liveness.js";
import { recompute } from "./recompute.js";

export interface FitMemoryOptions {
  /** The output whose forward pass may be recomputed. */
  readonly of: string;
  /** The bytes available in total. */
  readonly bytes: number;
  /** Bytes of `bytes` that things outside the graph take. Default 0. */
  readonly aside?: number;
}

export interface Fitted {
  readonly graph: Graph;
  /** Bytes of the inputs plus the peak of the values alive at once. */
  readonly bytes: number;
  /** Matrix work done a second time, FLOPs. */
  readonly recomputedFlops: number;
}

/**
 * `graph`, with as many segments of the forward pass of output `of` recomputed as it takes for the inputs and the
 * values alive at once to fit in `bytes`. Tries segments of one, two, four … valleys of the forward pass, and takes the
 * choice that adds the least work.
 * @throws CambiumError `E_MEMORY` with the fewest bytes that would do.
 */
export function fitMemory(graph: Graph, options: FitMemoryOptions): Fitted {
  const { of, aside = 0 } = options;
  const bytes = options.bytes - aside;
  const taken = bytesOf(graph);
  if (taken <= bytes) return { graph, bytes: taken, recomputedFlops: 0 };
  const forward = forwardPass(graph, of);
  const fits = powersOfTwo(forward.cuts.length).map((stride) => fewest(graph, forward, stride, bytes));
  const once = graphCost(graph).matrixFlops;
  const [best] = fits
    .filter((fit) => fit.bytes <= bytes)
    .map((fit) => ({ ...fit, recomputedFlops: graphCost(fit.graph).matrixFlops - once }))
    .sort((a, b) => a.recomputedFlops - b.recomputedFlops);
  if (best) return best;
  const least = [taken, ...fits.map((fit) => fit.bytes)].reduce((a, b) => Math.min(a, b));
  throw new CambiumError("E_MEMORY", "a training step does not fit in the memory allowed for it", {
    expected: `at least ${least + aside} bytes, with its activations recomputed (${taken + aside} without)`,
    got: `${options.bytes} bytes`,
    hint: "a smaller batch with more accumulation needs less, and so does a shorter context",
  });
}

/** 1, 2, 4 … up to `count`. */
function powersOfTwo(count: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil(Math.log2(count + 1))) }, (_, i) => 2 ** i);
}

/** The graph that fits with the fewest segments of `stride` valleys recomputed; if none fits, all are recomputed. */
function fewest(graph: Graph, forward: ForwardPass, stride: number, bytes: number): Omit<Fitted, "recomputedFlops"> {
  const cuts = forward.cuts.filter((_, i) => (i + 1) % stride === 0);
  const tried = (count: number) => {
    const made = recompute(graph, forward, cuts.slice(0, count));
    return { graph: made, bytes: bytesOf(made) };
  };
  let [low, high, best] = [1, cuts.length, tried(cuts.length)];
  // The more segments are recomputed, the fewer bytes are alive, so the first count that fits is found by bisection.
  while (best.bytes <= bytes && low < high) {
    const middle = (low + high) >> 1;
    const fit = tried(middle);
    if (fit.bytes <= bytes) [high, best] = [middle, fit];
    else low = middle + 1;
  }
  return best;
}

function bytesOf(graph: Graph): number {
  const { inputBytes, peakBytes } = liveness(graph);
  return inputBytes + peakBytes;
}
