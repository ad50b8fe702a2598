// Several corpora as one: each is tokenized on its own, then their documents are copied in an order decided by the
// seed, each part as often as its share needs. The order is computed document by document, so memory does not grow with
// them.
import { permuted } from "../../batches/permutation.js";
import type { Source } from "../source/source.js";
import { writeKeptFile } from "../tokens/kept-file.js";
import { TokenFile } from "../tokens/reader.js";
import { Pacer } from "./pacer.js";
import { type PrepareOptions, prepareData } from "./prepare.js";
import { openMade, openPrepared, type PreparedData, placeFor } from "./prepared.js";
import { checkShares, type Share, timesRead } from "./shares.js";

/** Part of every key. Increase it when the same parts would give another order. */
const MIXTURE = 1;

export interface MixPart extends Share {
  readonly source: Source;
}

export interface MixtureOptions extends Omit<PrepareOptions, "source"> {
  readonly parts: readonly MixPart[];
}

const sides = ["train", "heldOut"] as const;

/**
 * As `prepareData`, for all parts, with their documents shuffled together. The held-out side has the same shares, and
 * no document twice.
 * @throws CambiumError those of `prepareData`; `E_OPTION` for invalid weights and epochs
 */
export async function prepareMixture(options: MixtureOptions): Promise<PreparedData> {
  const { parts, tokenizer, cacheDir, seed, signal } = options;
  checkShares(parts.map(({ source: { name }, ...share }) => ({ name, ...share })));
  // A part alone may be too small for a batch.
  const { atLeast: _, ...each } = options;
  const prepared: PreparedData[] = [];
  try {
    for (const { source } of parts) prepared.push(await prepareData({ ...each, source }));
    const shares = parts.map(({ weight, epochs }) => [weight ?? null, epochs ?? null]);
    const contents = prepared.map(({ stats }) => stats.content);
    const place = placeFor(cacheDir, ["mixture", MIXTURE, contents, shares, seed]);
    const found = await openPrepared(place, tokenizer, cacheDir);
    if (found) return found;
    const { content } = place;
    for (const side of sides) {
      if (isMade(place[side], content)) continue;
      const files = prepared.map((data) => data[side]);
      const most = side === "train" ? parts : parts.map(({ weight }) => (weight === undefined ? {} : { weight }));
      const order = new Order(
        files,
        timesRead(
          most,
          files.map(({ length }) => length),
        ),
        seed,
      );
      const pacer = new Pacer(order.tokens, options.onProgress, signal);
      const { source, tokenizer: by, vocabSize } = (files[0] as TokenFile).header;
      const title = `${side === "train" ? "train" : "held-out"}: ${parts.map((part) => part.source.name).join(" + ")}`;
      const info = { title, content, source: parts.length === 1 ? source : content, tokenizer: by, vocabSize };
      const every = options.saveSeconds ?? 5;
      await writeKeptFile(place[side], info, every, order.length, async (writer, position) => {
        const { file, document, share } = order.at(position);
        const { start, end } = file.document(document);
        await writer.append(file.read(start, end - start), share(end - start));
        await writer.endDocument();
        await pacer.breathe("mix", writer.written.tokens);
      });
      pacer.report("mix", undefined);
    }
    return await openMade(place, tokenizer);
  } finally {
    for (const data of prepared) data.close();
  }
}

/** Whether a run that was killed between the two files has made this one. */
function isMade(path: string, content: string): boolean {
  try {
    using file = TokenFile.open(path);
    return file.header.content === content;
  } catch {
    return false;
  }
}

/** Which document stands at which position of a mixture. */
class Order {
  /** Cumulative counts of the parts' documents, with repeats. */
  readonly #counts: readonly number[];
  readonly length: number;
  /** Approximate number of tokens. */
  readonly tokens: number;

  constructor(
    readonly files: readonly TokenFile[],
    times: readonly number[],
    readonly seed: number,
  ) {
    this.#counts = files.map(({ header }, i) => Math.round((times[i] as number) * header.documents));
    this.length = this.#counts.reduce((sum, count) => sum + count, 0);
    this.tokens = files.reduce((sum, { length }, i) => sum + Math.round(length * (times[i] as number)), 0);
  }

  at(position: number) {
    let entry = permuted(position, this.length, this.seed, 0);
    let part = 0;
    while (entry >= (this.#counts[part] as number)) entry -= this.#counts[part++] as number;
    const file = this.files[part] as TokenFile;
    const { documents, tokens, textBytes } = file.header;
    // The last, incomplete pass over a part reads documents that the seed chooses; complete passes read all.
    const epoch = Math.floor(entry / documents);
    const document = permuted(entry % documents, documents, this.seed, 1 + epoch);
    return { file, document, share: (length: number) => Math.round((length * textBytes) / tokens) };
  }
}
