// Encodes texts as token sequences whose last tokens are scored, by the rules of EleutherAI's lm-evaluation-harness
// 0.4, so that results are comparable.
import type { Tokenizer } from "@cambium/data";
import { stripEnd } from "./white-space.js";

/** A sequence of token ids; each of the last `scored` ones is predicted from all ids before it. */
export interface Encoded {
  readonly ids: readonly number[];
  /** At most `ids.length - 1`. */
  readonly scored: number;
}

/**
 * Encodes `continuation` after `context`. White space at the end of the context belongs to the continuation. The
 * context is encoded alone, and the continuation's tokens are those of the whole text after that many. An empty context
 * becomes the start token (bos, else eos); with a tokenizer that has neither, the continuation's first token is not
 * scored.
 * @param longest most tokens that the model predicts in a row; of a longer sequence the last `longest` + 1 ids are kept
 */
export function encodeContinuation(
  tokenizer: Tokenizer,
  context: string,
  continuation: string,
  longest: number,
): Encoded {
  if (context === "") return withoutContext(tokenizer, continuation, longest);
  const before = encodeText(tokenizer, stripEnd(context));
  const after = encodeText(tokenizer, context + continuation).slice(before.length);
  return cut([...before, ...after], after.length, longest);
}

/**
 * Encodes a whole text in windows of at most `longest` scored tokens; each token is scored once. The first window
 * starts with the start token (bos, else eos), each later one with the single token before it, except the last: it may
 * have fewer tokens to score, and gets as many tokens before them as fit. The tokenizer's prefix is part of the text
 * and is scored. Without a start token, the first token is not scored.
 */
export function encodeRolling(tokenizer: Tokenizer, text: string, longest: number): readonly Encoded[] {
  const ids = [...firstToken(tokenizer), ...encodeText(tokenizer, text)];
  const windows: Encoded[] = [];
  for (let start = 0; start < ids.length - 1; start += longest) {
    const end = Math.min(ids.length, start + longest + 1);
    windows.push({ ids: ids.slice(Math.max(0, end - longest - 1), end), scored: end - start - 1 });
  }
  return windows;
}

function withoutContext(tokenizer: Tokenizer, continuation: string, longest: number): Encoded {
  const own = [...tokenizer.encode(continuation)];
  const [first] = firstToken(tokenizer);
  const ids = first === undefined || first === own[0] ? own : [first, ...own];
  return cut(ids, Math.max(0, ids.length - 1), longest);
}

function cut(ids: readonly number[], scored: number, longest: number): Encoded {
  return { ids: ids.slice(-(longest + 1)), scored: Math.min(scored, ids.length - 1, longest) };
}

/** The ids of a text, with the tokenizer's prefix unless the text already starts with the start token. */
function encodeText(tokenizer: Tokenizer, text: string): number[] {
  const ids = [...tokenizer.encode(text)];
  const [first] = firstToken(tokenizer);
  const stands = first !== undefined && ids[0] === first;
  return stands ? ids : [...tokenizer.prefix, ...ids];
}

function firstToken({ bosId, eosId }: Tokenizer): number[] {
  const id = bosId ?? eosId;
  return id === undefined ? [] : [id];
}
