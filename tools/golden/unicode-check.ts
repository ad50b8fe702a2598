// Compares what Cambium finds by an expression with what Python's tokenizers find, of which unicode_expressions.py
// prints the answers: each character is taken alike, or a text that has it is refused. Exits with 1 if one is neither.
import { readFileSync } from "node:fs";
import { openRust } from "../../packages/data/src/node/rust-tokenizer.js";
import { RustFailure } from "../../packages/data/src/tokenizer/rust.js";
import { expressionOfToday } from "../../packages/data/src/tokenizer/unicode/expressions.js";

interface Python {
  readonly points: readonly number[];
  /** By expression, begins and ends of what it finds, as indices of `points`. */
  readonly found: Readonly<Record<string, readonly number[]>>;
}

const { points, found } = JSON.parse(readFileSync(0, "utf8")) as Python;
const text = points.map((point) => String.fromCodePoint(point)).join("");
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const model = {
  ...{ type: "BPE", merges: [], byte_fallback: true, unk_token: "<unk>" },
  vocab: { "<unk>": 256, ...Object.fromEntries(bytes.map((byte, id) => [byte, id])) },
};

/** Those of `points` that the expression finds in WebAssembly; undefined if it is refused whole. */
async function members(expression: string): Promise<ReadonlySet<number> | undefined> {
  const split = { type: "Split", pattern: { Regex: `(?:${expression})+` }, behavior: "Removed", invert: true };
  const none = { normalizer: null, post_processor: null, decoder: null, added_tokens: [] };
  try {
    const rust = await openRust(JSON.stringify({ version: "1.0", ...none, pre_tokenizer: split, model }));
    const own = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(rust.encode(text)));
    return new Set(Array.from(own, (letter) => letter.codePointAt(0) as number));
  } catch (error) {
    if (error instanceof RustFailure) return undefined;
    throw error;
  }
}

function ofPython(places: readonly number[]): Set<number> {
  const set = new Set<number>();
  for (let k = 0; k < places.length; k += 2)
    for (let at = places[k] as number; at < (places[k + 1] as number); at++) set.add(points[at] as number);
  return set;
}

const [refused, wrong]: [string[], string[]] = [[], []];
let doubted = 0;
for (const [expression, places] of Object.entries(found)) {
  const { text: own, doubt } = expressionOfToday(expression);
  const here = await members(own);
  if (here === undefined) {
    refused.push(expression);
    continue;
  }
  const there = ofPython(places);
  const isDoubted = doubt === undefined ? undefined : new RegExp(`[${doubt}]`, "u");
  if (isDoubted) doubted += 1;
  const bad = points
    .filter((point) => here.has(point) !== there.has(point))
    .filter((point) => !isDoubted?.test(String.fromCodePoint(point)));
  const some = bad.slice(0, 8).map((point) => point.toString(16));
  if (bad.length > 0) wrong.push(`${expression}: ${bad.length} otherwise, ${some.join(" ")}`);
}
const count = Object.keys(found).length;
console.log(`${count} expressions over ${points.length} characters: ${wrong.length} wrong`);
console.log(`${doubted} refused in texts with some characters, ${refused.length} refused whole:`, refused.join(" "));
for (const line of wrong) console.log(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
