// Texts as sequences of token ids of which the last ones are scored. The rules are those of EleutherAI's evaluation
// harness (lm-evaluation-harness 0.4), so that figures can be compared.
import type { Tokenizer } from "@cambium/data";
import { stripEnd } from "./white-space.js";

/** A sequence of token ids; each of the last `scored` ones is predicted from all that stand before it. */
export interface Encoded {
  readonly ids: readonly number[];
  /** At most `ids.length - 1`. */
  readonly scored: number;
}

/**
 * `continuation` after `context`. White space at the end of the context counts to the continuation. The tokens of the
 * context are those it has alone; those of the continuation are what the whole text has after as many. After an empty context stands the token that begins a text (bos, else eos); a tokenizer with
 * neither leaves the first token of the continuation unscored.
 * @param longest tokens that a model predicts in a row; of more, the last `longest` are kept with the one before them
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
 * A whole text in windows of at most `longest` scored tokens, each token scored once. The first window begins with the
 * token that begins a text (bos, else eos), each later one with the single token before it; the last one, which may
 * have fewer tokens to score, with as many tokens before them as fit. What a tokenizer puts before every text is part
 * of the text, and scored. Without a token to begin with, the first token is not scored.
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

/** The ids of a text as a model reads it: with what the tokenizer puts before every text, unless it stands there. */
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
