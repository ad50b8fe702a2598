// Prompts as token ids that fit the model, and how many new tokens each gets.
import type { Tokenizer } from "@cambium/data";
import { CambiumError, type Reason } from "@cambium/ir";
import { contextLength, type ModelSpec, sizesAlong } from "@cambium/model";
import { type CompletionRequest, type Prompt, refused } from "./request.js";

/** One prompt of a request. */
export interface Job {
  /** Index among the answers. */
  readonly index: number;
  readonly ids: readonly number[];
  /** The prompt as given. */
  readonly prompt: Prompt;
  readonly maxTokens: number;
}

/** Default max_tokens, if the context has room for them; OpenAI's default. */
const defaultTokens = 16;

/** @throws CambiumError `E_REQUEST` with every reason found */
export function jobsOf(request: CompletionRequest, model: ModelSpec, tokenizer: Tokenizer): Job[] {
  const { vocab } = sizesAlong(model, ["vocab"]);
  const longest = contextLength(model);
  const reasons: Reason[] = [];
  const jobs = request.prompts.map((prompt, index): Job => {
    const where = request.prompts.length > 1 ? `prompt.${index}` : "prompt";
    const ids = typeof prompt === "string" ? encoded(prompt, tokenizer, where, reasons) : prompt;
    const strange = ids.find((id) => id < 0 || id >= vocab);
    if (strange !== undefined) {
      const expected = `token ids from 0 to ${vocab - 1}, the model's vocabulary`;
      reasons.push({ where, message: "has a token outside the vocabulary", expected, got: String(strange) });
    }
    if (Array.isArray(prompt) && ids.length === 0)
      reasons.push({ where, message: "is empty", expected: "at least one token id" });
    const room = Math.max(0, longest + 1 - ids.length);
    const maxTokens = request.maxTokens ?? Math.min(defaultTokens, room);
    if (ids.length > longest + 1 || maxTokens > room) {
      const expected = `at most ${longest} tokens, the last one not counted`;
      const got = `${ids.length} in the prompt and max_tokens ${maxTokens}`;
      const hint = room > 0 ? `max_tokens at most ${room} after this prompt` : "a shorter prompt";
      reasons.push({ where, message: "does not fit the model's context", expected, got, hint });
    }
    return { index, ids, prompt, maxTokens };
  });
  if (reasons.length > 0) throw refused(reasons);
  return jobs;
}

function encoded(text: string, tokenizer: Tokenizer, where: string, reasons: Reason[]): readonly number[] {
  const { bosId, eosId, prefix } = tokenizer;
  try {
    const ids = [...prefix, ...tokenizer.encode(text)];
    const start = bosId ?? eosId;
    if (ids.length > 0) return ids;
    if (start !== undefined) return [start];
    reasons.push({ where, message: "is empty, and the tokenizer has no start token", expected: "a text" });
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    const { code, summary: message, details } = error;
    reasons.push({ ...details, code, message, where });
  }
  return [];
}
