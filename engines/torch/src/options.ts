// The engine's options, and which of them decide bits.
import { readOptions } from "@cambium/engine";
import type { EngineOptions } from "@cambium/recipe";
import { z } from "zod";

const count = z.int().positive();

const schema = z
  .strictObject({
    /** The Python to use instead of the one that `cambium setup torch` made. */
    python: z.string().min(1).optional(),
    /** Processes on a machine. */
    nproc: count.default(1),
    /** Machines; more than one only on a cluster. */
    nodes: count.default(1),
    device: z.enum(["cpu", "cuda"]).default("cpu"),
    /** Default: fsdp on CUDA, else ddp. */
    strategy: z.enum(["ddp", "fsdp"]).optional(),
    /** Matrix products in bf16; parameters, moments and sums stay f32. */
    bf16: z.boolean().default(false),
    /** CPU threads of a process. Default: the cores, divided among the processes; on a cluster 1. */
    threads: count.optional(),
    /** Where the processes meet. Default: a free one. */
    port: z.int().min(1).max(65_535).optional(),
  })
  .transform(({ strategy, ...rest }) => ({ ...rest, strategy: strategy ?? (rest.device === "cuda" ? "fsdp" : "ddp") }));

export type TorchOptions = Readonly<z.output<typeof schema>>;

/** @throws CambiumError `E_ENGINE_OPTIONS` with every reason */
export function torchOptions(given: EngineOptions): TorchOptions {
  const hint = "python, nproc, nodes, device (cpu or cuda), strategy (ddp or fsdp), bf16, threads, port";
  return readOptions("torch", schema, given, hint);
}

/** Versions of the libraries that compute. */
export interface TorchVersions {
  readonly torch: string;
  readonly transformers: string;
}

/** Everything that decides bits, in one line. */
export function deviceLine(options: TorchOptions, { torch, transformers }: TorchVersions): string {
  const { device, strategy, bf16, nproc, nodes } = options;
  return `torch ${torch} transformers ${transformers} ${device} ${strategy} ×${nproc * nodes}${bf16 ? " bf16" : ""}`;
}
