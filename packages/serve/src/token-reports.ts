// Token reports for `logprobs`, from a score or from the logits that the token was chosen from.
import type { TokenLikelihood } from "@cambium/inference";
import type { TokenReport } from "./answer-text.js";
import type { TokenNames } from "./token-names.js";

/** @param likeliest the likeliest tokens at its position; the token itself is added if it is not among them */
export function report(names: TokenNames, token: TokenLikelihood, likeliest: readonly TokenLikelihood[]): TokenReport {
  const own = likeliest.some(({ id }) => id === token.id) ? [] : [token];
  return { text: names.of(token.id), logprob: token.logLikelihood, top: names.table([...likeliest, ...own]) };
}

/** log p of token `id` and of the `count` likeliest tokens, lower ids first at equal logits; in float64. */
export function fromLogits(
  logits: ArrayLike<number>,
  id: number,
  count: number,
): { token: TokenLikelihood; likeliest: TokenLikelihood[] } {
  const best: number[] = [];
  let peak = Number.NEGATIVE_INFINITY;
  for (let one = 0; one < logits.length; one++) {
    const logit = logits[one] as number;
    peak = Math.max(peak, logit);
    const at = best.findIndex((other) => logit > (logits[other] as number));
    if (at >= 0) best.splice(at, 0, one);
    else if (best.length < count) best.push(one);
    if (best.length > count) best.pop();
  }
  let total = 0;
  for (let one = 0; one < logits.length; one++) total += Math.exp((logits[one] as number) - peak);
  const normalizer = peak + Math.log(total);
  const likelihood = (one: number) => ({ id: one, logLikelihood: (logits[one] as number) - normalizer });
  return { token: likelihood(id), likeliest: best.map(likelihood) };
}
