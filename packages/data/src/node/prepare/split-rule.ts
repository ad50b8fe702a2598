// What a rule of splitting does in one pass over a corpus.
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

/** What a rule has seen, as JSON. */
export type SplitState = Readonly<Record<string, string | number | boolean>>;

/** Serves one pass; a second one needs another. */
export interface SplitRule {
  /** `documents`: whole ones are held out. `position`: the end of the text is. */
  readonly kind: "documents" | "position";
  /** Tells this rule from any other. */
  readonly identity: readonly unknown[];
  /** What it has seen so far, for a pass that is gone on with. */
  save(): SplitState;
  /** Goes on from what another of the same identity has seen. */
  restore(state: SplitState): void;
  /** The parts of the next passage, in order. */
  parts(passage: Passage): readonly SplitPart[];
  /** After the pass, which made `tokens`: undefined if the split stands, else the rule for another pass. @throws CambiumError */
  amended(where: string, tokens: TokenCounts): SplitRule | undefined;
}

export function emptyCorpus(where: string): CambiumError {
  return new CambiumError("E_CORPUS_EMPTY", "the corpus holds no text", { where });
}
