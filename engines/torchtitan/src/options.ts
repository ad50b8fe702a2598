// The engine's options, and which of them decide bits.
import { readOptions } from "@cambium/engine";
import type { EngineOptions } from "@cambium/recipe";
import { z } from "zod";

const count = z.int().positive();

/** The version whose configuration the package writes. */
const titanVersion = "0.3.0";

const schema = z.strictObject({
  /** A Python with torch and safetensors; on the cluster, with torchtitan too. */
  python: z.string().min(1).default("python3"),
  /** Processes on a machine, one for each GPU. */
  nproc: count.default(8),
  /** Machines. */
  nodes: count.default(1),
  /** GPUs that share a matrix product. */
  tensorParallel: count.default(1),
  /** GPUs that share a sequence. */
  contextParallel: count.default(1),
  /** Matrix products in bf16; parameters, moments and sums stay f32. */
  bf16: z.boolean().default(true),
  /** Recomputes activations instead of keeping them. */
  recompute: z.boolean().default(false),
  /** Steps between checkpoints. */
  checkpointSteps: count.default(500),
});

export type TitanOptions = Readonly<z.output<typeof schema>>;

/** @throws CambiumError `E_ENGINE_OPTIONS` with every reason */
export function titanOptions(given: EngineOptions): TitanOptions {
  return readOptions("torchtitan", schema, given, Object.keys(schema.shape).join(", "));
}

/** What to do where `python` lacks something. */
export const anotherPython =
  "name a Python with torch and safetensors by the engine's option python (--python of cambium launch)";

/** Processes that read different data. */
export function dataRanks({ nproc, nodes, tensorParallel, contextParallel }: TitanOptions): number {
  return (nproc * nodes) / (tensorParallel * contextParallel);
}

/** Everything that decides bits, in one line. */
export function deviceLine(options: TitanOptions): string {
  const { nproc, nodes, tensorParallel, contextParallel, bf16 } = options;
  const split = `×${nproc * nodes} tensor ${tensorParallel} context ${contextParallel}`;
  return `torchtitan ${titanVersion} cuda ${split}${bf16 ? " bf16" : ""}`;
}
