// The token file: its layout, and its header. Little-endian.
//
//   0     magic "CAMBTOKS", u32 version, u32 length of the header's JSON, the JSON, zeros
//   4096  `tokens` ids, u16 where the vocabulary has at most 65,536, else u32; zeros to a multiple of 8
//   …     `documents` × u64: the token position at which each document ends
import { CambiumError, type Reason } from "@cambium/ir";
import { z } from "zod";

export const HEADER_BYTES = 4096;
const MAGIC = "CAMBTOKS";
const VERSION = 1;
const JSON_AT = 16;

/** Most characters in a title: the header has room for these, however they are escaped. */
export const MAX_TITLE = 200;

/** What to do about a damaged file. */
export const remake = "in a cache, remove it: it will be made again from the text; elsewhere make or fetch it again";

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const schema = z.strictObject({
  /** What the file holds, for people. */
  title: z.string().max(MAX_TITLE),
  /** Identifies the preparation: equal for equal text, tokenizer, split and format. */
  content: sha256,
  /** Fingerprints of what it was made from. */
  source: sha256,
  tokenizer: sha256,
  vocabSize: z
    .int()
    .min(1)
    .max(2 ** 31),
  dtype: z.enum(["u16", "u32"]),
  tokens: count,
  documents: count,
  /** UTF-8 bytes of the text that the tokens spell. */
  textBytes: count,
  /** Hash of everything after the header. */
  sha256,
});

/** The metadata of a token file. */
export type TokenHeader = Readonly<z.infer<typeof schema>>;

export function bytesPerToken(dtype: TokenHeader["dtype"]): number {
  return dtype === "u16" ? 2 : 4;
}

/** Where the document ends begin. */
export function indexOffset(header: TokenHeader): number {
  return HEADER_BYTES + Math.ceil((header.tokens * bytesPerToken(header.dtype)) / 8) * 8;
}

export function fileBytes(header: TokenHeader): number {
  return indexOffset(header) + header.documents * 8;
}

/** The first 4096 bytes of a token file. */
export function encodeHeader(header: TokenHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const json = JSON.stringify(header);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(Buffer.byteLength(json), 12);
  bytes.write(json, JSON_AT, "utf8");
  return bytes;
}

/**
 * @param bytes the first 4096 bytes of the file, fewer if it is shorter
 * @param size of the whole file
 * @throws CambiumError `E_TOKEN_FILE` unless these are the header of a complete token file.
 */
export function decodeHeader(bytes: Buffer, size: number, where: string): TokenHeader {
  const refuse = (message: string, expected: string, got: string, reasons: readonly Reason[] = []): never => {
    throw new CambiumError("E_TOKEN_FILE", message, {
      where,
      expected,
      got,
      ...(reasons.length === 0 ? {} : { reasons }),
      hint: remake,
    });
  };
  const magic = bytes.toString("latin1", 0, 8);
  if (bytes.length < HEADER_BYTES || magic !== MAGIC) {
    refuse("this is not a token file", `${HEADER_BYTES} bytes that begin with ${MAGIC}`, `${bytes.length} bytes`);
  }
  const version = bytes.readUInt32LE(8);
  if (version !== VERSION) refuse("this token file is of another version", `version ${VERSION}`, `version ${version}`);
  const parsed = schema.safeParse(parse(bytes.subarray(JSON_AT, JSON_AT + bytes.readUInt32LE(12))));
  if (!parsed.success) {
    const reasons = parsed.error.issues.map((issue) => ({ where: issue.path.join("."), message: issue.message }));
    return refuse("the header of this token file is damaged", "a JSON header", "something else", reasons);
  }
  const header = parsed.data;
  const expected = fileBytes(header);
  if (size !== expected) refuse("this token file is truncated or too long", `${expected} bytes`, `${size} bytes`);
  return header;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
