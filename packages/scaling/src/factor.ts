// The growth factor g: how many times larger the target is than the base.
import { countParameters, type ModelSpec } from "@cambium/model";
import { requirePositive } from "./input.js";

/**
 * g = N / n over non-embedding parameters: 3.99998 for 6 → 24 layers with hidden size 2048; with embeddings it would be
 * 3.1. Best between 2 and 4 (Du et al. 2024, section 4.3).
 */
export function growthFactor(base: ModelSpec, target: ModelSpec): number {
  return countParameters(target).nonEmbedding / countParameters(base).nonEmbedding;
}

/**
 * The paper's own fit, log10 g = 1.01 log10 N − 29.88 / log10 C − 7.36 (Du et al. 2024, eq. 50). For reference only: it
 * gives 19 for a 7B model and 221 for 70B, while the paper's experiments use single-digit factors.
 * @throws CambiumError `E_SCALING_INPUT`
 */
export function paperGrowthFactor({ parameters, flops }: { parameters: number; flops: number }): number {
  requirePositive({ parameters, flops });
  return 10 ** (1.01 * Math.log10(parameters) - 29.88 / Math.log10(flops) - 7.36);
}
