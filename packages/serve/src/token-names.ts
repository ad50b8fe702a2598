// Tokens by the text that they are in a text.
import type { Tokenizer } from "@cambium/data";
import type { TokenLikelihood } from "@cambium/inference";

export class TokenNames {
  readonly #names = new Map<number, string>();
  readonly #anchor: readonly number[];

  constructor(private readonly tokenizer: Tokenizer) {
    // Behind another token one keeps the space before it.
    this.#anchor = [...tokenizer.encode("a")];
  }

  /** Its text; `token_id:N` where that is none, or only a part of a character. */
  of(id: number): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = this.#spell(id);
    this.#names.set(id, name);
    return name;
  }

  /** log p by text. Of two tokens of one text the likelier is named. */
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
