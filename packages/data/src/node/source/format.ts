// The format of a file by its extension: formats that are read, and files that are refused.
import { CambiumError } from "@cambium/ir";
import { type TextFormat, textFormats } from "../../text-formats.js";
import { quote } from "./field.js";

const endings: { readonly [F in TextFormat]: readonly string[] } = {
  text: ["txt", "text", "md", "markdown"],
  jsonl: ["jsonl", "ndjson", "jsonlines"],
  json: ["json"],
  csv: ["csv"],
  tsv: ["tsv", "tab"],
  parquet: ["parquet", "pq"],
};

/** A kind of file that is not read as text, even if it looks like text. */
export interface Unreadable {
  readonly what: string;
  /** What to do instead. */
  readonly hint: string;
}

const table = (what: string, read: string): Unreadable => ({
  what,
  hint: `write it as JSON lines: python -c "import pandas; pandas.${read}('FILE').to_json('FILE.jsonl', orient='records', lines=True)"`,
});
const markup = (what: string): Unreadable => ({
  what,
  hint: "convert it to plain text (pandoc -t plain FILE -o FILE.txt), or set format: text to take the markup as it stands",
});
/** A table whose columns are parted otherwise than by commas. */
export const parted = (by: string): Unreadable => ({
  what: `a table whose columns are parted by ${by === "\t" ? "tabs" : quote(by)}`,
  hint:
    by === "\t"
      ? "name it .tsv, or set format: tsv"
      : `write it as JSON lines: python -c "import pandas; pandas.read_csv('FILE', sep='${by}').to_json('FILE.jsonl', orient='records', lines=True)"`,
});
const packed = (what: string): Unreadable => ({ what, hint: "unpack it and name the unpacked file or folder" });
const document = (what: string): Unreadable => ({
  what,
  hint: "save its text as a .txt file, one for each document",
});
const data = (what: string): Unreadable => ({ what, hint: "name a file or folder of text" });

const unreadable: readonly (readonly [endings: string, kind: Unreadable])[] = [
  ["arrow feather", table("an Arrow table", "read_feather")],
  ["orc", table("an ORC table", "read_orc")],
  ["xlsx xls ods", table("a spreadsheet", "read_excel")],
  ["html htm xhtml", markup("a web page")],
  ["xml svg rss opml", markup("XML")],
  ["rtf tex", markup("a document with markup")],
  [
    "ipynb",
    {
      what: "a notebook",
      hint: "convert it (jupyter nbconvert --to markdown FILE), or set format: text to take the JSON as it stands",
    },
  ],
  ["yaml yml toml ini json5 hjson", markup("a settings file")],
  ["srt vtt ass sub", markup("subtitles")],
  ["warc arc", markup("a web archive")],
  ["mbox eml", markup("mail")],
  ["sql", markup("a dump of a database")],
  ["psv dsv", parted("|")],
  ["zip tar tgz 7z rar bz2 xz lz4 br", packed("an archive")],
  ["pdf doc docx odt epub mobi ppt pptx", document("a document that is not plain text")],
  ["npy npz pt pth pkl bin safetensors gguf onnx h5 tokens", data("a file of numbers")],
  ["db sqlite sqlite3", data("a database")],
  ["png jpg jpeg gif webp mp3 mp4 wav flac", data("pictures or sound")],
];

/** Extensions of compressed files; the extension before them decides the format. */
const compressed = /\.(gz|zst)$/i;

/** The format of the file `name` by its extension; undefined for an extension that says nothing. */
export function formatOf(name: string): TextFormat | Unreadable | undefined {
  const ending = /\.([^./\\]+)$/.exec(name.replace(compressed, ""))?.[1]?.toLowerCase() ?? "";
  const format = textFormats.find((known) => endings[known].includes(ending));
  return format ?? unreadable.find(([list]) => list.split(" ").includes(ending))?.[1];
}

export function isTextFormat(found: ReturnType<typeof formatOf>): found is TextFormat {
  return typeof found === "string";
}

/** The extensions that are read, for messages. */
export function readableEndings(formats: readonly TextFormat[] = textFormats): string {
  const list = formats.flatMap((format) => endings[format].map((ending) => `.${ending}`));
  return `${list.join(", ")}; also with .gz or .zst appended`;
}

/** @throws CambiumError `E_CORPUS_FORMAT` always. */
export function refuseFile({ what, hint }: Unreadable, where: string): never {
  const expected = "text, JSON lines, a JSON list, CSV, TSV or Parquet";
  throw new CambiumError("E_CORPUS_FORMAT", "this file cannot be read as text", { where, expected, got: what, hint });
}

/** Kinds of files by their first bytes, whatever their names. */
const signatures: readonly (readonly [begins: string, kind: Unreadable])[] = [
  ["PAR1", { what: "a Parquet table", hint: "name it .parquet, or set format: parquet" }],
  ["ARROW1", table("an Arrow table", "read_feather")],
  ["PK\x03\x04", packed("a zip archive, or an office document")],
  ["\xfd7zXZ\x00", packed("an xz archive")],
  ["BZh9", packed("a bzip2 archive")],
  ["7z\xbc\xaf\x27\x1c", packed("a 7z archive")],
  ["%PDF-", document("a PDF")],
  ["\xd0\xcf\x11\xe0", document("an office document")],
  ["SQLite format 3", data("a database")],
  ["GGUF", data("a file of numbers")],
  ["\x89PNG", data("a picture")],
  ["\x89HDF", data("a file of numbers")],
  ["\xff\xd8\xff", data("a picture")],
];

function bySignature(head: Uint8Array): Unreadable | undefined {
  const begin = Buffer.from(head.subarray(0, 16)).toString("latin1");
  return signatures.find(([signature]) => begin.startsWith(signature))?.[1];
}

/** What a file is by its first bytes, such as "a zip archive"; undefined if they say nothing. */
export function kindBySignature(head: Uint8Array): string | undefined {
  return bySignature(head)?.what;
}

/** @throws CambiumError `E_CORPUS_FORMAT` if the first bytes are those of a file that is not text. */
export function checkSignature(head: Uint8Array, where: string): void {
  const found = bySignature(head);
  if (found) refuseFile(found, where);
  const [a, b, c, d] = head;
  const wide = head.length >= 4 && ((a !== 0 && b === 0 && c !== 0 && d === 0) || (a === 0 && b && c === 0 && d));
  if (!wide) return;
  const hint = "convert it: iconv -f utf-16le -t utf-8 FILE > FILE.txt";
  refuseFile({ what: "UTF-16 without a byte order mark", hint }, where);
}

const string = String.raw`"(?:[^"\\]|\\.)*"`;
const beginnings: readonly (readonly [RegExp, what: string, hint: string])[] = [
  [new RegExp(String.raw`^\s*\{\s*${string}\s*:`), "JSON", "set format: jsonl for an object a line"],
  [new RegExp(String.raw`^\s*\[\s*(?:\{\s*${string}\s*:|${string}\s*[,\]])`), "a JSON list", "set format: json"],
  [/^\s*(?:<!doctype html|<html[\s>]|<\?xml[\s?])/i, "a web page or XML", "convert it to plain text"],
  [/^\{\\rtf/, "a document with markup", "convert it to plain text"],
  [/^\s*(?:WEBVTT\b|1\r?\n\d\d:\d\d:\d\d[,.]\d{3} -->)/, "subtitles", "convert it to plain text"],
  [/^WARC\/\d/, "a web archive", "convert it to plain text"],
];

/** What parts the names of columns in a first row, if it is one; the comma before others. */
export function partedBy(row: string): string | undefined {
  return [",", "\t", ";", "|"].find((by) => {
    const names = row.split(by).map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
    return names.length > 1 && names.every((name) => /^[\w .-]{1,40}$/.test(name));
  });
}

/** A table, by a first row that names columns, one of them as texts are named, and a second row parted alike. */
function tableBegin(begin: string): Unreadable | undefined {
  const [first = "", second = ""] = begin.split(/\r?\n/, 2);
  const by = partedBy(first);
  const named = by !== undefined && first.split(by).some((name) => /^[\s"]*(?:text|content|body)[\s"]*$/i.test(name));
  if (!named || !second.includes(by)) return undefined;
  return by === "," ? { what: "a CSV table", hint: "set format: csv" } : parted(by);
}

/** @throws CambiumError `E_CORPUS_FORMAT` if the text begins like another format. */
export function checkProse(begin: string, where: string): void {
  const found = beginnings.find(([pattern]) => pattern.test(begin));
  const table = tableBegin(begin);
  if (table) refuseFile({ ...table, hint: `${table.hint}, or set format: text to take it as it stands` }, where);
  if (found) refuseFile({ what: found[1], hint: `${found[2]}, or format: text to take it as it stands` }, where);
}
