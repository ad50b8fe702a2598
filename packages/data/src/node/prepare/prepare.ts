// From a corpus to its token files: made once, found again by what they were made from.
import { removeStaleScratch, withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { Source, SourceState } from "../source/source.js";
import { rememberedFingerprint } from "./fingerprint.js";
import { Pacer, type Progress } from "./pacer.js";
import { PassWork, type PassWorkOptions } from "./pass-work.js";
import { hashed, openMade, openPrepared, type Place, type PreparedData, placeFor } from "./prepared.js";
import { Split } from "./split.js";
import type { SplitRule, TokenCounts } from "./split-rule.js";
import { encoderOf, threadsFor } from "./threads.js";
import { type Pass, tokenizeSides } from "./tokenize.js";

/** Part of every key: a new number when the same text and tokenizer come to give other tokens. */
const PREPARATION = 1;

export interface PrepareOptions {
  readonly source: Source;
  readonly tokenizer: Tokenizer;
  /** The share of documents held out of training, [0, 1); `split.ts` says which. With 0 the held-out file is empty. */
  readonly heldOutFraction: number;
  /** Of the split; an integer in [0, 2^53). */
  readonly seed: number;
  /**
   * Tokens that each side needs to be of use. Where whole documents do not give them, the end of the text is held out.
   * Default: one on each side.
   */
  readonly atLeast?: TokenCounts;
  /** Holds two files for each preparation; may be shared by processes, and removed when none runs. */
  readonly cacheDir: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the work. What was made so far is kept for the next preparation, unless it was little. */
  readonly signal?: AbortSignal;
  /** Threads that tokenize; 0 does it in this one. Default: by the corpus's size and the machine's processors. */
  readonly threads?: number;
  /** Seconds between two points from which a killed preparation goes on. Default 5. */
  readonly saveSeconds?: number;
}

/**
 * Tokenizes `source` into a training and a held-out file, or finds them made. Safe to kill at any instant, and goes on
 * where it was; safe to run twice at once: files appear whole, under a name made from what is in them. Each passage of the
 * source is tokenized on its own; the tokenizer's eos, if it has one, follows each text.
 * @throws CambiumError `E_OPTION`, `E_CORPUS_EMPTY`, `E_SPLIT`, `E_CORPUS_CHANGED` when the files change meanwhile; the
 * source's, the tokenizer's and the disk's errors. The signal's reason when it stops the work.
 */
export async function prepareData(options: PrepareOptions): Promise<PreparedData> {
  const { source, tokenizer, cacheDir, atLeast = { train: 1, heldOut: 1 } } = options;
  const split = Split.byFraction(options.heldOutFraction, options.seed, atLeast);
  const before = await source.state();
  const pacer = new Pacer(before.bytes, options.onProgress, options.signal);
  const fingerprint = await rememberedFingerprint(source, cacheDir, (bytes) => pacer.report("hash", bytes));
  const placeOf = (rule: readonly unknown[]): Place =>
    placeFor(cacheDir, [PREPARATION, fingerprint.all, tokenizer.fingerprint, ...rule]);
  const places: Record<SplitRule["kind"], Place> = {
    documents: placeOf([split.threshold, options.seed]),
    position: placeOf(["position", options.heldOutFraction, atLeast]),
  };
  const key = hashed([PREPARATION, source.identity, tokenizer.fingerprint, split.identity, atLeast]).slice(0, 32);
  const found = await openPrepared(places.documents, tokenizer, cacheDir);
  if (found !== undefined) {
    if (options.heldOutFraction === 0 || enough(found, atLeast)) {
      await removeStaleScratch(cacheDir, (base) => base === key);
      return found;
    }
    found.close();
  }
  // The rule by documents did not serve this text before.
  const byPosition = await openPrepared(places.position, tokenizer, cacheDir);
  if (byPosition !== undefined) return byPosition;
  await using encoder = encoderOf(tokenizer, threadsFor(tokenizer, before.bytes, options.threads));
  let rule: SplitRule | undefined = split;
  let place = places[split.kind];
  while (rule !== undefined) {
    place = places[rule.kind];
    const { vocabSize } = tokenizer;
    const info = { content: place.content, source: fingerprint.all, tokenizer: tokenizer.fingerprint, vocabSize };
    const title = `${source.name}, ${tokenizer.name}`;
    const work: PassWorkOptions = {
      ...{ cacheDir, fingerprint, everySeconds: options.saveSeconds ?? 5 },
      ...{ key, rule: hashed(rule.identity) },
      info: { train: { ...info, title: `train: ${title}` }, heldOut: { ...info, title: `held-out: ${title}` } },
    };
    const pass: WholePass = { source, tokenizer, encoder, split: rule, pacer, state: before, place };
    rule = await withFileErrors(cacheDir, () => passed(work, pass));
  }
  return openMade(place, tokenizer);
}

function enough({ train, heldOut }: PreparedData, least: TokenCounts): boolean {
  return train.length >= least.train && heldOut.length >= least.heldOut;
}

interface WholePass extends Omit<Pass, "work"> {
  /** Of the source, before it is read. */
  readonly state: SourceState;
  readonly place: Place;
}

/** Makes one pass and puts its files in their place; or drops them and says what rule the next pass has. */
async function passed(options: PassWorkOptions, { state, place, ...pass }: WholePass): Promise<SplitRule | undefined> {
  const work = await PassWork.open(options, place);
  if (!work) return undefined;
  const { source, split } = pass;
  let keep = true;
  try {
    const tokens = await tokenizeSides({ ...pass, work });
    keep = false;
    if ((await source.state()).signature !== state.signature) {
      throw new CambiumError("E_CORPUS_CHANGED", "the corpus changed while it was read", {
        where: source.name,
        hint: "run again when nothing writes to it",
      });
    }
    const amended = split.amended(source.name, tokens);
    if (amended) await work.discard();
    else await work.publish(place);
    return amended;
  } catch (error) {
    // Of both errors the first is the one to tell.
    await (keep ? work.leave() : work.discard()).catch(() => undefined);
    throw error;
  }
}
