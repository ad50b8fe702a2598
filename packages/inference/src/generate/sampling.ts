// Choosing the next token from logits: greedy, temperature, top-k, nucleus (Holtzman et al. 2020). Float64, on the
// host.
import { CambiumError } from "@cambium/ir";

export interface Sampling {
  /** 0 takes the most likely token; otherwise logits are divided by it. */
  readonly temperature: number;
  /** Keep the k most likely tokens. */
  readonly topK?: number;
  /** Keep the fewest tokens whose probabilities, renormalised after top-k, add up to at least this. */
  readonly topP?: number;
}

/**
 * The token that `uniform` in [0, 1) picks from `logits` [vocab]; at equal logits lower ids come first.
 * @throws CambiumError `E_NOT_FINITE` if a logit is NaN or +∞
 */
export function sampleToken(logits: ArrayLike<number>, sampling: Sampling, uniform: number): number {
  const best = argMax(logits);
  const { temperature, topK = logits.length, topP = 1 } = sampling;
  if (temperature === 0) return best;
  const peak = logits[best] as number;
  const weight = (id: number) => Math.exp(((logits[id] as number) - peak) / temperature);
  const ids = Array.from(logits, (_, id) => id);
  const kept = topK < ids.length || topP < 1 ? likeliest(ids, logits, topK, topP, weight) : ids;
  const total = kept.reduce((sum, id) => sum + weight(id), 0);
  let rest = uniform * total;
  for (const id of kept) {
    rest -= weight(id);
    if (rest < 0) return id;
  }
  return best;
}

function likeliest(
  ids: number[],
  logits: ArrayLike<number>,
  topK: number,
  topP: number,
  weight: (id: number) => number,
): number[] {
  const ranked = ids.sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b).slice(0, topK);
  if (topP >= 1) return ranked;
  const enough = topP * ranked.reduce((sum, id) => sum + weight(id), 0);
  let sum = 0;
  const crossing = ranked.findIndex((id) => {
    sum += weight(id);
    return sum >= enough;
  });
  return crossing < 0 ? ranked : ranked.slice(0, crossing + 1);
}

function argMax(logits: ArrayLike<number>): number {
  let best = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (Number.isNaN(logit) || logit === Number.POSITIVE_INFINITY) {
      throw new CambiumError("E_NOT_FINITE", "the model's logits are not finite", {
        where: `token ${id}`,
        got: String(logit),
        hint: "the weights hold NaN or infinity, or training diverged",
      });
    }
    if (logit > (logits[best] as number)) best = id;
  }
  return best;
}
