// Plain text: a file is one document, or is cut into blocks that count as documents.
import { CambiumError } from "@cambium/ir";
import { TextCutter } from "./cut.js";
import { checkProse } from "./format.js";
import type { FormatReader } from "./reader.js";
import { Utf8Stream } from "./utf8.js";

/** UTF-8; a byte order mark is dropped. @throws CambiumError `E_UTF8`, `E_CORPUS_FORMAT`. */
export const readText: FormatReader = async function* (file, bytes, { invalidUtf8, documents, maxChars }) {
  const decoder = new Utf8Stream(file.path, invalidUtf8);
  const cutter = new TextCutter(maxChars);
  let [index, start] = [0, 0];
  let first = file.guessed;
  const piece = (text: string, last: boolean) => {
    const document = documents === "block" ? `${file.name}#${index++}` : file.name;
    start += text.length;
    return { document, text, start: start - text.length, last };
  };
  for await (const chunk of bytes.chunks()) {
    if (chunk.includes(0)) throw notText(file.path);
    const decoded = decoder.push(chunk);
    if (first) checkProse(decoded.slice(0, 4096), file.path);
    first = false;
    for (const text of cutter.push(decoded)) yield piece(text, false);
  }
  // The rest is at most one sequence; if it completes a piece, another piece is still left.
  for (const text of cutter.push(decoder.end())) yield piece(text, false);
  const text = cutter.end();
  if (text !== "") yield piece(text, true);
};

function notText(where: string): CambiumError {
  return new CambiumError("E_CORPUS_FORMAT", "this file cannot be read as text", {
    where,
    expected: "text",
    got: "bytes of zero, which no text has",
    hint: "if it is UTF-16, convert it: iconv -f utf-16 -t utf-8 FILE > FILE.txt",
  });
}
