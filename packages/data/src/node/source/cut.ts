// Cuts a stream of text into pieces of bounded length, at paragraphs where it can.
import type { Piece } from "./reader.js";
import { PASSAGE_CHARS } from "./source.js";

const MARKS = ["\n\n", "\r\n\r\n", "\n", " "];

/** Pieces depend only on the text and `maxChars`, never on the chunks it arrived in. Joined, they are the text. */
export class TextCutter {
  #text = "";

  /** @param maxChars the longest piece, in UTF-16 units; all but the last are at least half as long. */
  constructor(readonly maxChars: number) {}

  /** The pieces that `text` completes. Something is always kept back for `end`. */
  push(text: string): string[] {
    this.#text += text;
    const pieces: string[] = [];
    let start = 0;
    while (this.#text.length - start > this.maxChars) {
      const end = cutPoint(this.#text, start, start + this.maxChars);
      pieces.push(this.#text.slice(start, end));
      start = end;
    }
    if (start > 0) this.#text = this.#text.slice(start);
    return pieces;
  }

  /** The last piece; empty only if there was no text at all. */
  end(): string {
    const rest = this.#text;
    this.#text = "";
    return rest;
  }
}

/** The pieces of a document in memory; none for an empty one. */
export function* documentPieces(document: string, text: string): Generator<Piece> {
  const cutter = new TextCutter(PASSAGE_CHARS);
  let start = 0;
  for (const piece of cutter.push(text)) {
    yield { document, text: piece, start, last: false };
    start += piece.length;
  }
  const rest = cutter.end();
  if (rest !== "") yield { document, text: rest, start, last: true };
}

/** The end of the last paragraph, else line, else word that ends in the second half of [start, limit). */
function cutPoint(text: string, start: number, limit: number): number {
  const window = text.slice(start, limit);
  for (const mark of MARKS) {
    const at = window.lastIndexOf(mark) + mark.length;
    if (at - mark.length >= window.length / 2) return start + at;
  }
  const splitsPair = isHigh(text.charCodeAt(limit - 1)) && limit - start > 1;
  return splitsPair ? limit - 1 : limit;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
