// Initial parameters: counter-based, so a tensor's numbers depend only on (seed, name, shape, scheme).
import { type HostTensor, hostTensor, numel, Random } from "@cambium/ir";
import type { LlamaConfig } from "./config.js";
import { type ParameterSpec, parameterTable } from "./parameters.js";

/**
 * `hf`: N(0, initializerRange) for every matrix, as Hugging Face's Llama. `paper`: as the code published with the
 * paper, N(0, √(2 / (5·fanIn))), and N(0, 1 / (√fanIn · layers)) for the MLP's output projection; fanIn is the last
 * dimension. Norm weights are 1 in both.
 */
export type InitScheme = "hf" | "paper";

export interface InitOptions {
  readonly seed: string;
  readonly scheme: InitScheme;
}

/** Standard deviation of a parameter's initial entries; null for norm weights, which start at 1. */
export function initialStd(config: LlamaConfig, spec: ParameterSpec, scheme: InitScheme): number | null {
  if (spec.kind === "norm") return null;
  if (scheme === "hf") return config.initializerRange;
  const fanIn = spec.shape.at(-1) as number;
  return spec.name.endsWith(".mlp.down_proj.weight")
    ? 1 / (Math.sqrt(fanIn) * config.layers)
    : Math.sqrt(2 / (5 * fanIn));
}

/** One parameter's initial value, f32. */
export function initParameter(
  config: LlamaConfig,
  spec: ParameterSpec,
  { seed, scheme }: InitOptions,
): HostTensor<"f32"> {
  const std = initialStd(config, spec, scheme);
  const data = new Float32Array(numel(spec.shape));
  if (std === null) return hostTensor("f32", spec.shape, data.fill(1));
  const random = new Random(`${seed}/init/${spec.name}`);
  for (let i = 0; i < data.length; i++) data[i] = std * random.normal(i);
  return hostTensor("f32", spec.shape, data);
}

/** All parameters by name, f32, in the order of `parameterTable`. */
export function initParameters(config: LlamaConfig, options: InitOptions): Record<string, HostTensor<"f32">> {
  return Object.fromEntries(parameterTable(config).map((spec) => [spec.name, initParameter(config, spec, options)]));
}
