// Soak: many training steps in one process. Over the last three quarters resident memory must be flat. Its peak must be
// within the IR's count, no tensor may be left behind, and the main thread must stay free: a 10 ms timer is at most 50
// ms late.
import { highest } from "@cambium/ir";
import { parity } from "../parity.js";
import { median, slope } from "../statistics.js";
import type { DeviceSuite, Prepared } from "../suite.js";
import { configOf, step } from "../suites/step.js";

const limits = {
  /** Most rise of a line through the memory samples of the last three quarters; their noise is ±3 MB. */
  growthBytes: 5e6,
  lateMs: 50,
};

/** Steps between two samples of memory. */
const stride = 10;

const long = {
  ...{ layers: 6, hidden: 128, intermediate: 344, heads: 4, kvHeads: 4, vocab: 256, batch: 8, context: 128 },
  steps: 1000,
};
const short = {
  ...long,
  layers: 2,
  hidden: 64,
  intermediate: 176,
  heads: 2,
  kvHeads: 2,
  batch: 4,
  context: 64,
  steps: 200,
};

export const soak: DeviceSuite = {
  name: "soak",
  summary: "many steps in one process, within limits of memory and of the event loop",
  unit: "tokens/s",
  bound: null,
  on: "device",
  fresh: true,
  extra: true,
  cases: (quick) => {
    const size = quick ? short : long;
    return [{ name: `${size.layers}Lx${size.hidden}, ${size.steps} steps`, size }];
  },
  async prepare(one, device) {
    const config = configOf(one);
    const { steps = stride } = one.size;
    const prepared = await step.prepare(one, device);
    let watched: Watched | undefined;
    return {
      ...prepared,
      work: { tokens: steps * config.batch * config.context },
      async turn(count) {
        const seconds: number[] = [];
        for (let i = 0; i < count; i++) {
          const { tensors } = await device.memory();
          watched = await watch(prepared, steps);
          watched.left = (await device.memory()).tensors - tensors;
          seconds.push(watched.seconds);
        }
        return seconds;
      },
      async parity() {
        const { peakBytes, growthBytes, lateMs, left } = watched as Watched;
        const allowed = allowedBytes(prepared.work.bytes as number);
        const share = highest([
          peakBytes / allowed,
          growthBytes / limits.growthBytes,
          lateMs / limits.lateMs,
          left * 2,
        ]);
        const mega = (bytes: number) => (bytes / 1e6).toFixed(0);
        const figures = [
          `peak ${mega(peakBytes)} of ${mega(allowed)} MB`,
          `growth ${mega(growthBytes)} of ${mega(limits.growthBytes)} MB`,
          `a timer ${lateMs.toFixed(0)} of ${limits.lateMs} ms late`,
          `${left} tensors left`,
        ];
        return parity(share, 1, `limits: ${figures.join(", ")}`);
      },
    };
  },
};

/** Largest resident memory allowed for a training process, given the IR's count. */
function allowedBytes(counted: number): number {
  return 1.25 * counted + 250e6;
}

interface Watched {
  readonly seconds: number;
  readonly peakBytes: number;
  /** Rise of a line through the samples of the last three quarters. */
  readonly growthBytes: number;
  readonly lateMs: number;
  left: number;
}

async function watch(prepared: Prepared, steps: number): Promise<Watched> {
  const interval = 10;
  let [late, expected] = [0, performance.now() + interval];
  const timer = setInterval(() => {
    const now = performance.now();
    late = Math.max(late, now - expected);
    expected = now + interval;
  }, interval);
  const samples: number[] = [];
  let seconds = 0;
  try {
    for (let done = 0; done < steps; done += stride) {
      seconds += (await prepared.turn(Math.min(stride, steps - done))).reduce((sum, one) => sum + one, 0);
      // Collect garbage first: up to 30 MB not yet collected would be noise in the samples.
      globalThis.gc?.();
      // The time of the collection must not count as the timer's delay.
      expected = performance.now() + interval;
      samples.push(process.memoryUsage.rss());
    }
  } finally {
    clearInterval(timer);
  }
  const quarter = Math.ceil(samples.length / 4);
  const rise = slope(samples.slice(quarter));
  return {
    seconds,
    peakBytes: Math.max(process.resourceUsage().maxRSS * 1024, median(samples)),
    growthBytes: Number.isNaN(rise) ? 0 : Math.max(0, rise * (samples.length - quarter)),
    lateMs: late,
    left: 0,
  };
}
