// The text of an answer as tokens come, with what is known of each token: held back where a character is not whole or a
// stop might have begun, and cut before a stop.
import type { Tokenizer } from "@cambium/data";
import { NewText } from "@cambium/inference";
import { highest, lowest } from "@cambium/ir";

/** What `logprobs` says of a token. */
export interface TokenReport {
  readonly text: string;
  /** log p; null for the first token of a prompt, which nothing predicts. */
  readonly logprob: number | null;
  /** log p of the likeliest tokens by their text, the token itself among them. */
  readonly top: Readonly<Record<string, number>> | null;
}

export interface Part {
  readonly text: string;
  readonly tokens: readonly (TokenReport & { readonly offset: number })[];
}

export class AnswerText {
  readonly #spelled: NewText;
  readonly #tokens: (TokenReport & { readonly offset: number })[] = [];
  /** Text not given out yet. */
  #held = "";
  /** Characters given out and before. */
  #given: number;
  #stopped = false;

  /**
   * @param before tokens before the answer's
   * @param stops texts that end it
   * @param offset of its first character
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

  /** A stop was found: nothing more is to come. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Adds a token. @returns what is certain now */
  push(id: number, report?: TokenReport): Part {
    if (report) this.#tokens.push({ ...report, offset: this.#given + characters(this.#held) });
    this.#held += this.#spelled.push(id);
    return this.#certain();
  }

  /** What was held back. */
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

  /** The length of the longest end that a stop may go on from. */
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

/** How many characters a text has, as Python counts them. */
export function characters(text: string): number {
  return [...text].length;
}
