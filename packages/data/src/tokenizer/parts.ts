// The parts of a tokenizer.json that the original's build in WebAssembly (tokenizers 0.21) knows, by their names in the
// file. Any other is refused by name: the original's own words name neither the part nor its place.
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

/** Where a sequence of a kind keeps its parts. */
const members = { normalizer: "normalizers", pre_tokenizer: "pretokenizers", decoder: "decoders" } as const;

/** The parts of `json` that are not known, each with its place. */
export function unknownParts(json: Readonly<Record<string, unknown>>): Reason[] {
  return (Object.keys(known) as Kind[]).flatMap((kind) => visit(kind, json[kind], kind));
}

function visit(kind: Kind, part: unknown, where: string): Reason[] {
  if (typeof part !== "object" || part === null) return [];
  const { type, ...rest } = part as Readonly<Record<string, unknown>>;
  // A file of old may leave out the type of its model; the original then tells by the fields.
  if (type === undefined && kind === "model") return [];
  if (typeof type !== "string" || !known[kind].includes(type)) {
    const expected = known[kind].join(", ");
    return [
      { where: `${where}.type`, message: "is not a part we can use", expected, got: JSON.stringify(type) ?? "nothing" },
    ];
  }
  if (type !== "Sequence" || kind === "model") return [];
  const field = members[kind];
  const list = rest[field];
  return Array.isArray(list) ? list.flatMap((member, i) => visit(kind, member, `${where}.${field}[${i}]`)) : [];
}
