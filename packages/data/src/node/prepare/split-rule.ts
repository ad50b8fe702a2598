// The contract of a splitting rule: what it does in one pass over a corpus.
import { CambiumError } from "@cambium/ir";
import type { Passage } from "../source/source.js";

/** Tokens on each side. */
export interface TokenCounts {
  readonly train: number;
  readonly heldOut: number;
}

/** A passage, or the part of one that is on one side. */
export interface SplitPart {
  readonly text: string;
  /** The text ends here, as in `Passage`. */
  readonly last: boolean;
  readonly heldOut: boolean;
}

/** The state of a rule, as JSON. */
export type SplitState = Readonly<Record<string, string | number | boolean>>;

/** Serves one pass; a second one needs another. */
export interface SplitRule {
  /** `documents`: whole ones are held out. `position`: the end of the text is. */
  readonly kind: "documents" | "position";
  /** Distinguishes this rule from any other. */
  readonly identity: readonly unknown[];
  /** Its state so far, from which a pass can continue. */
  save(): SplitState;
  /** Continues from the state of a rule with the same identity. */
  restore(state: SplitState): void;
  /** The parts of the next passage, in order. */
  parts(passage: Passage): readonly SplitPart[];
  /**
   * After a pass that made `tokens`: undefined if the split stands, else the rule of the next pass. @throws
   * CambiumError
   */
  amended(where: string, tokens: TokenCounts): SplitRule | undefined;
}

export function emptyCorpus(where: string): CambiumError {
  return new CambiumError("E_CORPUS_EMPTY", "the corpus holds no text", { where });
}
