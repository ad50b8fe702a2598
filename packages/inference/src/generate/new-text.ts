// The text that new tokens add after a prompt.
import type { Tokenizer } from "@cambium/data";

/** Tokens before the new ones that are decoded with them, because a first token alone loses its leading space. */
const before = 6;
/** Most tokens held back for an incomplete character. A character has at most four bytes; more is not text. */
const mostHeld = 32;

/** Decodes tokens incrementally. */
export class NewText {
  /** The last tokens; the first `#done` of them are fully returned. */
  #ids: number[];
  #done: number;
  /** How much of their text was returned. */
  #shown: number;

  /** @param prompt the tokens before the new ones */
  constructor(
    private readonly tokenizer: Tokenizer,
    prompt: readonly number[] = [],
  ) {
    this.#ids = prompt.slice(-before).filter((id) => id < tokenizer.vocabSize);
    this.#done = this.#ids.length;
    this.#shown = tokenizer.decode(this.#ids).length;
  }

  /** Adds a token. @returns the text that is final now; a character may be spread over several tokens */
  push(token: number): string {
    // A model's vocabulary may be padded beyond its tokenizer's.
    if (token >= this.tokenizer.vocabSize) return "";
    this.#ids.push(token);
    const text = this.tokenizer.decode(this.#ids);
    const whole = text.replace(/\uFFFD+$/, "");
    if (whole.length < text.length && this.#ids.length - this.#done < mostHeld) return this.#next(whole);
    const part = this.#next(text);
    this.#ids = this.#ids.slice(-before);
    this.#done = this.#ids.length;
    this.#shown = this.tokenizer.decode(this.#ids).length;
    return part;
  }

  /** The text that `push` held back. */
  end(): string {
    return this.#next(this.tokenizer.decode(this.#ids));
  }

  #next(text: string): string {
    const part = text.slice(this.#shown);
    this.#shown = Math.max(this.#shown, text.length);
    return part;
  }
}
