// The parts of a tokenizer.json that the WebAssembly build of the original (tokenizers 0.21) supports, by their names
// in the file. Others are refused by name: the original's own message names neither the part nor its place.
import type { Reason } from "@cambium/ir";

type Kind = "model" | "normalizer" | "pre_tokenizer" | "decoder";

const known: { readonly [K in Kind]: readonly string[] } = {
  model: ["BPE", "Unigram", "WordLevel", "WordPiece"],
  normalizer: [
    ...["BertNormalizer", "ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Precompiled", "Prepend"],
    ...["Replace", "Sequence", "Strip", "StripAccents"],
  ],
  pre_tokenizer: [
    ...["BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "Metaspace", "Punctuation", "Sequence"],
    ...["Split", "UnicodeScripts", "Whitespace", "WhitespaceSplit"],
  ],
  decoder: [
    ...["BPEDecoder", "ByteFallback", "ByteLevel", "CTC", "Fuse", "Metaspace", "Replace", "Sequence", "Strip"],
    "WordPiece",
  ],
};

/** The field with the parts of a sequence, by kind. */
const members = { normalizer: "normalizers", pre_tokenizer: "pretokenizers", decoder: "decoders" } as const;

/** The unsupported parts of `json`, each with its place. */
export function unknownParts(json: Readonly<Record<string, unknown>>): Reason[] {
  return (Object.keys(known) as Kind[]).flatMap((kind) => visit(kind, json[kind], kind));
}

function visit(kind: Kind, part: unknown, where: string): Reason[] {
  if (typeof part !== "object" || part === null) return [];
  const { type, ...rest } = part as Readonly<Record<string, unknown>>;
  // Old files may leave out the type of their model; the original then decides by the fields.
  if (type === undefined && kind === "model") return [];
  if (typeof type !== "string" || !known[kind].includes(type)) {
    const expected = known[kind].join(", ");
    return [{ where: `${where}.type`, message: "is not supported", expected, got: JSON.stringify(type) ?? "nothing" }];
  }
  if (type !== "Sequence" || kind === "model") return [];
  const field = members[kind];
  const list = rest[field];
  return Array.isArray(list) ? list.flatMap((member, i) => visit(kind, member, `${where}.${field}[${i}]`)) : [];
}
