// Answers a completion request, prompt by prompt, in parts as they are computed.
import { randomUUID } from "node:crypto";
import type { Tokenizer } from "@cambium/data";
import type { Score } from "@cambium/inference";
import { AnswerText, characters, type Part, type TokenReport } from "./answer-text.js";
import type { Job } from "./prompts.js";
import type { CompletionRequest } from "./request.js";
import type { SharedModel } from "./shared-model.js";
import type { TokenNames } from "./token-names.js";
import { fromLogits, report } from "./token-reports.js";

/** What is needed to answer requests. */
export interface Answering {
  readonly shared: SharedModel;
  readonly tokenizer: Tokenizer;
  readonly names: TokenNames;
  /** Token ids that end a generation. */
  readonly endTokens: readonly number[];
}

export interface AnswerPart extends Part {
  /** The prompt's index. */
  readonly index: number;
  readonly finish?: "stop" | "length";
}

/**
 * Answers all prompts concurrently.
 * @param give called with each part as it comes, and awaited
 * @returns the number of new tokens
 * @throws the signal's reason, or the first failure, after the work on the other prompts has ended
 */
export async function complete(
  request: CompletionRequest,
  jobs: readonly Job[],
  answering: Answering,
  give: (part: AnswerPart) => void | Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const failure = new AbortController();
  const seed = String(request.seed ?? randomUUID());
  const either = AbortSignal.any([signal, failure.signal]);
  const counts = await Promise.allSettled(
    jobs.map(async (job) => {
      try {
        return await answer({ request, job, seed, signal: either, ...answering }, give);
      } catch (error) {
        failure.abort(error);
        throw error;
      }
    }),
  );
  either.throwIfAborted();
  return counts.reduce((sum, count) => sum + (count.status === "fulfilled" ? count.value : 0), 0);
}

interface Work extends Answering {
  readonly request: CompletionRequest;
  readonly job: Job;
  readonly seed: string;
  readonly signal: AbortSignal;
}

/** Answers one prompt. @returns the number of new tokens */
async function answer(work: Work, give: (part: AnswerPart) => void | Promise<void>): Promise<number> {
  const { request, job, tokenizer } = work;
  const { index, ids, maxTokens } = job;
  const score = request.echo && request.logprobs !== undefined ? await promptScore(work) : undefined;
  const echoed = request.echo ? echo(work, score) : { text: "", tokens: [] };
  if (echoed.text !== "" || echoed.tokens.length > 0) await give({ index, ...echoed });
  const text = new AnswerText(tokenizer, ids, request.stop, characters(echoed.text));
  const end = async (tokens: number, finish: "stop" | "length") => {
    await give({ index, ...text.end(), finish: text.stopped ? "stop" : finish });
    return tokens;
  };
  if (maxTokens === 0) return end(0, "length");
  const known = score && knownNext(work, score);
  if (known) {
    await give({ index, ...text.push(known.id, known.report) });
    return end(1, work.endTokens.includes(known.id) ? "stop" : "length");
  }
  const { tokens, finish } = await generated(work, text, give);
  return end(tokens, finish);
}

/** Generates until an end token, `maxTokens` or a stop text. */
async function generated(work: Work, text: AnswerText, give: (part: AnswerPart) => void | Promise<void>) {
  const { request, job, shared, seed, signal, endTokens } = work;
  const stop = new AbortController();
  let tokens = 0;
  try {
    const { finish } = await shared.generate({
      prompt: job.ids,
      maxNewTokens: job.maxTokens,
      temperature: request.temperature,
      ...(request.topK !== undefined && { topK: request.topK }),
      ...(request.topP !== undefined && { topP: request.topP }),
      stop: endTokens,
      seed,
      signal: AbortSignal.any([signal, stop.signal]),
      onToken: async (id, _, logits) => {
        tokens++;
        const part = text.push(id, reportOf(work, id, logits));
        if (part.text !== "" || part.tokens.length > 0) await give({ index: job.index, ...part });
        if (text.stopped) stop.abort();
      },
    });
    return { tokens, finish };
  } catch (error) {
    signal.throwIfAborted();
    if (text.stopped) return { tokens, finish: "stop" as const };
    throw error;
  }
}

function reportOf({ request: { logprobs }, names }: Work, id: number, logits: ArrayLike<number>) {
  if (logprobs === undefined) return undefined;
  const { token, likeliest } = fromLogits(logits, id, logprobs);
  return report(names, token, likeliest);
}

/** log p of all tokens of the prompt except the first and, if a new token is wanted, the likeliest next tokens. */
async function promptScore({ request, job: { ids, maxTokens }, shared, signal }: Work): Promise<Score> {
  const top = Math.max(1, request.logprobs ?? 1);
  // The last token of a sequence is predicted, not read: any token there gives the likeliest ones.
  const sequence = maxTokens > 0 ? [...ids, 0] : ids;
  return shared.score({ ids: sequence, scored: sequence.length - 1 }, top, signal);
}

/** The next token if the score already gives it: for one new token at temperature 0. */
function knownNext(
  { request, job, names }: Work,
  { likeliest }: Score,
): { id: number; report: TokenReport } | undefined {
  const best = likeliest.at(-1) ?? [];
  const [token] = best;
  if (request.temperature !== 0 || job.maxTokens !== 1 || !token) return undefined;
  return { id: token.id, report: report(names, token, best.slice(0, request.logprobs)) };
}

/** The prompt as a part of the answer. */
function echo({ request, job: { ids, prompt }, tokenizer, names }: Work, score: Score | undefined): Part {
  const spelled = new AnswerText(tokenizer, []);
  const reports = ids.map((id, i): TokenReport | undefined => {
    if (!score) return undefined;
    if (i === 0) return { text: names.of(id), logprob: null, top: null };
    const logLikelihood = score.logLikelihoods[i - 1] as number;
    const likeliest = (score.likeliest[i - 1] ?? []).slice(0, request.logprobs);
    return report(names, { id, logLikelihood }, likeliest);
  });
  const parts = [...ids.map((id, i) => spelled.push(id, reports[i])), spelled.end()];
  const text = typeof prompt === "string" ? prompt : parts.map((part) => part.text).join("");
  return { text, tokens: parts.flatMap(({ tokens }) => tokens) };
}
