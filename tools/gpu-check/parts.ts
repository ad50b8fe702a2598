// The parts of the check. Each is independent: a failure is reported and the others still run.

import { conformanceCases, runCase } from "../../packages/backend/src/conformance/cases.js";
import { type Backend, type BackendOptions, resolveBackend } from "../../packages/backend/src/index.js";
import { median, type StepConfig } from "../../packages/bench/src/index.js";
import { step as stepSuite } from "../../packages/bench/src/suites/step.js";
import {
  causalAttention,
  differentiate,
  f32,
  type Graph,
  GraphBuilder,
  matmul,
  mul,
  reduceSum,
} from "../../packages/ir/src/index.js";
import { nodeImporter } from "../../packages/plugin/src/node/index.js";
import { type Precision, storedIn } from "../../packages/train/src/index.js";
import { timed } from "./measure.js";

export interface Sizes {
  readonly gemm: number;
  readonly attention: {
    readonly batch: number;
    readonly context: number;
    readonly heads: number;
    readonly headDim: number;
  };
  readonly large: StepConfig;
  readonly distil: StepConfig;
  readonly steps: number;
  readonly roundSeconds: number;
  /** Runs only every n-th conformance case. */
  readonly everyCase: number;
}

/** The sizes of the full check. */
export const full: Sizes = {
  gemm: 4096,
  attention: { batch: 4, context: 2048, heads: 16, headDim: 64 },
  large: {
    layers: 24,
    hidden: 1024,
    intermediate: 2816,
    heads: 16,
    kvHeads: 16,
    vocab: 32_000,
    batch: 8,
    context: 512,
  },
  distil: { layers: 6, hidden: 768, intermediate: 3072, heads: 12, kvHeads: 12, vocab: 50_257, batch: 1, context: 512 },
  steps: 12,
  roundSeconds: 0.5,
  everyCase: 1,
};

/** Sizes that a software adapter computes in seconds. */
export const small: Sizes = {
  gemm: 64,
  attention: { batch: 1, context: 16, heads: 2, headDim: 8 },
  large: { layers: 2, hidden: 32, intermediate: 64, heads: 2, kvHeads: 2, vocab: 64, batch: 1, context: 8 },
  distil: { layers: 1, hidden: 32, intermediate: 64, heads: 2, kvHeads: 2, vocab: 64, batch: 1, context: 8 },
  steps: 2,
  roundSeconds: 0.01,
  everyCase: 40,
};

export async function conformance(backend: Backend, options: BackendOptions, { everyCase }: Sizes) {
  const open = () => backend.open(options);
  await using device = await open();
  const cases = conformanceCases().filter((_, i) => i % everyCase === 0);
  const failures: { name: string; error: string }[] = [];
  for (const one of cases) {
    await runCase(one, device, open).catch((error: unknown) =>
      failures.push({ name: `${one.part}: ${one.name}`, error: String(error) }),
    );
  }
  return { cases: cases.length, failed: failures.length, failures };
}

/** A square product, in f32 and, if the device computes f16, of f16 with f32 sums. */
export async function gemm(
  backend: Backend,
  options: BackendOptions,
  { gemm: n, roundSeconds }: Sizes,
  dtype: "f32" | "f16",
) {
  await using device = await backend.open(options);
  if (!device.info.computes.includes(dtype)) return { absent: `${device.info.device} does not compute ${dtype}` };
  const builder = new GraphBuilder();
  const type = { dtype, shape: [n, n] };
  builder.output("c", matmul(builder.input("a", type), builder.input("b", type)));
  return { case: `${n}³`, ...(await timed(device, builder.finish(), roundSeconds)) };
}

/** Causal attention, forward or with its gradients. */
export async function attention(backend: Backend, options: BackendOptions, sizes: Sizes, gradient: boolean) {
  await using device = await backend.open(options);
  const { batch, context, heads, headDim } = sizes.attention;
  const builder = new GraphBuilder();
  const [q, k, v] = ["q", "k", "v"].map((name) => builder.input(name, f32(batch, context, heads * headDim)));
  if (!q || !k || !v) throw new RangeError("three inputs");
  const [out] = causalAttention(q, k, v, { heads, kvHeads: heads });
  builder.output("out", gradient ? reduceSum(mul(out, out), { axes: [0, 1, 2] }) : out);
  const forward = builder.finish();
  const graph: Graph = gradient ? differentiate(forward, { of: "out", by: ["q", "k", "v"] }) : forward;
  return { case: `${batch} × ${context}, ${heads} × ${headDim}`, ...(await timed(device, graph, sizes.roundSeconds)) };
}

/** A whole training step, as the training loop runs it. */
export async function step(
  backend: Backend,
  options: BackendOptions,
  config: StepConfig,
  precision: Precision,
  steps: number,
) {
  await using device = await backend.open(options);
  const { info } = device;
  const dtype = storedIn(precision) ?? "f32";
  if (!info.computes.includes(dtype)) return { absent: `${info.device} does not compute ${dtype}` };
  const began = performance.now();
  const prepared = await stepSuite.prepare({ name: "step", size: { ...config } }, device, precision);
  try {
    await prepared.turn(2);
    const readySeconds = (performance.now() - began) / 1000;
    const rounds = await prepared.turn(steps);
    const { flops = Number.NaN, bytes, tokens = Number.NaN } = prepared.work;
    const seconds = median(rounds);
    const speed = { tokensPerSecond: tokens / seconds, gflops: flops / seconds / 1e9 };
    return { config, readySeconds, seconds, ...speed, countedBytes: bytes, rounds };
  } finally {
    await prepared.dispose();
  }
}

/** A backend that may be bundled. */
export async function carried(name: string): Promise<Backend> {
  return resolveBackend(name, nodeImporter(process.cwd(), import.meta.dirname));
}
