// What a recipe may say to the engine, and what of it decides bits.
import { CambiumError } from "@cambium/ir";
import type { EngineOptions } from "@cambium/recipe";
import { z } from "zod";

const count = z.int().positive();

/** The version whose configuration the package writes. */
const titanVersion = "0.3.0";

const schema = z.strictObject({
  /** A Python with torch, safetensors and, where it trains, torchtitan. */
  python: z.string().min(1).default("python3"),
  /** Processes on a machine, one for each GPU. */
  nproc: count.default(8),
  /** Machines. */
  nodes: count.default(1),
  /** GPUs that a product is shared among. */
  tensorParallel: count.default(1),
  /** GPUs that a sequence is shared among. */
  contextParallel: count.default(1),
  /** Products in bf16; parameters, moments and sums stay f32. */
  bf16: z.boolean().default(true),
  /** Computes activations again instead of keeping them. */
  recompute: z.boolean().default(false),
  /** Steps between checkpoints. */
  checkpointSteps: count.default(500),
});

export type TitanOptions = Readonly<z.output<typeof schema>>;

/** @throws CambiumError `E_ENGINE_OPTIONS` with everything that is wrong. */
export function titanOptions(given: EngineOptions): TitanOptions {
  const { data, error } = schema.safeParse(given);
  if (data) return data;
  throw new CambiumError("E_ENGINE_OPTIONS", "the engine torchtitan does not take these options", {
    where: "train.engine",
    reasons: error.issues.map(({ path, message }) => ({ ...(path.length > 0 && { where: path.join(".") }), message })),
    hint: Object.keys(schema.shape).join(", "),
  });
}

/** Processes that read different data. */
export function dataRanks({ nproc, nodes, tensorParallel, contextParallel }: TitanOptions): number {
  return (nproc * nodes) / (tensorParallel * contextParallel);
}

/** What decides bits, in one line. */
export function deviceLine(options: TitanOptions): string {
  const { nproc, nodes, tensorParallel, contextParallel, bf16 } = options;
  const split = `×${nproc * nodes} tensor ${tensorParallel} context ${contextParallel}`;
  return `torchtitan ${titanVersion} cuda ${split}${bf16 ? " bf16" : ""}`;
}
