// Turns an answer's tokens into text and token reports as they come. Text is held back while a character is incomplete
// or a stop text may have started, and cut before a stop text.
import type { Tokenizer } from "@cambium/data";
import { NewText } from "@cambium/inference";
import { highest, lowest } from "@cambium/ir";

/** A token's entry in `logprobs`. */
export interface TokenReport {
  readonly text: string;
  /** log p; null for the first token of a prompt, which is not predicted. */
  readonly logprob: number | null;
  /** log p of the likeliest tokens by text, including the token itself. */
  readonly top: Readonly<Record<string, number>> | null;
}

export interface Part {
  readonly text: string;
  readonly tokens: readonly (TokenReport & { readonly offset: number })[];
}

export class AnswerText {
  readonly #spelled: NewText;
  readonly #tokens: (TokenReport & { readonly offset: number })[] = [];
  /** Text not returned yet. */
  #held = "";
  /** Offset of the next character to return. */
  #given: number;
  #stopped = false;

  /**
   * @param before the tokens before the answer
   * @param stops texts that end it
   * @param offset the offset of its first character
   */
  constructor(
    tokenizer: Tokenizer,
    before: readonly number[],
    private readonly stops: readonly string[] = [],
    offset = 0,
  ) {
    this.#spelled = new NewText(tokenizer, before);
    this.#given = offset;
  }

  /** Whether a stop text was found; no more text follows. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Adds a token. @returns the text and tokens that are final now */
  push(id: number, report?: TokenReport): Part {
    if (report) this.#tokens.push({ ...report, offset: this.#given + characters(this.#held) });
    this.#held += this.#spelled.push(id);
    return this.#certain();
  }

  /** The text and tokens held back. */
  end(): Part {
    if (this.#stopped) return { text: "", tokens: [] };
    this.#held += this.#spelled.end();
    const part = this.#certain();
    if (this.#stopped) return part;
    const text = part.text + this.#held;
    return { text, tokens: [...part.tokens, ...this.#tokens.splice(0)] };
  }

  #certain(): Part {
    const found = this.stops.map((stop) => this.#held.indexOf(stop)).filter((at) => at >= 0);
    this.#stopped = found.length > 0;
    const text = this.#held.slice(0, this.#stopped ? lowest(found) : this.#held.length - this.#begun());
    this.#held = this.#held.slice(text.length);
    this.#given += characters(text);
    const count = this.#tokens.findIndex(({ offset }) => offset >= this.#given);
    return { text, tokens: this.#tokens.splice(0, count < 0 ? this.#tokens.length : count) };
  }

  /** Length of the longest end of the held text that is the start of a stop text. */
  #begun(): number {
    const longest = (stop: string) => {
      for (let length = Math.min(stop.length - 1, this.#held.length); length > 0; length--) {
        if (this.#held.endsWith(stop.slice(0, length))) return length;
      }
      return 0;
    };
    return Math.max(0, highest(this.stops.map(longest)));
  }
}

/** The number of code points, which is Python's length of a text. */
export function characters(text: string): number {
  return [...text].length;
}
