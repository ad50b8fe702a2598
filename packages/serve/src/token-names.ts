// The text of a token as it appears within a text.
import type { Tokenizer } from "@cambium/data";
import type { TokenLikelihood } from "@cambium/inference";

export class TokenNames {
  readonly #names = new Map<number, string>();
  readonly #anchor: readonly number[];

  constructor(private readonly tokenizer: Tokenizer) {
    // Decoded after another token, a token keeps its leading space.
    this.#anchor = [...tokenizer.encode("a")];
  }

  /** The token's text; `token_id:N` if it is empty or only a part of a character. */
  of(id: number): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = this.#spell(id);
    this.#names.set(id, name);
    return name;
  }

  /** log p by text. Of two tokens with the same text the likelier one counts. */
  table(tokens: readonly TokenLikelihood[]): Record<string, number> {
    const table: [string, number][] = [];
    for (const { id, logLikelihood } of tokens.toSorted((a, b) => a.logLikelihood - b.logLikelihood))
      table.push([this.of(id), logLikelihood]);
    return Object.fromEntries(table);
  }

  #spell(id: number): string {
    const { decode, vocabSize } = this.tokenizer;
    if (id >= vocabSize) return `token_id:${id}`;
    const text = decode([...this.#anchor, id]).slice(decode(this.#anchor).length);
    return text === "" || text.includes("\uFFFD") ? `token_id:${id}` : text;
  }
}
