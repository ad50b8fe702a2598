// Which documents are held out of training: a matter of their text and a seed, so that no text is on both sides.
//
// A document's score is the first 48 bits of SHA-256("cambium split SEED\0" + its first passage), as an integer. It is
// held out if score < fraction × 2^48. Equal documents have equal scores, wherever they stand, so a text that occurs
// twice is never in both; more text, or another order, moves no document to the other side. The share of documents held
// out is binomial around `fraction`. Where a side would be empty (few documents, a small fraction), the document with
// the lowest score, and its equals, are held out alone, or the one with the highest are alone in training.
import { createHash } from "node:crypto";
import { CambiumError } from "@cambium/ir";

const RANGE = 2 ** 48;

/** A rule for one pass over the documents, which remembers what it saw. */
export class Split {
  #lowest = RANGE;
  #highest = -1;
  #heldOut = 0;
  #train = 0;

  private constructor(
    readonly seed: number,
    /** Scores below it are held out. */
    readonly threshold: number,
  ) {}

  /** @throws CambiumError `E_OPTION` for a fraction outside [0, 1) or a seed that is no integer in [0, 2^53). */
  static byFraction(fraction: number, seed: number): Split {
    const refuse = (name: string, expected: string, got: number): never => {
      throw new CambiumError("E_OPTION", `${name} is out of range`, { expected, got: String(got) });
    };
    if (!(fraction >= 0 && fraction < 1)) refuse("heldOutFraction", "a number from 0 to below 1", fraction);
    if (!(Number.isSafeInteger(seed) && seed >= 0)) refuse("seed", "an integer from 0 to 2^53 - 1", seed);
    return new Split(seed, Math.floor(fraction * RANGE));
  }

  /** Whether the document that begins with `firstPassage` is held out. */
  isHeldOut(firstPassage: string): boolean {
    const hash = createHash("sha256").update(`cambium split ${this.seed}\0`).update(firstPassage);
    const score = hash.digest().readUIntBE(0, 6);
    this.#lowest = Math.min(this.#lowest, score);
    this.#highest = Math.max(this.#highest, score);
    const heldOut = score < this.threshold;
    if (heldOut) this.#heldOut++;
    else this.#train++;
    return heldOut;
  }

  /**
   * After a pass over all documents: undefined if the split stands, else the rule for another pass.
   * @throws CambiumError `E_CORPUS_EMPTY` without documents, `E_SPLIT` when all are the same.
   */
  amended(where: string): Split | undefined {
    const documents = this.#heldOut + this.#train;
    if (documents === 0) throw new CambiumError("E_CORPUS_EMPTY", "the corpus holds no text", { where });
    const wantsHeldOut = this.threshold > 0;
    if (this.#train > 0 && (this.#heldOut > 0 || !wantsHeldOut)) return undefined;
    if (this.#lowest === this.#highest) {
      const one = documents === 1 ? "the corpus is a single document" : "all documents of the corpus are the same";
      throw new CambiumError("E_SPLIT", `${one}, of which nothing can be held out`, {
        where,
        expected: "at least two different documents",
        hint: 'let a text be cut into documents (documents: "block", smaller blockChars), or set heldOutFraction to 0',
      });
    }
    return new Split(this.seed, this.#train > 0 ? this.#lowest + 1 : this.#highest);
  }
}
