// New tokens as the text they add to what stands before them.
import type { Tokenizer } from "@cambium/data";

/** Tokens before the new ones that are decoded with them: alone, a first token would lose the space before it. */
const before = 6;
/** Tokens held for a character that is not whole yet. A character has at most four; more of them are no text. */
const mostHeld = 32;

/** Turns tokens into text as they come. */
export class NewText {
  /** The last tokens, of which the first `#done` are spelled out already. */
  #ids: number[];
  #done: number;
  /** Of their text, how much was given out. */
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

  /** Adds a token. @returns the text that is certain now: a character may be spread over tokens. */
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
