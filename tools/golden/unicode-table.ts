// Prints packages/data/src/tokenizer/unicode/table.ts: how the characters of Python's tokenizers differ from those of
// its build in WebAssembly. Reads what unicode_classes.py prints, asks the build for the same classes, and compares.
// On stderr it prints what properties.ts is written from by hand: the properties that are the same, and those that changed
// for old characters, which need a rule of their own there or are refused. `partners` and `joined` are copied from here as
// they stand: find them anew for a new version.
import { readFileSync } from "node:fs";
import { openRust } from "../../packages/data/src/node/rust-tokenizer.js";

type Ranges = readonly (readonly [number, number])[];
type Points = ReadonlySet<number>;

interface Classes {
  readonly version: string;
  readonly categories: Readonly<Record<string, Ranges>>;
  readonly scripts: Readonly<Record<string, Ranges>>;
  readonly properties: Readonly<Record<string, Ranges>>;
  /** What the part Digits takes for a digit. */
  readonly digits: Ranges;
  /** What each character is in lower case, where that is another text. */
  readonly lower: Readonly<Record<string, string>>;
}

const python = JSON.parse(readFileSync(0, "utf8")) as Classes;
const pointsOf = (ranges: Ranges): Points =>
  new Set(ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, k) => from + k)));
const all = [...pointsOf(python.properties["Any"] as Ranges)];

/** In WebAssembly. Replacing takes the square of the text's length there. */
const mostTogether = 500;

const open = (normalizer: object, model: object) => {
  const none = { pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };
  return openRust(
    JSON.stringify({ version: "1.0", ...none, normalizer, model: { type: "BPE", merges: [], ...model } }),
  );
};

/** Which characters `\p{name}` finds in WebAssembly. */
async function found(name: string): Promise<Points> {
  const replace = (regex: string, content: string) => ({ type: "Replace", pattern: { Regex: regex }, content });
  const normalizers = [replace(`\\p{${name}}`, "a"), replace("[^a]", "b")];
  const rust = await open({ type: "Sequence", normalizers }, { vocab: { b: 0, a: 1 } });
  const members = new Set<number>();
  for (let start = 0; start < all.length; start += mostTogether) {
    const some = all.slice(start, start + mostTogether);
    const answers = rust.encode(String.fromCodePoint(...some));
    some.forEach((point, k) => {
      if (answers[k] === 1) members.add(point);
    });
  }
  return members;
}

interface Class {
  readonly name: string;
  readonly python: Points;
  readonly wasm: Points;
}

const classes = new Map<string, Class>();
for (const group of [python.categories, python.scripts, python.properties])
  for (const [name, ranges] of Object.entries(group))
    classes.set(name, { name, python: pointsOf(ranges), wasm: await found(name) });

const minus = (from: Iterable<number>, ...without: Points[]) =>
  [...from].filter((point) => !without.some((set) => set.has(point)));
const classOf = (name: string) => classes.get(name) as Class;
/** What only Python has in the class. */
const gained = (name: string) => minus(classOf(name).python, classOf(name).wasm);
const newer: Points = new Set(gained("Assigned"));
const newIn = (...names: string[]): Points =>
  new Set(names.flatMap((name) => [...classOf(name).python].filter((point) => newer.has(point))));
const differing = ({ python, wasm }: Class) => [...minus(python, wasm), ...minus(wasm, python)];

/** Capitals that only Python puts in lower case, by the distance of the small letter. */
async function capitals(): Promise<Map<number, number[]>> {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const vocab = Object.fromEntries(bytes.map((byte, id) => [byte, id]));
  const rust = await open({ type: "Lowercase" }, { vocab, byte_fallback: true });
  const byDistance = new Map<number, number[]>();
  for (const [key, small] of Object.entries(python.lower)) {
    const point = Number(key);
    if (rust.encode(String.fromCodePoint(point)).join() === rust.encode(small).join()) continue;
    const distance = (small.codePointAt(0) as number) - point;
    byDistance.set(distance, [...(byDistance.get(distance) ?? []), point]);
  }
  return byDistance;
}

/** The ranges of a set, as a text in lines of at most 100 characters. */
function text(set: Iterable<number>): string {
  const ranges: [number, number][] = [];
  for (const point of [...new Set(set)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === point - 1) last[1] = point;
    else ranges.push([point, point]);
  }
  const spelled = ranges.map((range) => [...new Set(range)].map((point) => point.toString(16)).join("-")).join(" ");
  return (spelled.match(/.{1,100}(?: |$)/g) ?? [""]).map((line) => JSON.stringify(line)).join(" +\n");
}

const table = (names: readonly string[]) =>
  names
    .filter((name) => newIn(name).size > 0)
    .map((name) => `${name.toLowerCase()}: ${text(newIn(name))},`)
    .join("\n");

const letters = newIn("Ll", "Lm", "Lo", "Lt", "Lu");
const inWords = new Set([...letters, ...newIn("Mc", "Me", "Mn", "Nd")]);
const others = [...classes.values()].filter(({ name }) => !/^X?ID_Continue$/.test(name));

console.log(`// How the Unicode of Python's tokenizers library (${python.version}) differs from that of its build in WebAssembly (0.21):
// whole classes of Oniguruma compared, character by character. Ranges are in hexadecimal. Written by
// tools/golden/unicode-table.ts.

/** What Python's Unicode has in addition, by general category. */
export const categories = {
${table(Object.keys(python.categories))}
} as const;

/** The same by script, for the scripts that have new characters; \`common\` is what belongs to none. */
export const scripts: Readonly<Record<string, string>> = {
${table(Object.keys(python.scripts))}
};

/** What moved from Mn to Mc. */
export const movedMark = ${text(minus(gained("Mc"), newer))};

/** Alphabetic characters that are no letters. */
export const alphabeticMarks =
${text(minus(gained("Alphabetic"), letters))};

/** Lowercase characters of other categories than Ll. */
export const otherLowercase = ${text(minus(gained("Lowercase"), newIn("Ll")))};

/** What \`\\p{Word}\` has in Python and not in WebAssembly; there a \`\\w\` by itself has it, too. */
export const wordNumbers = ${text(minus(gained("Word"), inWords))};

/** What \`\\p{ID_Continue}\` has got besides. */
export const inIdentifiers = ${text(minus(gained("ID_Continue"), inWords))};

/** Older letters whose other case is a new character. */
export const partners = "19b 264";

/** Older characters that have changed in any other property than \`\\p{ID_Continue}\`. */
export const changed =
${text(minus(others.flatMap(differing), newer))};

/**
 * What the part Precompiled joins otherwise to the characters beside it: of Unicode 15 to 17, but for U+11A3A. Found by
 * texts of each character beside letters, marks and joiners.
 */
export const joined =
  "897 1acf-1add 1ae0-1aeb 10d69-10d6d 10efa-10efc 113b8-113c0 113c2 113c5 113c7-113ca 113cc-113d2 113e1-113e2 " +
  "11a3a 11b60-11b67 11f5a 1611e-1612f 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5";

/** What Rust's own tables in Python's library, and so the part Digits, take for numbers and Oniguruma does not. */
export const rustNumbers = ${text(minus(pointsOf(python.digits), classOf("N").python))};

/** Letters that Rust's own tables put in lower case in Python's library alone; each range with its distance. */
export const rustCapitals = [
${[...(await capitals())].map(([distance, set]) => `[${text(set)}, ${distance}],`).join("\n")}
] as const;`);

const named = (which: (one: Class) => boolean) =>
  [...classes.values()].filter(which).map(({ name }) => name.toLowerCase().replaceAll("_", ""));
console.error("the same:", named((one) => differing(one).length === 0).join(" "));
console.error("changed for old characters:", named((one) => minus(differing(one), newer).length > 0).join(" "));
