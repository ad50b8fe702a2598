// The page's side of a benchmark in a browser: drives one contestant, and counts its use of WebGPU.
import { batchAt, modelOf, type StepConfig } from "@cambium/bench";
import type { HostTensor } from "@cambium/ir";
import { type DecoderConfig, initParameters, type ModelSpec } from "@cambium/model";

/** A library that trains in a page. It must compute `@cambium/train`'s step with its default optimizer. */
export interface PagePeer {
  /** Loads the model and its parameters; it may already compile. */
  setup(
    model: ModelSpec<DecoderConfig>,
    size: StepSize,
    parameters: Readonly<Record<string, HostTensor>>,
  ): Promise<void>;
  /**
   * One step on i32 [batch, context + 1], row-major. Resolves to the loss before the update. Work may still be queued,
   * and the next step may be requested before this loss has arrived.
   */
  step(tokens: Int32Array, lr: number): Promise<number>;
  /** Returns a function that multiplies two f32 matrices [size, size], of any content, once per call. */
  matmul(size: number): Promise<() => Promise<void>>;
}

export interface StepSize {
  readonly batch: number;
  readonly context: number;
}

/** Counts at the boundary between library and WebGPU. */
export interface Counts {
  /** Dispatches of compute passes so far. */
  readonly dispatches: number;
  /** Bytes of GPU buffers alive: created and not destroyed. */
  readonly bytes: number;
  readonly peakBytes: number;
}

/** Steps taken. */
export interface Taken {
  /** Seconds per step. */
  readonly seconds: number;
  readonly losses: readonly number[];
}

export const learningRate = 1e-3;

const counts = { dispatches: 0, bytes: 0, peakBytes: 0 };
const devices: GPUDevice[] = [];

/**
 * The functions that a page exports to the benchmark.
 * @param open opens the library: it has a device, but has compiled nothing
 */
export function contestant(open: () => Promise<PagePeer>) {
  watch();
  let [peer, config, position]: [PagePeer | undefined, StepConfig | undefined, number] = [undefined, undefined, 0];
  const step = (lr: number) => (peer as PagePeer).step(batchAt(config as StepConfig, position++), lr);
  return {
    /** Starts a model of this size and takes its first step: uploads parameters, compiles, steps. */
    async setup(next: StepConfig): Promise<Taken> {
      [config, position] = [next, 0];
      peer ??= await open();
      const model = modelOf(next);
      const parameters = initialParameters(model);
      const began = performance.now();
      await peer.setup(model, next, parameters);
      const losses = [await step(learningRate)];
      await settled();
      return { seconds: (performance.now() - began) / 1000, losses };
    },
    /** Takes `count` steps, with one in flight as in training loops, and waits until the GPU is idle. */
    async steps(count: number): Promise<Taken> {
      const losses: number[] = [];
      const began = performance.now();
      let current = step(learningRate);
      for (let i = 1; i <= count; i++) {
        const next = i < count ? step(learningRate) : undefined;
        losses.push(await current);
        if (next) current = next;
      }
      await settled();
      return { seconds: (performance.now() - began) / 1000 / count, losses };
    },
    /** GFLOPS of a square product, the best of `count` runs after one warm-up run. */
    async matmul(size: number, count: number): Promise<number> {
      peer ??= await open();
      const run = await peer.matmul(size);
      await run();
      await settled();
      let best = 0;
      for (let i = 0; i < count; i++) {
        const began = performance.now();
        await run();
        await settled();
        best = Math.max(best, (2 * size ** 3) / (performance.now() - began) / 1e6);
      }
      return best;
    },
    async counts(): Promise<Counts> {
      return { ...counts };
    },
  };
}

export function initialParameters(model: ModelSpec<DecoderConfig>): Record<string, HostTensor> {
  return initParameters(model, { seed: "bench", scheme: "hf" });
}

/** Waits until every device of the page has finished its work. */
async function settled(): Promise<void> {
  await Promise.all(devices.map((device) => device.queue.onSubmittedWorkDone()));
}

/** Counts at WebGPU's own prototypes, so that every library is counted the same way. */
function watch(): void {
  const { GPUAdapter, GPUDevice, GPUBuffer, GPUComputePassEncoder } = globalThis as unknown as Record<
    string,
    { prototype: object }
  >;
  after(GPUAdapter, "requestDevice", (_, device) => {
    (device as Promise<GPUDevice>).then((one) => devices.push(one));
  });
  for (const name of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]) {
    after(GPUComputePassEncoder, name, () => {
      counts.dispatches += 1;
    });
  }
  const alive = new WeakSet<object>();
  after(GPUDevice, "createBuffer", (_, buffer) => {
    alive.add(buffer as GPUBuffer);
    counts.bytes += (buffer as GPUBuffer).size;
    counts.peakBytes = Math.max(counts.peakBytes, counts.bytes);
  });
  after(GPUBuffer, "destroy", (buffer) => {
    if (alive.delete(buffer)) counts.bytes -= (buffer as GPUBuffer).size;
  });
}

type Method = (this: object, ...args: unknown[]) => unknown;

function after(owner: { prototype: object } | undefined, name: string, look: (self: object, result: unknown) => void) {
  const methods = owner?.prototype as Record<string, Method>;
  const own = methods[name] as Method;
  methods[name] = function (...args) {
    const result = own.apply(this, args);
    look(this, result);
    return result;
  };
}
