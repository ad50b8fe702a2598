// From a corpus to its token files. They are made once, and found again by what they were made from.
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

/** Part of every key. Increase it when files under the old keys may hold other tokens than this code would write. */
const PREPARATION = 4;

export interface PrepareOptions {
  readonly source: Source;
  readonly tokenizer: Tokenizer;
  /** The share of documents held out of training, [0, 1); `split.ts` says which. With 0 the held-out file is empty. */
  readonly heldOutFraction: number;
  /** Decides the split; an integer in [0, 2^53). */
  readonly seed: number;
  /**
   * Tokens that each side needs to be usable. If whole documents do not give them, the end of the text is held out.
   * Default: one on each side.
   */
  readonly atLeast?: TokenCounts;
  /** Has two files for each preparation. Processes may share it; it may be removed when none runs. */
  readonly cacheDir: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the work. What was done so far is kept for the next preparation, unless it was little. */
  readonly signal?: AbortSignal;
  /** Threads that tokenize; 0 uses this thread. Default: by the corpus's size and the machine's processors. */
  readonly threads?: number;
  /** Seconds between saves, from which a killed preparation continues. Default 5. */
  readonly saveSeconds?: number;
}

/**
 * Tokenizes `source` into a training and a held-out file, or finds them in the cache. Safe to kill at any instant: the
 * next call continues. Safe to run twice at once: files appear complete, under a name made from their content. Each
 * passage of the source is tokenized on its own; the tokenizer's eos, if it has one, follows each text.
 * @throws CambiumError `E_OPTION`, `E_CORPUS_EMPTY`, `E_SPLIT`, `E_CORPUS_CHANGED` if the files change meanwhile;
 * errors of the source, the tokenizer and the disk. The signal's reason if it stops the work.
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
  // An earlier run found that splitting by documents does not work for this text.
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

/** Makes one pass and moves its files to their place, or drops them and returns the rule of the next pass. */
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
        hint: "run it again when nothing writes to the corpus",
      });
    }
    const amended = split.amended(source.name, tokens);
    if (amended) await work.discard();
    else await work.publish(place);
    return amended;
  } catch (error) {
    // Of two errors, report the first.
    await (keep ? work.leave() : work.discard()).catch(() => undefined);
    throw error;
  }
}
