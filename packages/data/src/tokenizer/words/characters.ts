// Whether JavaScript and Python's library mean the same by a class of characters. Their tables of Unicode differ in age,
// so each character beyond Latin is looked at in both when a text has it for the first time.
import type { OpenRustTokenizer, RustTokenizer } from "../rust.js";
import { expressionOfToday } from "../unicode/expressions.js";

/** Characters before this one are in the same classes since Unicode 1.1. */
const firstLooked = 0x300;
const beyond = /[\u0300-\u{10ffff}]/u;

export class SameCharacters {
  /** By code point: 1 if it is in the same classes, 2 if not. */
  readonly #known = new Uint8Array(0x110000);
  readonly #classes: readonly string[];
  #probes: readonly { readonly own: RegExp; readonly original: RustTokenizer }[] = [];

  constructor(
    classes: ReadonlySet<string>,
    readonly openRust: OpenRustTokenizer,
  ) {
    this.#classes = [...classes];
  }

  async open(): Promise<void> {
    this.#probes = await Promise.all(
      this.#classes.map(async (name) => ({ own: new RegExp(name, "u"), original: await probe(name, this.openRust) })),
    );
  }

  have(text: string): boolean {
    if (!beyond.test(text)) return true;
    const fresh = new Set<number>();
    let same = true;
    for (let at = 0; at < text.length; at++) {
      const point = text.codePointAt(at) as number;
      if (point > 0xffff) at += 1;
      if (point < firstLooked) continue;
      const state = this.#known[point];
      if (state === 0) fresh.add(point);
      else if (state === 2) same = false;
    }
    if (fresh.size > 0) this.#look([...fresh]);
    return same && [...fresh].every((point) => this.#known[point] === 1);
  }

  #look(points: readonly number[]): void {
    const letters = points.map((point) => String.fromCodePoint(point)).join("");
    for (const point of points) this.#known[point] = 1;
    for (const { own, original } of this.#probes) {
      const inClass = original.encode(letters);
      points.forEach((point, k) => {
        if (own.test(String.fromCodePoint(point)) !== (inClass[k] === 1)) this.#known[point] = 2;
      });
    }
  }
}

/** The original's answers for one class: for each character of a text 1 if it is in the class, else 0. */
async function probe(name: string, open: OpenRustTokenizer): Promise<RustTokenizer> {
  const replace = (regex: string, content: string) => ({ type: "Replace", pattern: { Regex: regex }, content });
  const normalizer = {
    type: "Sequence",
    normalizers: [replace(expressionOfToday(name).text, "a"), replace("[^a]", "b")],
  };
  const model = { type: "BPE", vocab: { b: 0, a: 1 }, merges: [] };
  return open(
    JSON.stringify({ version: "1.0", normalizer, pre_tokenizer: null, decoder: null, added_tokens: [], model }),
  );
}
