// Which documents are held out of training: decided by their text and a seed, so that no text is on both sides.
//
// A document's score is the first 48 bits of SHA-256("cambium split SEED\0" + its first passage), as an integer. It is
// held out if score < fraction × 2^48. Equal documents have equal scores, so a text that occurs twice is never on both
// sides; more text, or another order, moves no document to the other side. The share of documents held out is binomial
// around `fraction`. If a side would be empty (few documents, a small fraction), only the documents with the lowest
// score are held out, or only those with the highest score are trained on. If there is one document, or a side is too
// small to be usable, the end of the text is held out instead (`PositionSplit`).
import { createHash } from "node:crypto";
import { CambiumError } from "@cambium/ir";
import type { Passage } from "../source/source.js";
import { PositionSplit } from "./position-split.js";
import { emptyCorpus, type SplitPart, type SplitRule, type SplitState, type TokenCounts } from "./split-rule.js";

const RANGE = 2 ** 48;

/** A rule for one pass over the documents, which remembers what it saw. */
export class Split implements SplitRule {
  readonly kind = "documents";
  #lowest = RANGE;
  #highest = -1;
  #heldOut = 0;
  #train = 0;
  #chars = 0;
  /** The current document, and its side. */
  #document: string | undefined;
  #isHeldOut = false;

  private constructor(
    readonly fraction: number,
    readonly seed: number,
    /** Scores below it are held out. */
    readonly threshold: number,
    readonly least: TokenCounts,
  ) {}

  /**
   * @param least tokens that each side needs to be usable
   * @throws CambiumError `E_OPTION` for a fraction outside [0, 1) or a seed that is not an integer in [0, 2^53).
   */
  static byFraction(fraction: number, seed: number, least: TokenCounts): Split {
    const refuse = (name: string, expected: string, got: number): never => {
      throw new CambiumError("E_OPTION", `${name} is out of range`, { expected, got: String(got) });
    };
    if (!(fraction >= 0 && fraction < 1)) refuse("heldOutFraction", "a number from 0 to below 1", fraction);
    if (!(Number.isSafeInteger(seed) && seed >= 0)) refuse("seed", "an integer from 0 to 2^53 - 1", seed);
    return new Split(fraction, seed, Math.floor(fraction * RANGE), least);
  }

  get identity(): readonly unknown[] {
    return [this.kind, this.seed, this.threshold];
  }

  save(): SplitState {
    const document = this.#document === undefined ? {} : { document: this.#document };
    const [lowest, highest, heldOut, train, chars] = [
      this.#lowest,
      this.#highest,
      this.#heldOut,
      this.#train,
      this.#chars,
    ];
    return { lowest, highest, heldOut, train, chars, isHeldOut: this.#isHeldOut, ...document };
  }

  restore(state: SplitState): void {
    this.#lowest = Number(state["lowest"]);
    this.#highest = Number(state["highest"]);
    this.#heldOut = Number(state["heldOut"]);
    this.#train = Number(state["train"]);
    this.#chars = Number(state["chars"]);
    this.#isHeldOut = state["isHeldOut"] === true;
    this.#document = state["document"] === undefined ? undefined : String(state["document"]);
  }

  parts({ document, text, last }: Passage): readonly SplitPart[] {
    if (document !== this.#document) this.#isHeldOut = this.#decide(text);
    this.#document = document;
    this.#chars += text.length;
    return [{ text, last, heldOut: this.#isHeldOut }];
  }

  /** @throws CambiumError `E_CORPUS_EMPTY` without documents, `E_SPLIT` if all are the same. */
  amended(where: string, tokens: TokenCounts): SplitRule | undefined {
    const documents = this.#heldOut + this.#train;
    if (documents === 0) throw emptyCorpus(where);
    if (this.threshold === 0) return undefined;
    const byPosition = () => PositionSplit.after(where, this.fraction, this.#chars, tokens, this.least);
    if (this.#train > 0 && this.#heldOut > 0) {
      const enough = tokens.train >= this.least.train && tokens.heldOut >= this.least.heldOut;
      return enough ? undefined : byPosition();
    }
    if (documents === 1) return byPosition();
    if (this.#lowest === this.#highest) {
      throw new CambiumError("E_SPLIT", "all documents of the corpus are the same: none can be held out", {
        where,
        expected: "different documents, or a single one, of which the end is held out",
        hint: "remove the copies",
      });
    }
    return new Split(this.fraction, this.seed, this.#train > 0 ? this.#lowest + 1 : this.#highest, this.least);
  }

  /** Whether the document that begins with `firstPassage` is held out. */
  #decide(firstPassage: string): boolean {
    const hash = createHash("sha256").update(`cambium split ${this.seed}\0`).update(firstPassage);
    const score = hash.digest().readUIntBE(0, 6);
    this.#lowest = Math.min(this.#lowest, score);
    this.#highest = Math.max(this.#highest, score);
    const heldOut = score < this.threshold;
    if (heldOut) this.#heldOut++;
    else this.#train++;
    return heldOut;
  }
}
