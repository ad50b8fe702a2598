// Holds out the end of the text, for corpora of too few documents: no text is on both sides, but both sides may have
// parts of the same document.
import { CambiumError } from "@cambium/ir";
import type { Passage } from "../source/source.js";
import type { SplitPart, SplitRule, SplitState, TokenCounts } from "./split-rule.js";

/** The held-out share is multiplied by this when a pass shows that it is too small. */
const growBy = 1.25;

export class PositionSplit implements SplitRule {
  readonly kind = "position";
  /** Characters (UTF-16 units) seen so far. */
  #at = 0;

  private constructor(
    /** Characters of the corpus. */
    readonly chars: number,
    /** Characters at its end that are held out. */
    readonly heldOut: number,
    readonly least: TokenCounts,
  ) {}

  /**
   * The rule after a pass over `chars` characters that made `tokens`.
   * @throws CambiumError `E_SPLIT` if they are not enough for both sides.
   */
  static after(where: string, fraction: number, chars: number, tokens: TokenCounts, least: TokenCounts): PositionSplit {
    const all = tokens.train + tokens.heldOut;
    if (all < least.train + least.heldOut || chars < 2) throw tooShort(where, all, least);
    const share = Math.max(fraction, least.heldOut / all);
    return new PositionSplit(chars, Math.min(chars - 1, Math.max(1, Math.ceil(share * chars))), least);
  }

  get identity(): readonly unknown[] {
    return [this.kind, this.chars, this.heldOut];
  }

  save(): SplitState {
    return { at: this.#at };
  }

  restore({ at }: SplitState): void {
    this.#at = Number(at);
  }

  parts({ text, last }: Passage): readonly SplitPart[] {
    const begin = this.#at;
    this.#at += text.length;
    const room = this.chars - this.heldOut - begin;
    if (room >= text.length) return [{ text, last, heldOut: false }];
    const cut = cutBefore(text, room);
    const [head, tail] = [text.slice(0, cut), text.slice(cut)];
    const end: SplitPart = { text: tail, last, heldOut: true };
    return head === "" ? [end] : [{ text: head, last: false, heldOut: false }, end];
  }

  amended(where: string, tokens: TokenCounts): PositionSplit | undefined {
    if (tokens.train < this.least.train) throw tooShort(where, tokens.train + tokens.heldOut, this.least);
    if (tokens.heldOut >= this.least.heldOut) return undefined;
    const heldOut = Math.min(this.chars - 1, Math.ceil(this.heldOut * growBy));
    if (heldOut === this.heldOut) throw tooShort(where, tokens.train + tokens.heldOut, this.least);
    return new PositionSplit(this.chars, heldOut, this.least);
  }
}

/** The last place up to `room` at which `text` can be cut: after a space, else between two characters. */
function cutBefore(text: string, room: number): number {
  if (room <= 0) return 0;
  const space = text.lastIndexOf(" ", room - 1) + 1;
  if (space > room / 2) return space;
  const unit = text.charCodeAt(room - 1);
  return unit >= 0xd800 && unit < 0xdc00 ? room - 1 : room;
}

function tooShort(where: string, tokens: number, { train, heldOut }: TokenCounts): CambiumError {
  return new CambiumError("E_SPLIT", "the text is too short to train on some of it and hold some of it out", {
    where,
    expected: `at least ${train + heldOut} tokens: ${train} to train on and ${heldOut} held out`,
    got: `${tokens} tokens`,
    hint: "more text, or a smaller batch or context",
  });
}
