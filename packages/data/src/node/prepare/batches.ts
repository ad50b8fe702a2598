// A corpus as lists of texts of about equal size, each with the state needed to continue after it.
import { beginning, type Place, type Source } from "../source/source.js";
import type { NamedText } from "./encoded.js";
import type { SplitRule, SplitState } from "./split-rule.js";

export type Side = "train" | "heldOut";

/** What to do with a text. */
export interface Item {
  readonly side: Side;
  /** The document before it ends on this side. */
  readonly ends: Side | undefined;
  /** The end-of-text token follows. */
  readonly last: boolean;
}

/** What has been read: all that decides how reading continues. */
export interface ReadState {
  readonly place: Place;
  readonly split: SplitState;
  /** The current document, and its side. */
  readonly document?: string | undefined;
  readonly side?: Side | undefined;
}

export interface Batch {
  readonly texts: readonly NamedText[];
  /** One for each text. */
  readonly items: readonly Item[];
  /** Bytes of the source that were read up to here. */
  readonly bytesRead: number;
  readonly after: ReadState;
}

/** Files longer than this many characters have their beginning remembered. */
const fileChars = 1_000_000;

/** @param split as it was at `from`. @param chars of a batch, about */
export async function* batches(
  source: Source,
  split: SplitRule,
  chars: number,
  from?: ReadState,
): AsyncGenerator<Batch> {
  let { document, side } = from ?? {};
  let place = from?.place ?? beginning;
  let [texts, items]: [NamedText[], Item[]] = [[], []];
  let [size, sinceFile, bytesRead] = [0, 0, place.bytes];
  const take = (): Batch => {
    const batch = { texts, items, bytesRead, after: { place, split: split.save(), document, side } };
    [texts, items, size] = [[], [], 0];
    return batch;
  };
  for await (const passage of source.passages(place)) {
    if (passage.next.file !== place.file) {
      place = { file: passage.next.file, passages: 0, bytes: passage.next.bytes };
      if (sinceFile >= fileChars) {
        yield take();
        sinceFile = 0;
      }
    }
    let { start = 0 } = passage;
    for (const { text, last, heldOut } of split.parts(passage)) {
      const next = heldOut ? "heldOut" : "train";
      const ends = passage.document !== document || next !== side ? side : undefined;
      [document, side] = [passage.document, next];
      texts.push({ document: passage.document, text, start });
      start += text.length;
      items.push({ side, ends, last });
      size += text.length;
      sinceFile += text.length;
    }
    place = passage.next;
    bytesRead = passage.bytesRead;
    if (size >= chars) yield take();
  }
  yield take();
}
